"""Responses of models in each provider's wire format, by the formats of `mirascope_like.testing.wires`."""
