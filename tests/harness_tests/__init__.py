"""Tests of the harness itself, with the raw SDKs."""
