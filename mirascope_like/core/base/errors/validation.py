"""Errors for responses and tool arguments that do not validate. If pydantic found the fault, they are also pydantic
errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

from .exceptions import ResponseParseError, ToolArgumentsError


class ResponseValidationError(ResponseParseError, ValidationError):
    """A `ResponseParseError` that is also pydantic's `ValidationError`. Has the title, errors and text of the
    pydantic error.
    """

    response: Any = None

    def __init__(self, *args: Any, **options: Any) -> None:
        """Do nothing: `ValidationError.__new__` has already used the arguments (see `from_exception_data`)."""

    def errors(
        self, *, include_url: bool = True, include_context: bool = True, include_input: bool = True
    ) -> list[Any]:
        """Return pydantic's list of validation errors."""
        return [
            *ValidationError.errors(
                self, include_url=include_url, include_context=include_context, include_input=include_input
            )
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.title, self.errors(include_url=False), self.response)


class ToolValidationError(ToolArgumentsError, ValidationError):
    """A `ToolArgumentsError` that is also pydantic's `ValidationError`. Has the title, errors and text of the pydantic
    error.
    """

    arguments: str | None = None
    message: str = ""
    """The text in one line, which the model receives."""
    in_one_line: bool = False
    """True if `str` returns the message in one line, as for errors that were pickled by early releases."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Do nothing: `ValidationError.__new__` has already used the arguments (see `from_exception_data`)."""

    def __str__(self) -> str:
        return self.message if self.in_one_line else ValidationError.__str__(self)

    def _as_tool_output(self) -> str:
        return f"{type(self).__name__}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        state = (self.title, self.errors(include_url=False), self.message, self.arguments)
        return _restore_arguments, (*state, self.in_one_line)


ToolValidationError.__name__ = ToolArgumentsError.__name__  # so that tracebacks show the public name


def arguments_error(message: str, cause: Exception, arguments: str) -> ToolArgumentsError:
    """Return a `ToolArgumentsError` for arguments that did not validate. `cause` is the validation error; it becomes
    the `__cause__`.
    """
    if isinstance(cause, ValidationError):
        error = _restore_arguments(cause.title, cause.errors(include_url=False), message, arguments, False)
    else:
        error = ToolArgumentsError(message, arguments=arguments)
    error.__cause__ = cause.with_traceback(None)
    return error


def _restore_arguments(
    title: str, faults: Sequence[Any], message: str, arguments: str | None, in_one_line: bool = True
) -> ToolArgumentsError:
    made: Any = ToolValidationError.from_exception_data(title, _lines(faults), input_type="json")
    made.message, made.arguments, made.in_one_line = message, arguments, in_one_line
    return cast("ToolArgumentsError", made)


def parse_error(cause: Exception, response: Any = None, prefix: Sequence[int | str] = ()) -> ResponseParseError:
    """Return a `ResponseParseError` for a response that did not validate. `cause` is the validation error; it becomes
    the `__cause__`.

    `prefix` is the path of the validated part within the response; it is put before the path of each fault.
    """
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
    except (KeyError, TypeError):  # an error type defined by the user
        return PydanticCustomError(fault["type"], fault["msg"], fault.get("ctx"))
    return fault["type"]


def complaint(error: Exception) -> str:
    """Return validation errors as one line of text, to send to the model so that it can correct its response."""
    if not isinstance(error, ValidationError):
        return str(error)
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join(filter(None, [".".join(map(str, one["loc"])), one["msg"]])) for one in faults)
