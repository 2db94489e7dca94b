"""What the engine does with responses, and users do not.

These are functions and not methods, so that editors do not complete them after a response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from .. import tools
from ..messages import BaseMessageParam
from ..request import Request
from .billing import IN_BATCH
from .call_response import BaseCallResponse
from .metadata import facts_of
from .usage import Usage

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])


def made_response(
    kind: type[ResponseT], request: Request, payload: Mapping[str, Any], raw: Any, start_time: float, end_time: float
) -> ResponseT:
    """Return the response for `raw`, the SDK's response object. The times are in milliseconds since 1970."""
    own: Any = kind
    made: ResponseT = own._make(request, payload, raw, start_time, end_time)
    return made


def check_response(kind: type[BaseCallResponse[Any, Any]], raw: Any) -> None:
    """Raise the error of a body that is not a response, given as object of the SDK: `ErrorEventError` if it reports an
    error (gateways send such bodies with status 200), and `MalformedEventError` if it has no output, finish reason or
    usage.
    """
    own: Any = kind
    own._check(raw)


def messages_key(kind: type[BaseCallResponse[Any, Any]]) -> str:
    """Return the name of the SDK's parameter for the messages."""
    own: Any = kind
    return cast("str", own._messages_key)


def message_format(kind: type[BaseCallResponse[Any, Any]]) -> str:
    """Return the name of the message format of a type of responses: the provider's name, followed by `form` if the
    provider has several formats.
    """
    return f"{kind.provider}.{kind.form}" if kind.form else kind.provider


def decode_message(kind: type[BaseCallResponse[Any, Any]], message: Any) -> BaseMessageParam:
    """Convert a message from the provider's own format to the common form."""
    own: Any = kind
    return cast("BaseMessageParam", own._decode_message(message))


def common_messages(
    kind: type[BaseCallResponse[Any, Any]], messages: Sequence[Any], payload: Mapping[str, Any]
) -> list[BaseMessageParam]:
    """Convert the messages of a request to the common form, beginning with the system prompt in its payload."""
    return kind.model_construct(messages=list(messages), call_kwargs=dict(payload)).common_messages


def tool_round_messages(
    response: BaseCallResponse[Any, Any], results: Sequence[tools.ToolResultEvent[Any]]
) -> list[Any]:
    """Return the messages of a round of a tool loop: a response, followed by the results of its tools. Sets
    `executed`.
    """
    own: Any = response
    return cast("list[Any]", own._tool_round_messages(results))


def correction_messages(response: BaseCallResponse[Any, Any], complaint: str) -> list[Any]:
    """Return messages with a response and a request to correct it. `complaint` is the text of the errors. If the
    response has tool calls, the request is sent as their result.
    """
    own: Any = response
    return cast("list[Any]", own._correction_messages(complaint))


def usage_price(
    kind: type[BaseCallResponse[Any, Any]],
    model: str,
    usage: Usage,
    payload: Mapping[str, Any],
    *,
    in_batch: bool = False,
) -> float | None:
    """Return what a usage costs in US dollars in a request with this payload; None if a price is unknown.

    A condition that changes the price, such as the service tier "flex", is read from the payload. `in_batch` is True
    for the price in a batch of the provider.
    """
    facts, own = facts_of(kind), cast("Any", kind)
    given = {name: str(payload.get(name) or "").lower() for name in facts.terms}
    terms = {name: one for name, one in given.items() if one and one not in facts.standard}
    return cast("float | None", own._price(model, usage, {**terms, **IN_BATCH} if in_batch else terms))


def generated_text(response: BaseCallResponse[Any, Any]) -> str:
    """Return all text that the model has generated for a response: its content, its thinking and the arguments of its
    tool calls.
    """
    own: Any = response.provider_response
    texts = [own.content, own.thinking, own.refusal, *(f"{call.name}{call.arguments}" for call in own._calls)]
    return "".join(text for text in texts if text)


def set_from_cache(response: BaseCallResponse[Any, Any]) -> None:
    """Mark a response as one that was read from a cache."""
    own: Any = response
    own._from_cache = True


def is_from_cache(response: BaseCallResponse[Any, Any]) -> bool:
    """Return True if a response was read from a cache."""
    return cast("bool", getattr(response, "_from_cache", False))  # pickles of earlier versions do not have it


def set_from_batch(response: BaseCallResponse[Any, Any]) -> None:
    """Mark a response as one of a provider's batch: its cost is the price of batches."""
    own: Any = response.provider_response
    own._from_batch = True
