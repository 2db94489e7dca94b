"""Hypothesis strategies: an answer of a model, and the events of a stream of it with the oddities of hosts.

Each strategy draws an answer first, then cuts it into events of one wire format. So the right values are known apart
from the library. The public reports of the oddities are named in `test_odd_wire.py` and `test_gateways.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.conformance.odd_wire import response_of
from tests.conformance.wires.answer import JSON, Answer, AnswerPart, Call, Text, Thought

Event = JSON | str
"""An event: JSON, or data that is not an object, such as `null`."""

SIGNATURE = "c2ln"
USAGE_IN, USAGE_OUT = 5, 7

# The last two are halves of a character (RFC 8259, section 8.2). Python's UTF-16 codec knows what becomes of them.
_SAMPLES = st.sampled_from(["a", '"', "\\", "{}", " ", "\n", "é", "\U0001f600", "\ud83d", "\ude00"])
_LETTERS = st.lists(_SAMPLES, max_size=6).map("".join)


def right(text: str) -> str:
    """A text with halves of characters joined or, where they stay alone, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True)
class OddStream:
    """The events of a stream, and the answer that they were cut from."""

    events: list[Event]
    answer: Answer
    in_order: bool = True
    """Whether each block is complete before the next one begins."""
    between_thoughts: str = ""
    signature: str | None = None
    """The signature of each thought."""

    @property
    def text(self) -> str:
        return right(self.answer.text)

    @property
    def thinking(self) -> str:
        thoughts = [one.whole for one in self.answer.parts if isinstance(one, Thought)]
        return right(self.between_thoughts.join(thoughts))

    @property
    def calls(self) -> list[tuple[str, JSON]]:
        """The name and the arguments of each call. `get_time` has a default: "x"."""
        found = [(call.name, call.args) for call in self.answer.calls]
        return [(name, {"city": right(args.get("city", "x"))}) for name, args in found]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """An answer of thinking, texts and calls, in any order."""
    parts: list[AnswerPart] = []
    kinds = draw(st.lists(st.sampled_from(["text", "thinking", "call"]), max_size=4))
    for number, kind in enumerate(kinds):
        # Texts end with a full stop: the end of one and the beginning of the next one never make one character.
        text = f".{draw(_LETTERS)}" + ("" if number == len(kinds) - 1 and draw(st.booleans()) else ".")
        if kind == "call":
            args = draw(st.sampled_from([{}, {"city": text}, {"city": text}]))
            name = draw(st.sampled_from(["get_time", "get_weather"])) if args else "get_time"
            parts.append(Call(f"call_{number}", name, json.dumps(args)))
        else:
            parts.append(Text(text) if kind == "text" else Thought(text))
    return Answer(*parts)


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, some of them empty; a character may be cut in two halves."""
    units = text.encode("utf-16-le", "surrogatepass")
    places = sorted(draw(st.lists(st.integers(0, len(units) // 2), max_size=3)))
    bounds = zip([0, *places], [*places, len(units) // 2], strict=True)
    return [units[2 * a : 2 * b].decode("utf-16-le", "surrogatepass") for a, b in bounds]


@st.composite
def with_nulls(draw: st.DrawFn, pieces: Sequence[Any]) -> list[Any]:
    """The pieces, with a null among them now and then."""
    found = list(pieces)
    if draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), None)
    return found


@st.composite
def arguments(draw: st.DrawFn, call: Call) -> list[Any]:
    """The arguments of a call in pieces."""
    text, args = call.whole, call.args
    if not args:
        return draw(st.sampled_from([[], [""], ["{}"], ["{", "}"], ["null"], ["{}", "{}"]]))
    match draw(st.sampled_from(["plain", "plain", "empty first", "in a string", "restated", "object"])):
        case "empty first":
            return ["{}", *draw(cut(text))]
        case "in a string":
            return draw(cut(json.dumps(text)))
        case "restated":
            return [text, text]
        case "object":
            return [args]
        case _:
            return draw(with_nulls(draw(cut(text))))


@st.composite
def decorated(draw: st.DrawFn, name: str) -> str:
    """The name of a tool, as hosts write it."""
    return draw(st.sampled_from([name, name, f"functions.{name}:0", f"default_api:{name}", f" {name}\n"]))


@st.composite
def numbers(draw: st.DrawFn, count: int) -> tuple[list[Any], bool]:
    """The indexes of `count` blocks, and True if they tell the blocks apart. None stands for a missing index."""
    numbering = draw(st.sampled_from(["from 0", "from 1", "text", "gaps", "all 0", "none"]))
    if numbering in ("all 0", "none"):
        return [0 if numbering == "all 0" else None] * count, False
    step, begin = (2, 0) if numbering == "gaps" else (1, int(numbering == "from 1"))
    found = range(begin, begin + step * count, step)
    return [str(one) if numbering == "text" else one for one in found], True


@st.composite
def mixed(draw: st.DrawFn, blocks: list[list[Event]], *, apart: bool) -> tuple[list[Event], bool]:
    """The events of all blocks: interleaved if indexes tell the blocks apart, otherwise one block after the other.

    The second value is True if they are not interleaved.
    """
    if not apart or not draw(st.booleans()):
        return [event for block in blocks for event in block], True
    found: list[Event] = []
    queues = [list(block) for block in blocks if block]
    begun = 1  # blocks begin in their order
    while queues:
        place = draw(st.integers(0, min(begun, len(queues)) - 1))
        if place == begun - 1:
            begun += 1
        found.append(queues[place].pop(0))
        if not queues[place]:
            queues.pop(place)
            begun -= 1
        begun = max(begun, 1)
    return found, False


@st.composite
def noisy(draw: st.DrawFn, events: list[Event], noise: Sequence[Event]) -> list[Event]:
    """The events, with others between them that add nothing."""
    found = list(events)
    for one in draw(st.lists(st.sampled_from(noise), max_size=3)):
        found.insert(draw(st.integers(1, len(found))), one)
    return found


def placed(index: Any, key: str = "index") -> JSON:
    return {} if index is None else {key: index}


# Anthropic's messages


@st.composite
def _message_block(draw: st.DrawFn, one: AnswerPart, index: Any, *, apart: bool) -> list[Event]:
    place = placed(index)
    if isinstance(one, Call):
        block: JSON = {"type": "tool_use", "id": one.id, "name": draw(decorated(one.name))}
        pieces = draw(arguments(one))
        first: Any = draw(st.sampled_from([{}, {}, None, "whole", "text"]))
        if first in ("whole", "text") and one.args:
            first, pieces = (one.args if first == "whole" else one.whole), draw(st.sampled_from([[], [one.whole]]))
        block["input"] = {} if isinstance(first, str) and not one.args else first
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        lost = False
    else:
        kind = "text" if isinstance(one, Text) else "thinking"
        block = {"type": kind, kind: draw(st.sampled_from(["", None]))}
        deltas = [{"type": f"{kind}_delta", kind: piece} for piece in draw(with_nulls(draw(cut(one.whole))))]
        lost = apart and draw(st.integers(0, 3)) == 0
        if kind == "thinking":
            deltas.append({"type": "signature_delta", "signature": SIGNATURE})
    unknown = draw(st.sampled_from([{}, {"new": {"a": 1}}]))
    start = {"type": "content_block_start", **place, "content_block": {**block, **unknown}}
    stops = [{"type": "content_block_stop", **place}] * draw(st.sampled_from([0, 1, 1, 2]))
    found: list[Event] = [{"type": "content_block_delta", **place, "delta": delta, **unknown} for delta in deltas]
    return [*([] if lost else [start]), *found, *stops]


@st.composite
def messages(draw: st.DrawFn) -> OddStream:
    """A stream in Anthropic's format."""
    answer = draw(answers())
    indexes, apart = draw(numbers(len(answer.parts)))
    blocks = [draw(_message_block(one, index, apart=apart)) for one, index in zip(answer.parts, indexes, strict=True)]
    head = {"type": "message", "role": "assistant", "content": [], "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": USAGE_IN, "output_tokens": 1}

    def begun(id: str) -> Event:
        return {"type": "message_start", "message": {**head, "id": id, "model": f"model of {id}", "usage": usage}}

    noise: list[Event] = [{"type": "ping"}, {"type": "new_event", "index": 0}, "null", "{}", begun("later")]
    block_events, in_order = draw(mixed(blocks, apart=apart))
    events = draw(noisy([begun("first"), *block_events], noise))
    reason: JSON = {"type": "message_delta", "delta": {"stop_reason": "tool_use" if answer.calls else "end_turn"}}
    count: JSON = {"output_tokens": USAGE_OUT}
    ends: list[list[Event]] = [
        [{**reason, "usage": count}],
        [{**reason, "usage": count}] * 2,
        [reason, {"type": "message_delta", "delta": {}, "usage": count}],
        [{"type": "message_delta", "delta": {}, "usage": count}, reason],
        [{**reason, "usage": count}, {"type": "message_delta", "delta": {"stop_reason": None}, "usage": None}],
        [{**reason, "usage": {**count, "input_tokens": 0}}],
    ]
    last: list[list[Event]] = [[{"type": "message_stop"}], [{"type": "message_stop"}] * 2, ["[DONE]"], []]
    return OddStream(
        [*events, *draw(st.sampled_from(ends)), *draw(st.sampled_from(last))], answer, in_order, "", SIGNATURE
    )


