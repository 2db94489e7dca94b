"""Structured output: adds it to a request, parses the response, and sends a response that cannot be parsed back to the
model.

Does no I/O.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .. import request as request_room
from ..errors import ConfigurationError, ResponseParseError, complaint
from ..parsing import FoundJSON, ends_open, is_mapping
from ..provider import Provider
from ..request import JSON_ALONE, Request, Strategy, with_instruction
from ..response import BaseCallResponse, attach_response, correction_messages, set_earlier_attempts
from ..tools import tool_name
from .tool_rounds import RunTools, rounds

T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound="BaseCallResponse[Any, Any]")


def with_structure(
    request: Request, model: request_room.ResponseModel[Any] | None, provider: Provider[Any, Any, Any]
) -> Request:
    """Return the request with the structured output of `model` added to it. If `model` is None, return it with the
    instruction for JSON mode, if that is on.

    Raises `ConfigurationError` if a field of the model is filled from an argument that the call does not have, or if a
    tool has the same name as the model.
    """
    if model is None:
        in_json = request.json_mode and provider.asks_for_json
        return replace(request, messages=with_instruction(request.messages, JSON_ALONE)) if in_json else request
    model.given(request.fn_args)
    structure = model.structure(choose_strategy(request, model, provider))
    in_prompt = structure.strategy == "json"
    messages = request.messages
    if in_prompt and provider.asks_for_json:
        messages = with_instruction(messages, structure.instruction())
    return replace(request, messages=messages, structure=structure, json_mode=in_prompt)


def choose_strategy(
    request: Request, model: request_room.ResponseModel[Any], provider: Provider[Any, Any, Any]
) -> Strategy:
    """Return the strategy ("tool", "schema" or "json") by which a request asks for the structured output of `model`.

    Raises `ConfigurationError` if the strategy is "tool" and one of the request's tools has the same name as the model.
    """
    preferred: Strategy = "schema" if model.strict else "json" if request.json_mode else "tool"
    strategy = provider.strategy(request, preferred)
    if strategy == "tool" and any(tool_name(kind) == model.name for kind in request.tools):
        raise ConfigurationError(
            f"duplicate tool name {model.name!r}: the response model is sent as a tool of that name; rename your tool "
            "or the response model"
        )
    return strategy


def request_structured_output(
    request: Request, model: request_room.ResponseModel[T], retries: int, provider: Provider[ResponseT, Any, Any]
) -> Generator[Request | RunTools, Any, T | ResponseT]:
    """Flow (a generator that yields requests): request a structured output and return it parsed.

    A response that cannot be parsed is sent back to the model, at most `retries` times; then `ResponseParseError` is
    raised with the last response. If the model called one of the user's own tools, the response itself is returned.
    """
    earlier: list[ResponseT] = []
    while True:
        request, response = yield from rounds(request, provider)
        set_earlier_attempts(response, earlier)
        if response.tools:
            return response
        try:
            return read(response, model, request.fn_args)
        except ResponseParseError as error:
            if len(earlier) >= retries or is_cut_off(response):
                raise
            request = replace(request, messages=[*request.messages, *correction_messages(response, complaint(error))])
            earlier.append(response)


def read(response: BaseCallResponse[Any, Any], model: request_room.ResponseModel[T], arguments: Mapping[str, Any]) -> T:
    """Return the structured output of a response, parsed into the type of `model`. A pydantic model or dataclass gets
    the response as its attribute `_response`.

    Raises `ResponseParseError`, which has the response, if the model refused or its text cannot be parsed.
    """
    try:
        if response.refusal:
            raise ResponseParseError(f"the model refused to answer, so there is no output to parse: {response.refusal}")
        selected = select(response, model)
        found = model.read(response.answer, model.given(arguments), selected)
    except ResponseParseError as error:
        error.response = response
        if is_cut_off(response) and isinstance(error, ValidationError):
            error.add_note(_cut_off(response))
        raise
    attach_response(found, response)
    return found


def select(response: BaseCallResponse[Any, Any], model: request_room.ResponseModel[Any]) -> FoundJSON | None:
    """Return the JSON text in a response that is its structured output, or None if there is none.

    Raises `ResponseParseError` if the response ended at the token limit: even JSON that is complete may then be only a
    draft.
    """
    text = response.answer
    selected = model.select(text)
    if is_cut_off(response) and (selected is None or ends_open(text, selected.end)):
        raise ResponseParseError(_cut_off(response))
    return selected


def is_cut_off(response: BaseCallResponse[Any, Any]) -> bool:
    """Return True if a response ended because it reached the token limit."""
    return "length" in (response.common_finish_reasons or ())


def _cut_off(response: BaseCallResponse[Any, Any]) -> str:
    limit = next(token_limits(response.provider_response.call_kwargs), None)
    limit_text, more = (f"{limit[0]}={limit[1]}", f"raise {limit[0]}") if limit else ("the default", "give max_tokens")
    return f"the answer was cut off at the token limit (finish reason 'length', limit {limit_text}): {more}"


_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens", "max_new_tokens", "num_predict")


def token_limits(settings: Any) -> Iterator[tuple[str, int]]:
    """Yield a (name, limit) pair for each token limit in the arguments of an SDK call, such as ("max_tokens", 1024)."""
    if isinstance(settings, BaseModel):
        settings = dict(settings)
    if is_mapping(settings):
        for name, value in settings.items():
            if name in _LIMITS and isinstance(value, int):
                yield name, value
            elif name in ("config", "generation_config", "inferenceConfig", "options"):
                yield from token_limits(value)
