"""Events are the same however their bytes are cut, and whichever ends of line they have."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirascope_like.core.base.parsing import Events, EventTooLongError
from mirascope_like.core.base.parsing import sse as events

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
NOISE = st.sampled_from(["", ": a comment\n", "event: x\n", "id: 1\n", "retry: 5\n", "unknown: data: x\n", "dat: x\n"])


def cut(parts: list[bytes]) -> list[bytes]:
    """The events of these buffers."""
    cutter = Events()
    found = [event for part in parts for event in cutter.feed(part)]
    return [*found, *cutter.end()]


def pieces(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes, cut at these places; some pieces may be empty."""
    places = sorted(place % (len(data) + 1) for place in places)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """The bytes of a stream, and the data of its events."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text, expected = "", []
    for lines in draw(st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=5)):
        space = draw(st.sampled_from(["", " "]))
        # Without the space that may follow the colon, a line cannot begin with one.
        lines = [line if space else line.lstrip(" ") for line in lines]
        text += draw(NOISE) + "".join(f"data:{space}{line}\n" for line in lines) + draw(NOISE) + "\n"
        text += draw(st.sampled_from(["", "\n", ": ping\n\n"]))
        if data := "\n".join(lines):
            expected.append(data.encode())
    start = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return start + text.replace("\n", newline).encode(), expected


@given(streams(), st.lists(st.integers(0), max_size=8))
@example((b"\xef\xbb\xbfdata: 1\n\n", [b"1"]), [1])
@example((b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"1", b"2"]), [8, 9, 10, 11])
def test_however_cut(stream: tuple[bytes, list[bytes]], places: list[int]) -> None:
    data, expected = stream
    assert cut(pieces(data, places)) == expected


@given(streams())
def test_byte_by_byte(stream: tuple[bytes, list[bytes]]) -> None:
    data, expected = stream
    assert cut([data[i : i + 1] for i in range(len(data))]) == expected


@given(st.binary(max_size=60), st.lists(st.integers(0), max_size=6))
def test_any_bytes_give_the_same_however_cut(data: bytes, places: list[int]) -> None:
    assert cut(pieces(data, places)) == cut([data])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"data: 1\n\n", [b"1"]),
        (b"data:1\n\n", [b"1"]),
        (b"data:  1\n\n", [b" 1"]),
        (b"event: delta\ndata: 1\n\n", [b"1"]),
        (b"data: 1\nevent: delta\n\n", [b"1"]),
        (b"data: 1\ndata: 2\n\n", [b"1\n2"]),
        (b"data: 1\ndata\ndata: 2\n\n", [b"1\n\n2"]),
        (b"data: 1\n: comment\ndata: 2\n\n", [b"1\n2"]),
        (b": comment\n\n", []),
        (b"\n\n\ndata: 1\n\n\n\n", [b"1"]),
        (b"id: 1\n\n", []),
        (b"data\n\n", []),
        (b"data:\n\n", []),
        (b"data: \n\n", []),
        (b"data: \xc3\xa9\n\n", ["é".encode()]),
        (b"data: a\xe2\x80\xa8b\n\n", ["a\u2028b".encode()]),
        (b"data: 1\n\ndata: 2", [b"1", b"2"]),
        (b"data: 1\n\ndata: 2\n", [b"1", b"2"]),
        (b"database: 1\n\n", []),
        (b'data: {"a": 1}', [b'{"a": 1}']),
        (b'data: {"a": {"b": 1}', []),
        (b'data: {"a": 1\n\n', [b'{"a": 1']),
        (b"data: [DONE]", [b"[DONE]"]),
        (b"data: [DONE", []),
        (b'{"error": {"message": "boom"}}', [b'{"error": {"message": "boom"}}']),
        (b'{\n  "error": "boom"\n}\n', [b'{\n  "error": "boom"\n}\n']),
        (b'data: 1\n\n{"error": "boom"}\n\ndata: 2\n\n', [b"1", b'{"error": "boom"}', b"2"]),
        (b'{"error": {"message": "boo', []),
        (b'{"error": null, "choices": []}', []),
        (b'{"choices": []}\n\n', []),
        (b'["error"]', []),
    ],
)
def test_literal(data: bytes, expected: list[bytes]) -> None:
    assert cut([data]) == expected


def test_too_long_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 100)
    cutter = Events()
    assert cutter.feed(b"data: " + b"x" * 80) == []
    with pytest.raises(EventTooLongError, match="100 bytes"):
        cutter.feed(b"x" * 80)


def test_many_events_may_be_longer_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 100)
    cutter = Events()
    for _ in range(50):
        assert cutter.feed(b"data: " + b"x" * 60) == []
        assert cutter.feed(b"\n\n") == [b"x" * 60]
