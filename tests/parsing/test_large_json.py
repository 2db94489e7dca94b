"""Large JSON is decoded piece by piece: to the same values as by Python's `json`, wherever a piece ends."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from mirascope_like.core.base.parsing import Events, decode_large, decode_text, large_json

UNITS = ["a", "\u00e9", "\u4e2d", "\U0001f600", "\n", "\\", '"', "\\\\n", "\u2028", "\\ud83d", "/"]


def texts(seed: int) -> Any:
    chance = random.Random(seed)
    long = ["".join(chance.choices(UNITS, k=chance.randrange(50, 400))) for _ in range(3)]
    return {"type": "x", "none": None, "number": 1.5, "list": [long[0], {"b": long[1]}, "short"], long[2][:20]: long[2]}


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_json, "_PIECE", 40)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_the_same_as_json(seed: int, ascii: bool) -> None:
    value = texts(seed)
    raw = json.dumps(value, ensure_ascii=ascii).encode()
    assert decode_large(raw) == decode_large(raw, texts(seed)) == decode_large(raw, texts(seed + 1)) == value


@pytest.mark.usefixtures("small_pieces")
def test_a_known_text_is_used_again() -> None:
    value = texts(1)
    known = json.loads(json.dumps(value))
    found = decode_large(json.dumps(value).encode(), known)
    assert found["list"][0] is known["list"][0]
    longer = decode_large(json.dumps([value["list"][0] + "more", value["list"][0][:-1]]).encode(), known)
    assert longer == [value["list"][0] + "more", value["list"][0][:-1]]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("body", ["\\", "\\x", "\\u12", "\n", "\\ud83d" * 30, "\\ud83d"])
def test_what_is_not_json_is_an_error(body: str) -> None:
    """As for the decoder of small events. It does not accept halves of a character either."""
    for raw in ('{"a": "' + "\u4e2d" * 60 + body + '"}', '{"a": "' + "\u4e2d" * 60 + body):
        with pytest.raises(ValueError, match=r"line 1|line 2|utf-8"):
            decode_large(raw.encode())
    with pytest.raises(ValueError, match=r"line 1|line 2|utf-8"):
        decode_large(b'{"a": "' + b"\x80" * 100 + b'"}')


def test_a_string_without_an_end_is_looked_for_once() -> None:
    """Each of its 200,000 escaped quotes is the beginning of a string without an end: 20,000,000,000 steps."""
    with pytest.raises(ValueError, match="EOF"):
        decode_large(b'{"a": "\xe4\xb8\xad' + b'\\"' * 200_000)


def test_long_utf8() -> None:
    text = "a\u4e2d\U0001f600" * 100_000
    assert decode_text(text.encode()) == text
    with pytest.raises(UnicodeDecodeError):
        decode_text(text.encode() + b"\x80" * 200_000)


BODY = b'{"a": "' + b"x" * large_json.LARGE + b'"}'
HEADS = [b"data: ", b"data:", b"event: a.delta\ndata: ", b": ping\nid: 1\ndata: "]


@pytest.mark.parametrize("size", [7000, 65536, len(BODY) // 2, 10**7])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("head", HEADS)
def test_a_large_event_ends_anywhere(head: bytes, line_end: bytes, size: int) -> None:
    stream = head + BODY + b"\n\n" + head + BODY + b"\n\ndata: 1\n\n"
    stream = stream.replace(b"\n", line_end)
    for extra in range(3):
        events = Events()
        first = len(head) + len(BODY) + extra  # a buffer ends before, inside and after the end of the event
        parts = [stream[at : min(at + size, first)] for at in range(0, first, size)]
        parts += [stream[at : at + size] for at in range(first, len(stream), size)]
        assert [event for part in parts for event in events.feed(part)] == [BODY, BODY, b"1"]
        assert events.end() == []


@pytest.mark.parametrize("size", [7000, 65536])
def test_a_large_event_with_more_lines(size: int) -> None:
    """Several lines of data are joined, as the event stream format says; an event "error" is marked."""
    half = b"x" * large_json.LARGE
    stream = b'data: {"a": "' + half + b'",\nevent: a\ndata: "b": 1}\n\ndata: 2\n\n'
    assert fed(stream, size) == [b'{"a": "' + half + b'",\n"b": 1}', b"2"]
    stream = b'event: error\ndata: {"a": "' + half + b'"}\n\n'
    assert fed(stream, size) == [b'{"error":{"a":"' + half + b'"}}']


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_large_event_without_an_end(end: bytes) -> None:
    assert fed(b"data: " + BODY + end, 65536) == [BODY]
    assert fed(b"data: " + BODY[:-1] + end, 65536) == []


def fed(stream: bytes, size: int) -> list[bytes]:
    events = Events()
    found = [event for at in range(0, len(stream), size) for event in events.feed(stream[at : at + size])]
    return found + events.end()
