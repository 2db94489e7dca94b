"""An answer with the oddities of hosts sums up to the same as the answer sent plainly."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mirascope_like.core import BaseTool
from mirascope_like.core.dialects.chat_completions import ChatAccumulator
from mirascope_like.core.openai import OpenAICallResponseChunk, OpenAITool
from tests.dialects.chat_completions.test_accumulator import JSON, choice, chunk, cut, read


class get_time(BaseTool):
    """Time of a city."""

    city: str


class get_weather(BaseTool):
    """Weather of a city."""

    city: str


NAMES = ("get_time", "get_weather")
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
ZERO = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
CITIES = st.sampled_from(["Rome", "Oslo \U0001f600", 'a "b"', "{}", ""])
# The public reports of each are named in tests/conformance/test_odd_wire.py.
ODDITIES = ("plain", "changed ids", "name in pieces", "empty first", "JSON in a string", "prefix", "restated", "object")


def piece(index: int | None, arguments: Any = None, **fields: Any) -> JSON:
    function = {
        key: one for key, one in (("name", fields.pop("name", None)), ("arguments", arguments)) if one is not None
    }
    place = {} if index is None else {"index": index}
    return {"tool_calls": [{**place, **fields, "function": function}]}


@st.composite
def call_of(draw: st.DrawFn, number: int, index: int | None) -> tuple[tuple[str, JSON], list[JSON]]:
    """A call, and its deltas with one oddity."""
    name, args = draw(st.sampled_from(NAMES)), {"city": draw(CITIES)}
    text, id = json.dumps(args), f"call-{number}"
    oddity = draw(st.sampled_from(ODDITIES))
    pieces = [one for one in draw(cut(text)) if one]  # a new id without arguments may begin a call without any
    begun = {"id": id, "type": "function"}
    match oddity:
        case "changed ids" if index is not None:
            deltas = [piece(index, one, id=f"{id}-{at}", name=name) for at, one in enumerate(pieces)]
        case "name in pieces" if index is not None:
            cuts = [piece(index, name=one, **(begun if at == 0 else {})) for at, one in enumerate((name[:4], name[4:]))]
            deltas = [*cuts, *(piece(index, one) for one in pieces)]
        case "empty first" if index is not None:
            deltas = [piece(index, "{}", name=name, **begun), *(piece(index, one) for one in pieces)]
        case "JSON in a string":
            deltas = [piece(index, json.dumps(text), name=name, **begun)]
        case "prefix":
            decorated = draw(st.sampled_from([f"functions.{name}:{number}", f"default_api:{name}", f" {name}\n"]))
            deltas = [piece(index, text, name=decorated, **begun)]
        case "restated":
            deltas = [piece(index, text, name=name, **begun)] * 2
        case "object":
            deltas = [piece(index, args, name=name, **begun)]
        case _:
            deltas = [piece(index, pieces[0], name=name, **begun), *(piece(index, one) for one in pieces[1:])]
    return (name, args), deltas


@st.composite
def odd_answers(draw: st.DrawFn) -> tuple[list[JSON], str, list[tuple[str, JSON]]]:
    """The chunks of an answer with oddities, its text and its calls."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)) + draw(
        st.sampled_from(["", "\U0001f600"])
    )
    units = [text]
    if text.endswith("\U0001f600") and draw(st.booleans()):
        units = [text[:-1] + "\ud83d", "\ude00"]
    elif draw(st.booleans()):
        units = draw(cut(text))
    numbering = draw(st.sampled_from(["from 0", "from 1", "none", "text"]))
    chunks = [chunk(choice({"content": one}, finish=draw(st.sampled_from([None, "", "null"])))) for one in units]  # type: ignore[arg-type]
    calls: list[tuple[str, JSON]] = []
    for number in range(draw(st.integers(0, 3))):
        index: Any = {"from 0": number, "from 1": number + 1, "none": None, "text": str(number)}[numbering]
        call, deltas = draw(call_of(number, index))
        calls.append(call)
        chunks += [chunk(choice(delta)) for delta in deltas]
    chunks.insert(draw(st.integers(0, len(chunks))), chunk(choice({})))
    chunks.append(chunk(choice({}, finish="tool_calls" if calls else "stop"), usage=USAGE))
    if draw(st.booleans()):
        chunks.append(chunk(usage=draw(st.sampled_from([ZERO, None, {}]))))
    return chunks, text, calls


@settings(max_examples=5 * settings().max_examples)
@given(odd_answers(), st.booleans())
def test_an_odd_answer_is_the_plain_one(answer: tuple[list[JSON], str, list[tuple[str, JSON]]], partial: bool) -> None:
    chunks, text, calls = answer
    accumulator = ChatAccumulator(OpenAICallResponseChunk, OpenAITool, [get_time, get_weather], partial)
    pairs: list[tuple[Any, Any]] = read(accumulator, chunks)
    given_tools = [tool for _, tool in pairs if tool is not None and tool.delta is None]
    assert [(tool.name, tool.args) for tool in given_tools] == calls
    assert "".join(found.content for found, _ in pairs) == text == accumulator.content
    whole = accumulator.rebuild()
    assert {key: whole["usage"][key] for key in USAGE} == USAGE
    assert whole["choices"][0]["finish_reason"] == ("tool_calls" if calls else "stop")
    assert accumulator.complete
