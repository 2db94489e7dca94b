"""What answers and their chunks say."""
