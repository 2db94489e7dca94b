"""Programs in the forms that Mirascope v1 documents, run here under its name."""
