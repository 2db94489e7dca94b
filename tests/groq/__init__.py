"""What Groq alone does."""
