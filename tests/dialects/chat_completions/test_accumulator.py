"""However a chat completion is cut into deltas, and its deltas into events, the sum is the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirascope_like.core import BaseTool, ToolNotFoundError
from mirascope_like.core.base.errors import ErrorEventError, MalformedEventError
from mirascope_like.core.dialects.chat_completions import ChatAccumulator
from mirascope_like.core.openai import OpenAICallResponseChunk, OpenAITool
from tests.harness.oracles import same

JSON = dict[str, Any]
HEAD: JSON = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


class Look(BaseTool):
    """Look for something."""

    query: str = ""
    deep: dict[str, Any] | None = None


def new(*, tools: bool = True, partial: bool = False) -> ChatAccumulator[Any, Any]:
    return ChatAccumulator(OpenAICallResponseChunk, OpenAITool, [Look] if tools else [], partial)


def read(accumulator: ChatAccumulator[Any, Any], chunks: list[JSON], *, typed: bool = False) -> list[tuple[Any, Any]]:
    """The pairs of these chunks: as bytes in one buffer, or as objects."""
    if typed:
        return [*accumulator.read_objects(chunks), *accumulator.finish()]
    return [*accumulator.read([json.dumps(chunk).encode() for chunk in chunks]), *accumulator.finish()]


def chunk(*choices: JSON, **fields: Any) -> JSON:
    return {**HEAD, "choices": list(choices), **fields}


def choice(delta: JSON, index: int = 0, finish: str | None = None, **fields: Any) -> JSON:
    return {"index": index, "delta": delta, "finish_reason": finish, **fields}


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, some of them empty."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[JSON], JSON]:
    """The chunks of an answer, and the whole answer."""
    choices, queues = [], []
    for index in range(draw(st.integers(1, 3))):
        message: JSON = {"role": "assistant", "content": None}
        deltas: list[list[JSON]] = []
        for key in draw(st.lists(st.sampled_from(["content", "refusal", "reasoning_content"]), unique=True)):
            message[key] = draw(TEXT)
            deltas.append([{key: piece} for piece in draw(cut(message[key]))])
        for number in range(draw(st.integers(0, 2))):
            given_args = draw(st.fixed_dictionaries({"query": TEXT}, optional={"deep": st.just({"a": {"b": 1}})}))
            arguments = json.dumps(given_args, ensure_ascii=False)
            named = {"id": f"call-{index}-{number}", "type": "function"}
            message.setdefault("tool_calls", []).append({**named, "function": {"name": "Look", "arguments": arguments}})
            first, *rest = draw(cut(arguments))
            calls = [{"index": number, **named, "function": {"name": "Look", "arguments": first}}]
            calls += [{"index": number, "function": {"arguments": piece}} for piece in rest]
            deltas.append([{"tool_calls": [call]} for call in calls])
        finish = draw(st.sampled_from(["stop", "length", "tool_calls"]))
        role: JSON = draw(st.sampled_from([{"role": "assistant"}, {"role": "assistant", "content": None}]))
        if "content" in message and message["content"] is not None:
            role = draw(st.sampled_from([role, {"role": "assistant", "content": ""}]))
        queues.append([choice(role, index), *merged(draw, index, deltas), choice({}, index, finish)])
        choices.append({"index": index, "finish_reason": finish, "message": message})
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    chunks = [chunk(*some) for some in packed(draw, queues)]
    tail = draw(st.sampled_from([[chunk(usage=usage)], [chunk(usage=usage), chunk()], [chunk(usage=usage)] * 2]))
    return [*chunks, *tail], {**HEAD, "object": "chat.completion", "choices": choices, "usage": usage}


def merged(draw: st.DrawFn, index: int, queues: list[list[JSON]]) -> list[JSON]:
    """Deltas of several fields in one order, each field's own order kept."""
    queues = [list(queue) for queue in queues if queue]
    found = []
    while queues:
        queue = draw(st.sampled_from(queues))
        found.append(choice(queue.pop(0), index))
        queues = [queue for queue in queues if queue]
    return found


def packed(draw: st.DrawFn, queues: list[list[JSON]]) -> list[list[JSON]]:
    """Choices of several answers in events of one or more, each answer's own order kept."""
    found = []
    while queues := [queue for queue in queues if queue]:
        some = draw(st.lists(st.sampled_from(range(len(queues))), min_size=1, unique=True))
        found.append([queues[position].pop(0) for position in some])
    return found


