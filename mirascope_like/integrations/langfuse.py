"""`with_langfuse`: records each call as a generation of Langfuse."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from ..core.base.errors import StreamNotConsumedError, load_sdk
from ..core.base.response import BaseCallResponse
from ..core.base.runtime import Listing, error_summary
from .middleware import middleware_factory

P = ParamSpec("P")
R = TypeVar("R")


def with_langfuse(*, content: bool = True) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that records each call as a generation of Langfuse: unstreamed, streamed or structured, sync
    or async.

    The generation is made by the client of `langfuse.get_client()`, which reads its settings from the environment. It
    starts with the call and ends with the response, or when the stream ends in any state. It has the model, the tokens
    and the cost of all requests of the call, the call parameters, and, unless `content` is False, the messages and the
    response.

    Raises `MissingSDKError` if Langfuse is not installed. Needs version 3 of its SDK or newer.
    """
    langfuse: Any = load_sdk("langfuse", extra="langfuse")

    @contextmanager
    def generation(function: Callable[..., Any]) -> Generator[Any]:
        observation = langfuse.get_client().start_observation(name=function.__name__, as_type="generation")
        try:
            yield observation
        finally:
            observation.end()

    def record(response: Any, observation: Any, output: Any = None) -> None:
        observation.update(**_described(response, output, content=content))

    def record_response(result: Any, _: Any, observation: Any) -> None:
        if isinstance(result, BaseCallResponse):
            record(result, observation)
        elif (response := getattr(result, "_response", None)) is not None:
            record(response, observation, result)
        elif content:  # a value such as a list cannot hold its response
            observation.update(output=result)

    def record_stream(stream: Any, _: Any, observation: Any) -> None:
        inner = getattr(stream, "stream", stream)
        try:
            response = inner.construct_call_response(partial=True)
        except StreamNotConsumedError:  # nothing arrived
            return
        output = stream.constructed_response_model if inner is not stream and inner.state == "done" else None
        record(response, observation, output)

    def record_error(error: BaseException, _: Any, observation: Any) -> None:
        if (partial := getattr(error, "partial", None)) is not None:
            record(partial, observation)
        observation.update(level="ERROR", status_message=error_summary(error))

    return middleware_factory(
        custom_context_manager=generation,
        handle_call_response=record_response,
        handle_stream=record_stream,
        handle_response_model=record_response,
        handle_structured_stream=record_stream,
        handle_error=record_error,
    )


def _described(response: BaseCallResponse[Any, Any], output: Any, *, content: bool) -> dict[str, Any]:
    """Return the fields of a generation for a response."""
    dump = response.model_dump(mode="json")
    total = response.total_usage  # of all requests, also those of a tool loop
    counts = {"input": total and total.input_tokens, "output": total and total.output_tokens}
    usage = {name: count for name, count in counts.items() if count is not None}
    described: dict[str, Any] = {
        "model": response.model or dump["call_kwargs"].get("model"),
        "model_parameters": {name: _parameter(value) for name, value in dump["call_params"].items()},
        "usage_details": usage,
    }
    if (cost := response.total_cost) is not None:
        described["cost_details"] = {"total": cost}
    if content:
        described["input"] = dump["messages"]
        described["output"] = dump["message_param"] if output is None else output
    return described


def _parameter(value: Any) -> str | int | float:
    return value if isinstance(value, str | int | float) else str(value)


__all__ = ["with_langfuse"]

__dir__: Listing = Listing(__all__)
