"""A program of a user: it answers the questions of customers."""