# Bedrock's Converse


@st.composite
def _converse_block(draw: st.DrawFn, one: AnswerPart, index: Any) -> list[Event]:
    place = placed(index, "contentBlockIndex")
    found: list[Event] = []
    if isinstance(one, Call):
        call = {"toolUseId": one.id, "name": draw(decorated(one.name))}
        found.append({"contentBlockStart": {**place, "start": {"toolUse": call}}})
        texts = [piece for piece in draw(arguments(one)) if isinstance(piece, str)] or [one.whole]
        deltas: list[JSON] = [{"toolUse": {"input": piece}} for piece in texts]
    elif isinstance(one, Text):
        deltas = [{"text": piece} for piece in draw(cut(one.whole))]
    else:
        deltas = [{"reasoningContent": {"text": piece}} for piece in draw(cut(one.whole))]
        deltas.append({"reasoningContent": {"signature": SIGNATURE}})
    found += [{"contentBlockDelta": {**place, "delta": delta}} for delta in deltas]
    return [*found, *[{"contentBlockStop": place}] * draw(st.sampled_from([0, 1, 1, 2]))]


@st.composite
def converse(draw: st.DrawFn) -> OddStream:
    """A stream in Bedrock's format, as boto3 decodes it."""
    answer = draw(answers())
    indexes, apart = draw(numbers(len(answer.parts)))
    blocks = [draw(_converse_block(one, index)) for one, index in zip(answer.parts, indexes, strict=True)]
    head: Event = {"messageStart": {"role": "assistant"}}
    block_events, in_order = draw(mixed(blocks, apart=apart))
    events = draw(noisy([head, *block_events], [{"newEvent": {"a": 1}}, head]))
    stop: Event = {"messageStop": {"stopReason": "tool_use" if answer.calls else "end_turn"}}
    usage = {"inputTokens": USAGE_IN, "outputTokens": USAGE_OUT, "totalTokens": USAGE_IN + USAGE_OUT}
    count: Event = {"metadata": {"usage": usage, "metrics": {"latencyMs": 7}}}
    ends = draw(st.sampled_from([[stop, count], [stop, stop, count], [count, stop]]))
    return OddStream([*events, *ends], answer, in_order, "", SIGNATURE)


