"""Which error is raised for which failure."""
