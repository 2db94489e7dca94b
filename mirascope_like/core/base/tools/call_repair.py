"""Repairs tool calls that a host has changed: decorated tool names, arguments or whole calls that were sent more than
once. Recognizes calls that were cut off.

Knows no provider: every accumulator and every response reads tool calls through `repaired`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..messages import valid_name
from ..parsing import as_object, at, decode_whole, object_so_far, paired_escapes
from .base_tool import ToolCall

_DECORATED = re.compile(
    r"[\s\"'`$]*(?:(?:to=)?(?:functions?|default_api|tools?|assistant|mcp)[.:/=]+)*([a-zA-Z0-9_-]+)(?::\d*)?"
    r"(?:\s*<\|.*|\(\))?[\s\"'`]*",
    re.IGNORECASE | re.DOTALL,
)
"""Matches a tool name with the additions of some hosts: `functions.add:0` (Kimi), `default_api:add` (Gemini), and
`add<|channel|>commentary` (the words of gpt-oss's format that its servers leave in the name).
"""
_JSON = json.JSONDecoder()
ARGUMENTS = ("arguments", "input", "args", "parameters")
"""The fields for the arguments of a tool call: OpenAI's, Anthropic's, Google's, and that of Llama."""
_CUT = frozenset({"length", "content_filter", "error"})
"""The common finish reasons of a response that may have ended in the middle of a tool call."""
_TEXT_CALLS = frozenset({"custom", "custom_tool_call"})
"""The types of calls whose arguments are a text, which does not show whether it is complete."""


class CallsOnce:
    """Recognizes tool calls that repeat an earlier one: with the same id, name and arguments. Some hosts send a call
    twice. Calls with the same id and other arguments are different calls.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, list[ToolCall]] = {}

    def is_new(self, call: ToolCall) -> bool:
        """Return False if the call repeats an earlier one. A call without an id repeats none."""
        if not call.id or not _is_value(call.id):
            return True
        earlier = self._known.setdefault(call.id, [])
        if any(one.name == call.name and _are_equal(one.arguments, call.arguments) for one in earlier):
            return False
        earlier.append(call)
        return True


def _is_value(value: Any) -> bool:
    """Return True for a text or number, but not for a list or object, which some gateways send as an id or name."""
    return isinstance(value, str | int | float)


def _are_equal(one: str, other: str) -> bool:
    try:
        return one == other or decode_whole(one or "{}") == decode_whole(other or "{}")
    except ValueError:
        return False


def without_repeated(calls: Iterable[ToolCall]) -> list[ToolCall]:
    """Return the tool calls without those that repeat an earlier one: see `CallsOnce`."""
    once = CallsOnce()
    return [call for call in calls if once.is_new(call)]


def given_arguments(call: Any) -> Any:
    """Return the arguments in a tool call, as JSON or an SDK's object: the value of the first field of `ARGUMENTS` that
    is not empty; None if all are. Formats have different names for the field, and some gateways mix them up.
    """
    return next((value for key in ARGUMENTS if (value := at(call, key))), None)


def may_be_cut(call: ToolCall) -> bool:
    """Return True if a tool call has no arguments, or arguments that do not show whether they are complete."""
    native = call.native
    text = effective_arguments(call.arguments).strip()
    return (
        text == "null"
        or not text.strip("{} \n\r\t")
        or at(native, "type") in _TEXT_CALLS
        or bool(at(native, "willContinue") or at(native, "will_continue"))  # Google's
    )


def is_cut(call: ToolCall, reasons: Sequence[str] | None) -> bool:
    """Return True if a response ended before the model wrote the arguments of `call`, its last tool call.

    `reasons` are the common finish reasons of the response. Sources: vllm-project/vllm#46303 and
    OpenRouterTeam/typescript-agent#125.
    """
    return reasons is not None and len(reasons) > 0 and reasons[0] in _CUT and may_be_cut(call)


def repaired(call: ToolCall, names: Collection[str]) -> ToolCall:
    """Return a tool call with the changes of a host undone: the tool name as it was offered in the request, the
    arguments as one JSON object, and the id as a text.

    Returns the same object if nothing was changed.
    """
    id = str(call.id) if call.id is not None and _is_value(call.id) else None
    given = str(call.name) if _is_value(call.name) else ""
    name, arguments = offered_name(given, names), effective_arguments(call.arguments)
    if name == call.name and arguments == call.arguments and id == call.id:
        return call
    return replace(call, id=id, name=name, arguments=arguments)


def offered_name(name: str, names: Collection[str]) -> str:
    """Return the tool name from the request that a host changed into `name`, such as "add" for "functions.add:0".

    Returns `name` itself if it matches no offered name.
    """
    if not _is_value(name) or name in names:
        return name
    found = _DECORATED.fullmatch(str(name))
    meant = found[1] if found is not None else valid_name(str(name))
    return meant if meant in names else name


def effective_arguments(text: str) -> str:
    """Return the JSON text of the one arguments object in `text`. Some hosts send several JSON texts one after another.

    Empty objects, and null, next to another object are dropped, repeated equal objects are kept once, and a JSON string
    that contains an object is decoded. Text that stays ambiguous is returned unchanged, so that a tool never runs with
    guessed arguments.
    """
    try:
        value = decode_whole(text)
    except ValueError:
        return _one_of_several(text)
    if not isinstance(value, str):
        return "{}" if value == [] else text  # the empty object of a gateway in PHP
    inner = effective_arguments(value)
    return inner if not inner.strip() or _is_object(inner) else text


def is_settled(text: str) -> bool:
    """Return True if the arguments text is a complete, non-empty JSON object, so that no further pieces are
    expected.
    """
    text = effective_arguments(text)
    return text.rstrip().endswith("}") and _is_object(text) and text.strip("{} \n\r\t") != ""


def valid_arguments(text: str) -> str:
    """Return arguments as valid JSON that can be sent back to the provider. Incomplete JSON becomes an object with
    the fields that were received, and empty arguments become an empty object.
    """
    text = effective_arguments(text)
    try:
        value = decode_whole(text)
    except ValueError:
        return json.dumps(object_so_far(text))
    return paired_escapes(text) if value is not None else "{}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(decode_whole(text), dict)
    except ValueError:
        return False


def _one_of_several(text: str) -> str:
    """Return the one non-empty object of a sequence of JSON objects, as text. Equal objects count as one.

    If all objects are empty, return "{}". If an incomplete object follows empty ones, return the incomplete one. For
    several different objects, and for any other text, return `text` unchanged.
    """
    found_calls: list[tuple[Any, str]] = []
    position, found = 0, 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        try:
            decoded: tuple[Any, int] = _JSON.raw_decode(text, position)
        except (ValueError, RecursionError):
            rest = text[position:]
            return rest if found and not found_calls and rest.startswith("{") else text
        value, end = decoded
        if value not in (None, "", []) and not isinstance(value, dict):
            return text
        found += 1
        fields = as_object(value)
        if fields and all(fields != one for one, _ in found_calls):
            if found_calls:  # two different objects
                return text
            found_calls.append((fields, text[position:end]))
        position = end
    if not found:
        return text
    return found_calls[0][1] if len(found_calls) == 1 else "{}" if not found_calls else text
