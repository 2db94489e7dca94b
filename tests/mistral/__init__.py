"""What Mistral alone does."""
