"""The response that a parsed value was read from, kept with the value."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any, TypeVar, cast, overload

from pydantic import BaseModel

from .call_response import BaseCallResponse

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])

_PLACE = "_response"  # Mirascope v1's name


def attach_response(found: Any, response: BaseCallResponse[Any, Any]) -> None:
    """Set the response as attribute `_response` of a parsed value, if that is a pydantic model or dataclass. Values
    of built-in types are left unchanged.
    """
    if isinstance(found, BaseModel) or (is_dataclass(found) and hasattr(found, "__dict__")):
        object.__setattr__(found, _PLACE, response)


@overload
def response_of(value: object) -> BaseCallResponse[Any, Any]: ...
@overload
def response_of(value: object, kind: type[ResponseT]) -> ResponseT: ...
def response_of(value: object, kind: type[BaseCallResponse[Any, Any]] = BaseCallResponse) -> Any:
    """Return the response that a value was read from: a pydantic model or dataclass that a call with a `response_model`
    returned, a structured stream that is done, or a `ResponseParseError`.

    `kind` is the class of the response, such as `openai.OpenAICallResponse`, for type checkers. Raises `TypeError` if
    the response has another class, and if the value has no response: one of a built-in type, or one that no call
    returned.
    """
    response = cast("Any", getattr(value, _PLACE, None))
    if not isinstance(response, BaseCallResponse):
        raise TypeError(
            f"a {type(value).__name__} has no response: pydantic models and dataclasses that a call with a "
            "response_model returned have one"
        )
    if not isinstance(response, kind):
        raise TypeError(f"the response is a {type(cast('Any', response)).__name__}, not a {kind.__name__}")
    return cast("Any", response)
