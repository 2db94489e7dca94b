"""What goes wrong between a provider and a stream, fault by fault."""
