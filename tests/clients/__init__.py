"""The clients that calls are sent with."""
