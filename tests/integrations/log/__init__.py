"""Tests of logs of calls."""
