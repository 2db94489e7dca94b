"""What is raised for a reply or for arguments that do not fit: our error, and pydantic's where it found the fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

from .exceptions import ResponseParseError, ToolArgumentsError


class ResponseValidationError(ResponseParseError, ValidationError):
    """A `ResponseParseError` that is pydantic's `ValidationError` as well: same title, errors and text."""

    response: Any = None

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what `ValidationError.from_exception_data` gives; `__new__` has used it already."""

    def errors(
        self, *, include_url: bool = True, include_context: bool = True, include_input: bool = True
    ) -> list[Any]:
        """Return what is wrong, fault by fault."""
        return [
            *ValidationError.errors(
                self, include_url=include_url, include_context=include_context, include_input=include_input
            )
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.title, self.errors(include_url=False), self.response)


class ToolValidationError(ToolArgumentsError, ValidationError):
    """A `ToolArgumentsError` that is pydantic's `ValidationError` as well: same title and errors."""

    arguments: str | None = None
    message: str = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what `ValidationError.from_exception_data` gives; `__new__` has used it already."""

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_arguments, (self.title, self.errors(include_url=False), self.message, self.arguments)


ToolValidationError.__name__ = ToolArgumentsError.__name__  # models and tracebacks are told the public name


def arguments_error(message: str, cause: Exception, arguments: str) -> ToolArgumentsError:
    """Return what a tool's `error` is for a fault found in its arguments; the fault is its cause."""
    if isinstance(cause, ValidationError):
        error = _restore_arguments(cause.title, cause.errors(include_url=False), message, arguments)
    else:
        error = ToolArgumentsError(message, arguments=arguments)
    error.__cause__ = cause.with_traceback(None)
    return error


def _restore_arguments(title: str, faults: Sequence[Any], message: str, arguments: str | None) -> ToolArgumentsError:
    made: Any = ToolValidationError.from_exception_data(title, _lines(faults), input_type="json")
    made.message, made.arguments = message, arguments
    return cast("ToolArgumentsError", made)


def parse_error(cause: Exception, response: Any = None, prefix: Sequence[int | str] = ()) -> ResponseParseError:
    """Return what to raise for a fault found in `response`, at `prefix` in it; the fault is its cause."""
    if isinstance(cause, ValidationError):
        error = _restore(cause.title, cause.errors(include_url=False), response, prefix)
    else:
        error = ResponseParseError(str(cause), response=response)
    error.__cause__ = cause
    return error


def _restore(title: str, faults: Sequence[Any], response: Any, prefix: Sequence[int | str] = ()) -> ResponseParseError:
    made: Any = ResponseValidationError.from_exception_data(title, _lines(faults, prefix), input_type="json")
    made.response = response
    return cast("ResponseParseError", made)


def _lines(faults: Sequence[Any], prefix: Sequence[int | str] = ()) -> list[InitErrorDetails]:
    return [
        InitErrorDetails(
            type=_kind(fault), loc=(*prefix, *fault["loc"]), input=fault["input"], ctx=fault.get("ctx") or {}
        )
        for fault in faults
    ]


def _kind(fault: Any) -> Any:
    try:
        PydanticKnownError(fault["type"], fault.get("ctx"))
    except (KeyError, TypeError):  # an error of the user's own kind
        return PydanticCustomError(fault["type"], fault["msg"], fault.get("ctx"))
    return fault["type"]


def complaint(error: Exception) -> str:
    """Say what is wrong with a reply, for a model to repair."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"]])) for one in faults)
