"""Streams on a faulty connection: one test for each kind of fault."""
