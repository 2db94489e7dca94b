"""What is written is read again: whatever the bytes are, and wherever they were cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mirascope_like.testing.recording import rows
from mirascope_like.testing.recording.exchange import (
    End,
    Piece,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
)
from mirascope_like.testing.recording.hiding import hidden_body, hidden_pieces
from mirascope_like.testing.wires import frame

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FRAMES = st.lists(
    st.builds(frame, st.dictionaries(st.sampled_from([":a", "b"]), st.just("x")), st.binary()), min_size=1
)
BODIES = st.one_of(
    st.binary(),
    st.text(alphabet=st.characters(codec="utf-8")).map(str.encode),
    st.tuples(JSON, st.sampled_from([{}, {"indent": 2}, {"indent": 1}, {"separators": (",", ":")}]), st.booleans()).map(
        lambda made: json.dumps(made[0], ensure_ascii=made[2], **made[1]).encode(errors="surrogatepass")
    ),
    FRAMES.map(b"".join),
)


@st.composite
def pieces(draw: Any) -> tuple[Piece, ...]:
    body = draw(BODIES)
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=5)))
    parts = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
    return tuple(Piece(float(at), part) for at, part in enumerate(parts) if part)


@given(st.lists(st.tuples(BODIES, pieces()), max_size=4))
def test_round_trip(tmp_path_factory: Any, exchanges: list[tuple[bytes, tuple[Piece, ...]]]) -> None:
    made = [
        RecordedExchange(
            RecordedRequest("POST", "https://x/y", {"content-type": "a"}, content),
            RecordedResponse(0.5, 200, {"content-type": "b"}, found, End.COMPLETE, 9.0),
        )
        for content, found in exchanges
    ]
    file: Path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    text = rows.written(made)
    assert text.isprintable() or not [line for line in text.splitlines() if "\x1b" in line or "\x9b" in line]
    file.write_text(text, "utf-8")
    found = rows.read(file)
    assert [one.response for one in found] == [one.response for one in made]
    assert [one.request.key for one in found] == [one.request.key for one in made]


KEY = "k3y-of-nobody"


@given(pieces(), st.lists(st.integers(0, 200), max_size=3))
def test_keys_are_hidden_wherever_they_are_cut(found: tuple[Piece, ...], places: list[int]) -> None:
    body = b"".join(piece.data for piece in found)
    for place in places:
        body = body[:place] + KEY.encode() + body[place:]
    cuts = sorted({place + 5 for place in places if place + 5 < len(body)})
    cut = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    given = tuple(Piece(float(at), part) for at, part in enumerate(cut) if part)
    shown = b"".join(piece.data for piece in hidden_pieces(given, [KEY]))
    assert KEY.encode() not in shown
    if not places:
        assert shown == hidden_body(body, [KEY], fields=False)
