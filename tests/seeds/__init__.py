"""Snippets on streams from other libraries' documentation, written with this library."""
