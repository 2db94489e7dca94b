"""The loopback server, the recordings, and the oracles that every test suite of the project shares."""
