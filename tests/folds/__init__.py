"""The sums of streams, without any connection."""
