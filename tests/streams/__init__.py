"""How streams are used: their states, their ends, and what is left behind."""
