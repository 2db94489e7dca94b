"""What an environment with one extra alone must do."""
