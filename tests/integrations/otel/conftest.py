"""The fixtures of the tests of OpenTelemetry."""

from tests.integrations.otel.telemetry import telemetry

__all__ = ["telemetry"]
