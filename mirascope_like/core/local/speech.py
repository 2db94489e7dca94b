"""Tool calls for models without native support for tools: a grammar makes the model write a tool call or text as JSON.

    {"tool": "add", "arguments": {"a": 17, "b": 25}}
    {"text": "The sum is 42."}

So a tool call is always valid JSON. The JSON is converted to tool calls and text in OpenAI's format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

import jiter
from pydantic_core import to_json

from ..base.parsing import as_list, as_object
from ..base.request import with_instruction

_TEXT = re.compile(r'\s*\{\s*"text"\s*:\s*"')
_CALL = re.compile(r'\s*\{\s*"tool"\s*:\s*"((?:[^"\\]++|\\.)*+)"\s*,\s*"arguments"\s*:\s*')


def with_described_tools(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload in which the tools are described in the prompt and a grammar enforces the JSON format.
    Earlier tool calls and results become text.
    """
    words = {key: value for key, value in payload.items() if key not in ("tools", "tool_choice", "parallel_tool_calls")}
    functions = [as_object(tool.get("function")) for tool in as_list(payload.get("tools"))]
    allowed = _allowed(functions, payload.get("tool_choice"))
    messages = [_as_text(message) for message in payload["messages"]]
    if not allowed:
        return {**words, "messages": messages}
    free = payload.get("tool_choice", "auto") == "auto"
    schema = _union(allowed, free=free)
    words["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return {**words, "messages": with_instruction(messages, _instruction(allowed, free=free))}


def _allowed(functions: list[dict[str, Any]], choice: Any) -> list[dict[str, Any]]:
    if choice == "none":
        return []
    named = as_object(as_object(choice).get("function")).get("name")
    return [function for function in functions if named is None or function["name"] == named]


def _instruction(functions: list[dict[str, Any]], *, free: bool) -> str:
    tools = "\n".join(
        f"- {function['name']}: {function.get('description') or ''} "
        f"Arguments: {to_json(as_object(function.get('parameters')).get('properties') or {}).decode()}"
        for function in functions
    )
    text = ' To answer in words, write {"text": "..."}.' if free else ""
    return f'You have tools:\n{tools}\nTo call one, write {{"tool": "its name", "arguments": {{...}}}}.{text}'


def _union(functions: list[dict[str, Any]], *, free: bool) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    branches: list[dict[str, Any]] = []
    for function in functions:
        name = function["name"]
        schema = _renamed(as_object(function.get("parameters")) or {"type": "object"}, f"{name}.")
        definitions.update(schema.pop("$defs", {}))
        branches.append(_object({"tool": {"const": name}, "arguments": schema}))
    if free:
        branches.append(_object({"text": {"type": "string"}}))
    return {"anyOf": branches, "$defs": definitions} if definitions else {"anyOf": branches}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _renamed(schema: Any, prefix: str) -> Any:
    """Return a JSON schema in which the names of definitions, and the references to them, begin with a prefix."""
    if isinstance(schema, dict):
        fields = cast("dict[str, Any]", schema)
        renamed = {key: _renamed(value, prefix) for key, value in fields.items() if key != "$defs"}
        if isinstance(ref := fields.get("$ref"), str):
            renamed["$ref"] = ref.replace("#/$defs/", f"#/$defs/{prefix}")
        if "$defs" in fields:
            renamed["$defs"] = {f"{prefix}{name}": _renamed(one, prefix) for name, one in fields["$defs"].items()}
        return renamed
    return [_renamed(one, prefix) for one in as_list(schema)] if isinstance(schema, list) else schema


def _as_text(message: Mapping[str, Any]) -> dict[str, Any]:
    calls = as_list(message.get("tool_calls"))
    if calls:
        functions = [call["function"] for call in calls]
        calls_as_json = [f'{{"tool": "{one["name"]}", "arguments": {one["arguments"] or "{}"}}}' for one in functions]
        return {"role": "assistant", "content": "\n".join(calls_as_json)}
    if message.get("role") == "tool":
        return {"role": "user", "content": f"The tool answered: {message.get('content')}"}
    return dict(message)


class Speech:
    """Converts one response, written as JSON because of the grammar, to deltas in OpenAI's format while it arrives."""

    def __init__(self) -> None:
        self._output = ""
        self._call: int | None = None
        self._sent = 0

    @property
    def called(self) -> bool:
        """True if the response is a tool call."""
        return self._call is not None

    def add(self, piece: str) -> Iterator[dict[str, Any]]:
        """Read a piece of the response; yield the deltas that it adds."""
        self._output += piece
        if self._call is None and (found := _CALL.match(self._output)):
            self._call = found.end()
            function = {"name": jiter.from_json(f'"{found[1]}"'.encode()), "arguments": ""}
            yield {"tool_calls": [{"index": 0, "id": f"call_{uuid4().hex}", "type": "function", "function": function}]}
        if self._call is not None:
            # The last brace closes the whole object, not the arguments.
            yield from self._arguments(self._output[self._call :].strip().rstrip("} \n\t\r"))
        elif _TEXT.match(self._output):
            text: str = jiter.from_json(self._output.encode(), partial_mode="trailing-strings").get("text") or ""
            new, self._sent = text[self._sent :], len(text)
            if new:
                yield {"content": new}

    def end(self) -> Iterator[dict[str, Any]]:
        """Yield the deltas that `add` held back until the end of the response.

        These are the last braces of a call's arguments, or an output that is neither a call nor in the form of text.
        """
        if self._call is not None:
            yield from self._arguments(self._output[self._call :].strip().removesuffix("}").rstrip())
        elif not _TEXT.match(self._output) and self._output:
            yield {"content": self._output}

    def _arguments(self, text: str) -> Iterator[dict[str, Any]]:
        new, self._sent = text[self._sent :], max(self._sent, len(text))
        if new:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": new}}]}


def event_in_calls(raw: bytes, speech: Speech) -> Iterator[bytes]:
    """Yield the events that replace an event of the server: those that OpenAI's API would send."""
    if raw.startswith(b"[DONE]"):
        yield raw
        return
    data = jiter.from_json(raw)
    choices = as_list(data.get("choices"))
    if not choices:
        yield raw
        return
    choice = as_object(choices[0])
    delta = as_object(choice.get("delta"))
    finish = choice.get("finish_reason")
    rest = {key: value for key, value in delta.items() if key != "content"}
    deltas = [*speech.add(delta.get("content") or ""), *(speech.end() if finish else ())]
    new_deltas = (
        [{**rest, **deltas[0]}, *deltas[1:]] if deltas else [{**rest, **({"content": None} if "role" in rest else {})}]
    )
    for number, one in enumerate(new_deltas, 1):
        last = number == len(new_deltas)
        reason = ("tool_calls" if finish == "stop" and speech.called else finish) if last else None
        yield to_json({**data, "choices": [{**choice, "delta": one, "finish_reason": reason}]})


def answer_in_calls(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an unstreamed response with its JSON converted to tool calls and text in OpenAI's format."""
    choices: list[Any] = []
    for choice in as_list(raw.get("choices")):
        speech = Speech()
        message = as_object(choice.get("message"))
        deltas = [*speech.add(message.get("content") or ""), *speech.end()]
        text = "".join(delta.get("content") or "" for delta in deltas)
        converted: dict[str, Any] = {**message, "content": text or None}
        pieces: Sequence[Any] = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
        if pieces:
            arguments = "".join(piece["function"]["arguments"] for piece in pieces)
            call = {key: value for key, value in pieces[0].items() if key != "index"}
            converted["tool_calls"] = [{**call, "function": {"name": call["function"]["name"], "arguments": arguments}}]
        reason = "tool_calls" if pieces and choice.get("finish_reason") == "stop" else choice.get("finish_reason")
        choices.append({**choice, "message": converted, "finish_reason": reason})
    return {**raw, "choices": choices}
