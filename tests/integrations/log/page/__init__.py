"""Tests of the page of a log."""
