"""A fast path accepts an event only if full decoding would find no difference from the one before but in the text."""

import json
from typing import Any

import jiter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirascope_like.core.dialects.chat_completions import DeltaFastPath

texts = st.text(st.sampled_from('ab"\\}{:, \n\u2028é😀/'), max_size=8)
paddings = st.none() | st.text("Az09", max_size=4)


def event(text: Any, padding: str | None = "x", *, ascii: bool = False, **others: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None}
    data: dict[str, Any] = {"id": "a", **others, "choices": [choice], "usage": None}
    if padding is not None:
        data["obfuscation"] = padding
    return json.dumps(data, ensure_ascii=ascii, separators=(",", ":")).encode()


@given(texts, texts, paddings, paddings, st.booleans())
def test_reads_the_text_of_its_like(first: str, second: str, one: str | None, other: str | None, ascii: bool) -> None:
    fast_path = DeltaFastPath.of(event(first, one, ascii=ascii), "content", first, "obfuscation")
    assert fast_path is not None
    found = fast_path.text(event(second, other, ascii=ascii))
    assert found == (second if (one is None) == (other is None) else None)


@given(texts, st.binary(max_size=6), st.integers(0, 200), st.integers(0, 3))
def test_any_change_beside_the_text_is_seen(text: str, put: bytes, at: int, over: int) -> None:
    fast_path = DeltaFastPath.of(event("first"), "content", "first", "obfuscation")
    assert fast_path is not None
    like = event(text)
    changed = like[:at] + put + like[at + over :]
    if (found := fast_path.text(changed)) is not None:
        data: Any = jiter.from_json(changed)
        padding = data["obfuscation"]
        assert data == jiter.from_json(event(found, padding))


@pytest.mark.parametrize(
    "other",
    [
        event("b", id2="a"),
        event(None),
        event("b").replace(b'"logprobs":null', b'"logprobs":[]'),
        event("b").replace(b'"content":"b"', b'"content":"b","refusal":"no"'),
        event("b").replace(b'"obfuscation":"x"', b'"obfuscation":"x","error":"y"'),
        event("b")[:-1],
        event("b") + b"}",
        b"[DONE]",
        b"",
    ],
)
def test_others_are_left_to_be_decoded(other: bytes) -> None:
    fast_path = DeltaFastPath.of(event("a"), "content", "a", "obfuscation")
    assert fast_path is not None
    assert fast_path.text(other) is None


@pytest.mark.parametrize(
    ("like", "text"),
    [(event("a", content="b"), "a"), (event("a"), "b"), (event(None), ""), (b"{}", ""), (b'{"content":"a', "a")],
)
def test_no_mould_where_the_place_of_the_text_is_not_certain(like: bytes, text: str) -> None:
    assert DeltaFastPath.of(like, "content", text, "obfuscation") is None