@given(answers(), st.booleans(), st.booleans())
def test_however_cut(answer: tuple[list[JSON], JSON], typed: bool, partial: bool) -> None:
    chunks, whole = answer
    accumulator = new(partial=partial)
    pairs = read(accumulator, chunks, typed=typed)
    same(accumulator.rebuild(), whole)
    first = whole["choices"][0]["message"]
    assert accumulator.content == (first["content"] or "") == "".join(chunk.content for chunk, _ in pairs)
    assert accumulator.complete
    assert (accumulator.usage.input_tokens, accumulator.usage.output_tokens) == (1, 2)
    calls = first.get("tool_calls", [])
    tools = [tool for _, tool in pairs if tool is not None and tool.delta is None]
    assert tools == accumulator.tools
    found = sorted((tool.id, tool.args) for tool in tools)
    nothing = {"query": "", "deep": None}
    assert found == [(call["id"], nothing | json.loads(call["function"]["arguments"])) for call in calls]


@given(answers(), st.data())
def test_however_read(answer: tuple[list[JSON], JSON], data: st.DataObject) -> None:
    chunks, _ = answer
    raw = [json.dumps(chunk).encode() for chunk in chunks]
    at_once, one_by_one = new(), new()
    first = [(c.content, t and t.args) for c, t in at_once.read(raw)]
    second = [(c.content, t and t.args) for each in raw for c, t in one_by_one.read([each])]
    assert first == second
    assert at_once.rebuild() == one_by_one.rebuild()


def test_cut_before_the_first_choice_began() -> None:
    accumulator = new()
    list(accumulator.read([json.dumps(chunk(choice({"content": "of the second"}, 1))).encode()]))
    assert accumulator.content == ""
    first = {"index": 0, "finish_reason": None, "message": {"role": "assistant", "content": None}}
    second = {"index": 1, "finish_reason": None, "message": {"role": "assistant", "content": "of the second"}}
    assert accumulator.rebuild()["choices"] == [first, second]


@given(answers(), st.data())
def test_any_beginning_can_be_read(answer: tuple[list[JSON], JSON], data: st.DataObject) -> None:
    chunks, _ = answer
    accumulator = new(partial=True)
    list(accumulator.read([json.dumps(chunk).encode() for chunk in chunks[: data.draw(st.integers(0, len(chunks)))]]))
    raw = accumulator.rebuild()
    assert raw == accumulator.rebuild()
    assert accumulator.content == (raw["choices"][0]["message"]["content"] or "" if raw["choices"] else "")
    assert accumulator.model in ("m-1", None)
    assert accumulator.usage is None or accumulator.usage.input_tokens == 1


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(VALUE | st.builds(lambda v: {"choices": v}, VALUE), max_size=3))
@example([{"choices": [None]}])
@example([{"choices": {"a": 1}}])
@example([{"choices": [{"delta": "x"}]}])
@example([{"choices": [{"delta": {"tool_calls": [None]}}]}])
@example([{"choices": [{"delta": {"tool_calls": [{"function": "x"}]}}]}])
@example([{"choices": [{"delta": {"tool_calls": [{"function": {"name": 1, "arguments": 2}}]}}]}])
@example([{"choices": [{"delta": {"content": 5}, "index": "x"}]}, {"choices": [{"delta": {}, "index": 0}]}])
@example([{"choices": [], "usage": "x"}])
def test_garbage_raises_only_event_errors(values: list[Any]) -> None:
    accumulator = new()
    try:
        list(accumulator.read([json.dumps(value).encode() for value in values]))
    except (MalformedEventError, ErrorEventError):
        return
    accumulator.rebuild()
    assert isinstance(accumulator.content, str)


@given(st.binary(max_size=20))
def test_bytes_that_are_no_json(raw: bytes) -> None:
    accumulator = new()
    try:
        list(accumulator.read([raw]))
    except (MalformedEventError, ErrorEventError):
        return
    accumulator.rebuild()


def test_a_chunk_of_the_second_choice_adds_nothing_to_the_first() -> None:
    accumulator = new()
    chunks = [chunk(choice({"content": "a"}, 1)), chunk(choice({"content": "b"}, 1)), chunk(choice({"content": "c"}))]
    pairs = read(accumulator, chunks)
    assert [c.content for c, _ in pairs] == ["", "", "c"]
    assert accumulator.content == "c"
    assert [c["message"]["content"] for c in accumulator.rebuild()["choices"]] == ["c", "ab"]


@pytest.mark.parametrize("first", [{}, {"role": "assistant"}, {"role": "assistant", "content": None}])
def test_text_after_a_delta_without(first: JSON) -> None:
    accumulator = new()
    texts = [chunk(choice({**first, "content": text})) for text in ("a", "b", "c")]
    read(accumulator, [chunk(choice(first)), *texts])
    assert accumulator.rebuild()["choices"][0]["message"]["content"] == "abc"


