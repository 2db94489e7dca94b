"""Views of a stream: other ways to read it, alone and mixed."""
