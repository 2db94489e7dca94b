"""Responses of models in each provider's wire format. Written from the formats alone, without importing the library."""
