"""One suite for every provider; what differs between them stands in `providers`."""