def test_two_calls_in_one_delta() -> None:
    accumulator = new()
    calls = [
        {"index": n, "id": f"c{n}", "type": "function", "function": {"name": "Look", "arguments": '{"query": "x"}'}}
        for n in range(2)
    ]
    pairs = read(accumulator, [chunk(choice({"content": "hi", "tool_calls": calls}, finish="tool_calls"))])
    assert [(c.content, t.id) for c, t in pairs] == [("hi", "c0"), ("", "c1")]


def test_call_without_arguments() -> None:
    accumulator = new()
    call = {"index": 0, "id": "c0", "type": "function", "function": {"name": "Look", "arguments": ""}}
    pairs = read(accumulator, [chunk(choice({"tool_calls": [call]})), chunk(choice({}, finish="tool_calls"))])
    assert [t.args for _, t in pairs if t] == [{"query": "", "deep": None}]


@pytest.mark.parametrize("kind", ["function", "custom"])
@pytest.mark.parametrize("nothing", [None, [], ""])
def test_call_that_names_nothing(kind: str, nothing: Any) -> None:
    accumulator = new()
    piece = {"index": 0, "id": "call-1", "type": kind, kind: nothing}
    pairs = read(accumulator, [chunk(choice({"tool_calls": [piece]})), chunk(choice({}, 0, "tool_calls"))])
    (tool,) = [tool for _, tool in pairs if tool is not None]
    assert isinstance(tool.error, ToolNotFoundError)
    held = {"name": "", "arguments": ""} if kind == "function" else {"input": ""}
    (call,) = accumulator.rebuild()["choices"][0]["message"]["tool_calls"]
    assert call == {"id": "call-1", "type": kind, kind: held}


def test_unknown_tool_and_cut_arguments_give_a_tool_with_an_error() -> None:
    accumulator = new()
    calls = [
        {"index": 0, "id": "c0", "type": "function", "function": {"name": "Loook", "arguments": "{}"}},
        {"index": 1, "id": "c1", "type": "function", "function": {"name": "Look", "arguments": '{"query": "x'}},
    ]
    tools = [t for _, t in read(accumulator, [chunk(choice({"tool_calls": calls}, finish="length"))]) if t]
    assert [tool.error is not None for tool in tools] == [True, True]
    assert "did you mean 'Look'" in str(tools[0].error)


def piece(arguments: str, index: int = 0) -> JSON:
    return chunk(choice({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))


def begun(index: int) -> JSON:
    function = {"name": "Look", "arguments": ""}
    return chunk(
        choice({"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": function}]})
    )


CALLS = {
    "one after the other": [begun(0), *map(piece, ('{"que', 'ry": "', '\\"a', ' }"', "}")), begun(1), piece("{}", 1)],
    "at once": [begun(0), begun(1), piece("{"), piece("{", 1), piece('"query": "a"'), piece("}"), piece("}", 1)],
    "text between": [
        begun(0),
        piece("{"),
        chunk(choice({"content": "a"})),
        piece('"query": '),
        piece('"b"'),
        piece("}"),
    ],
    "more than whole": [begun(0), piece("{"), piece("}"), piece(" "), piece("")],
    "after the end": [begun(0), piece("{"), chunk(choice({}, finish="tool_calls")), piece("}"), piece(" ")],
    "never begun": [piece('{"query": '), piece('"a"'), piece("}"), begun(0)],
}


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
@pytest.mark.parametrize("chunks", CALLS.values(), ids=CALLS)
def test_arguments_known_by_their_bytes_are_those_that_are_decoded(chunks: list[JSON], *, partial: bool) -> None:
    by_bytes, by_objects = new(partial=partial), new(partial=partial)
    results = [
        [(one.content, one.data, tool and (tool.tool_call, getattr(tool, "delta", None))) for one, tool in pairs]
        for pairs in (read(by_bytes, chunks), read(by_objects, chunks, typed=True))
    ]
    assert results[0] == results[1]
    assert by_bytes.rebuild() == by_objects.rebuild()


def test_most_pieces_of_arguments_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[Any] = []
    add = ChatAccumulator.add
    monkeypatch.setattr(ChatAccumulator, "add", lambda self, *given: (added.append(given), add(self, *given))[1])
    pairs = read(new(), [begun(0), *map(piece, ("{", '"que', 'ry"', ':"', "é", '\\n"', "}"))])
    assert [tool.query for _, tool in pairs if tool] == ["é\n"]
    assert len(added) == 2
