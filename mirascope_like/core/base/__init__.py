"""The engine: knows no provider and no SDK."""