# Cohere's chat


@st.composite
def _chat_block(draw: st.DrawFn, one: AnswerPart, index: Any) -> list[Event]:
    place = placed(index)

    def event(kind: str, message: JSON) -> JSON:
        return {"type": kind, **place, "delta": {"message": message}}

    if isinstance(one, Call):
        kind = "tool-call"
        listed = draw(st.booleans())
        name = draw(decorated(one.name))
        begun: JSON = {"id": one.id, "type": "function", "function": {"name": name, "arguments": ""}}
        start: JSON = {"tool_calls": [begun] if listed else begun}
        # Fields of the start that each delta repeats, empty or not; ids that change.
        more: JSON = draw(st.sampled_from([{}, {"id": one.id}, {"id": ""}, {"id": f"{one.id}-x"}]))
        names: JSON = draw(st.sampled_from([{}, {"name": ""}, {"name": None}, {"name": name}]))
        calls = [{**more, "function": {**names, "arguments": piece}} for piece in draw(arguments(one))]
        deltas: list[JSON] = [{"tool_calls": [call] if listed else call} for call in calls]
    else:
        kind, key = "content", "text" if isinstance(one, Text) else "thinking"
        start = {"content": {"type": key, key: draw(st.sampled_from(["", None]))}}
        deltas = [{"content": {key: piece}} for piece in draw(with_nulls(draw(cut(one.whole))))]
    stops = [{"type": f"{kind}-end", **place}] * draw(st.sampled_from([0, 1, 1, 2]))
    unknown = draw(st.sampled_from([{}, {"new": 1}]))
    found: list[Event] = [{**event(f"{kind}-delta", delta), **unknown} for delta in deltas]
    return [event(f"{kind}-start", start), *found, *stops]


