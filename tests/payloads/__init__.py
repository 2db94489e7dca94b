"""Prompts in the words of the providers."""
