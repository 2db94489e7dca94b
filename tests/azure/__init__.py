"""What Azure OpenAI alone does."""