@st.composite
def cohere(draw: st.DrawFn) -> OddStream:
    """A stream in Cohere's format."""
    answer = draw(answers())
    indexes, apart = draw(numbers(len(answer.parts)))
    blocks = [draw(_chat_block(one, index)) for one, index in zip(answer.parts, indexes, strict=True)]

    def begun(id: str) -> Event:
        empty = draw(st.sampled_from([{}, {"content": [], "tool_plan": "", "tool_calls": [], "citations": []}]))
        return {"type": "message-start", "id": id, "delta": {"message": {"role": "assistant", **empty}}}

    noise: list[Event] = [{"type": "debug", "prompt": "x"}, {"type": "new-event"}, "null", "{}"]
    block_events, in_order = draw(mixed(blocks, apart=apart))
    events = draw(noisy([begun("first"), *block_events], noise))
    usage = {"tokens": {"input_tokens": USAGE_IN, "output_tokens": USAGE_OUT}}
    end: JSON = {"finish_reason": "TOOL_CALL" if answer.calls else "COMPLETE", "usage": usage}
    ids: JSON = draw(st.sampled_from([{}, {"id": "later"}]))
    last: list[Event] = [{"type": "message-end", **ids, "delta": end}]
    return OddStream([*events, *last, *draw(st.sampled_from([[], ["[DONE]"]]))], answer, in_order)


# Google's Gemini


@st.composite
def _parts(draw: st.DrawFn, one: AnswerPart) -> list[JSON]:
    if isinstance(one, Call):
        args: list[Any] = [one.args, one.whole, json.dumps(one.whole)] if one.args else [{}, None, "", "{}"]
        call = {"id": one.id, "name": draw(decorated(one.name)), "args": draw(st.sampled_from(args))}
        return [{"functionCall": call}]
    thought: JSON = {"thought": True} if isinstance(one, Thought) else draw(st.sampled_from([{}, {"thought": False}]))
    return [{"text": piece, **thought} for piece in draw(with_nulls(draw(cut(one.whole))))]


@st.composite
def gemini(draw: st.DrawFn) -> OddStream:
    """A stream in Gemini's format."""
    answer = draw(answers())
    parts: list[JSON] = [part for one in answer.parts for part in draw(_parts(one))]
    index: JSON = draw(st.sampled_from([{}, {"index": 0}, {"index": "0"}, {"index": None}]))

    def event(*parts: JSON, number: int, finish: str | None = None, **fields: Any) -> JSON:
        content: Any = {"role": "model", "parts": list(parts)} if parts else draw(st.sampled_from([None, {}]))
        candidate = {"content": content, **index, **({"finishReason": finish} if finish else {}), "new": 1}
        return {"candidates": [candidate], "responseId": f"id {number}", "modelVersion": f"model {number}", **fields}

    events: list[Event] = []
    while parts:
        count = draw(st.integers(1, 2))
        # Google's reference: the usage of each event is that of all events so far.
        so_far: JSON = draw(st.sampled_from([{}, {"usageMetadata": {"promptTokenCount": USAGE_IN}}]))
        events.append(event(*parts[:count], number=len(events), **so_far))
        parts = parts[count:]
    usage = {"promptTokenCount": USAGE_IN, "candidatesTokenCount": USAGE_OUT, "serviceTier": "standard"}
    reason = draw(st.sampled_from(["STOP", "stop"]))
    events.append(event(number=len(events), finish=reason, usageMetadata=usage))
    if draw(st.booleans()):
        events.append(event(number=len(events), finish=reason, usageMetadata=usage))
    whole = draw(st.booleans())
    noise: list[Event] = ["null", "[]"] if whole else ["null"]
    found = draw(noisy(events, noise))
    return OddStream([*found, *draw(st.sampled_from([[], ["[DONE]"]]))], answer)


# OpenAI's Responses


