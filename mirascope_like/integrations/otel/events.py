"""Emits the events of the conventions, as log records of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from inspect import signature
from typing import Any

from opentelemetry._logs import Logger, LoggerProvider, LogRecord, SeverityNumber, get_logger
from opentelemetry.context import Context

from ...core.base.errors import ConfigurationError
from ...core.base.runtime import error_text
from .conventions import Conventions
from .metrics import SCOPE


class Events:
    """Emits events under the names of one version of the conventions. Their span is that of the given context.

    Raises `ConfigurationError` if `opentelemetry-api` is older than 1.35, whose log records have no such context.
    """

    def __init__(self, table: Conventions, provider: LoggerProvider | None, version: str) -> None:
        if not {"context", "event_name"} <= signature(LogRecord).parameters.keys():
            raise ConfigurationError('content in events needs opentelemetry-api 1.35 or newer; or use "attributes"')
        self._table = table
        self._provider = provider
        self._version = version

    @cached_property
    def _logger(self) -> Logger:
        return get_logger(SCOPE, self._version, self._provider, self._table.schema_url)

    def details(self, attributes: Mapping[str, Any], context: Context) -> None:
        """Emit the contents and parameters of a request. Messages are structured values, not JSON text."""
        self._emit("gen_ai.client.inference.operation.details", SeverityNumber.DEBUG, attributes, context)

    def exception(self, error: BaseException, trace: Sequence[str], context: Context) -> None:
        """Emit the error of a request, with its traceback as lines of text."""
        attributes = {
            "exception.type": type(error).__qualname__,
            "exception.message": error_text(error),
            "exception.stacktrace": "".join(trace),
        }
        self._emit("gen_ai.client.operation.exception", SeverityNumber.WARN, attributes, context)

    def _emit(self, name: str, severity: SeverityNumber, attributes: Mapping[str, Any], context: Context) -> None:
        self._logger.emit(
            LogRecord(event_name=name, severity_number=severity, attributes=dict(attributes), context=context)
        )
