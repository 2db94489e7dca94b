"""A module for each tracer, with a class `Tracer`. Each needs its own packages, so none is imported here."""