def item_of(one: AnswerPart, name: str, args: Any) -> JSON:
    """A whole item of the output."""
    if isinstance(one, Call):
        return {"type": "function_call", "call_id": one.id, "name": name, "arguments": args, "status": "completed"}
    if isinstance(one, Text):
        part = {"type": "output_text", "text": one.whole, "annotations": []}
        return {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    summary = [{"type": "summary_text", "text": one.whole}]
    return {"type": "reasoning", "summary": summary, "encrypted_content": SIGNATURE}


@st.composite
def _item(draw: st.DrawFn, one: AnswerPart, index: Any, number: int, *, ids: str) -> tuple[list[Event], JSON]:
    name = draw(decorated(one.name)) if isinstance(one, Call) else ""
    pieces = [one for one in draw(arguments(one)) if one] if isinstance(one, Call) else draw(cut(one.whole))
    if isinstance(one, Call) and any(not isinstance(piece, str) for piece in pieces):
        pieces = [one.whole]
    whole = item_of(one, name, "".join(pieces) if isinstance(one, Call) else "")
    count = iter(range(100))

    def id_of() -> str:
        return f"item_{number}_{next(count)}" if ids == "change" else f"item_{number}"

    def event(kind: str, **fields: Any) -> JSON:
        named = {} if ids == "none" else {"item_id": id_of()}
        return {"type": f"response.{kind}", **placed(index, "output_index"), **named, **fields}

    def item(kind: str, **fields: Any) -> JSON:
        named = {} if ids == "none" else {"id": id_of()}
        place = placed(index, "output_index")
        return {"type": f"response.output_item.{kind}", **place, "item": {**whole, **named, **fields}}

    if isinstance(one, Call):
        kind, key, within, empty = "function_call_arguments", "arguments", {}, {"arguments": ""}
    elif isinstance(one, Text):
        kind, key, within, empty = "output_text", "text", {"content_index": 0}, {"content": []}  # type: ignore[dict-item]
    else:
        kind, key, within, empty = "reasoning_summary_text", "text", {"summary_index": 0}, {"summary": []}  # type: ignore[dict-item]
    deltas: list[Event] = [event(f"{kind}.delta", **within, delta=piece) for piece in draw(with_nulls(pieces))]
    content_in = draw(st.sampled_from(["deltas", "done", "both"]))
    text_done = [event(f"{kind}.done", **within, **{key: "".join(pieces)})] * draw(st.integers(0, 1))
    nulls: JSON = draw(st.sampled_from([{}, dict.fromkeys(empty), empty]))
    item_done = [item("done", **(nulls if content_in == "deltas" else {}))] * draw(st.integers(1, 2))
    found: list[Event] = [item("added", **empty), *(deltas if content_in != "done" else []), *text_done, *item_done]
    return found, {**whole, **({} if ids == "none" else {"id": f"item_{number}"})}


@st.composite
def responses(draw: st.DrawFn) -> OddStream:
    """A stream in the format of OpenAI's Responses."""
    answer = draw(answers())
    indexes, apart = draw(numbers(len(answer.parts)))
    ids = draw(st.sampled_from(["own", "own", "change", "none"] if apart else ["own"]))
    made = [
        draw(_item(one, index, number, ids=ids))
        for number, (one, index) in enumerate(zip(answer.parts, indexes, strict=True))
    ]
    usage = {"input_tokens": USAGE_IN, "output_tokens": USAGE_OUT, "total_tokens": USAGE_IN + USAGE_OUT}

    def head(kind: str, id: str) -> JSON:
        return {"type": f"response.{kind}", "response": {**response_of([], "in_progress"), "id": id}}

    noise: list[Event] = [
        *({"type": "keepalive"}, {"type": "response.new_thing.delta", "delta": "?"}, {"odd": 1}, "null", "{}"),
        head("in_progress", "later"),
    ]
    block_events, in_order = draw(mixed([block for block, _ in made], apart=apart))
    events = [head("created", "first"), *block_events]
    output: Any = draw(st.sampled_from([[], None, [whole for _, whole in made]])) if ids == "own" else []
    final = response_of(output, "completed", usage=usage)
    done = draw(st.sampled_from(["completed", "done"]))
    last: list[Event] = [{"type": f"response.{done}", "response": {**final, "id": "last"}}]
    return OddStream([*draw(noisy(events, noise)), *last], answer, in_order, "\n\n", SIGNATURE)


STREAMS: dict[str, Callable[[], st.SearchStrategy[OddStream]]] = {
    "anthropic": messages,
    "bedrock": converse,
    "cohere": cohere,
    "google": gemini,
    "openai.responses": responses,
}
