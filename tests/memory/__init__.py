"""Tests of the core of streams, in memory: no server, no waiting."""
