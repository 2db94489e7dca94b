"""A scripted model for tests."""
