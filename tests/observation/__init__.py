"""Tests of observers of calls."""
