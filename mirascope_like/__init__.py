"""The typed LLM call for Python: one decorator turns a prompt function into a call to any provider."""
