"""What goes wrong, and what is raised for it."""
