"""Gemini, through the SDK that Google has retired."""
