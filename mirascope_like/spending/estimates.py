"""Estimates the tokens of a request before it is sent, and of a response whose usage is not known.

An estimate is high on purpose, so that the real number is rarely higher:

- Text has one token for every 2 bytes of UTF-8. A token is about 4 characters of English text (sources: OpenAI's "What
  are tokens and how to count them?", Google's "Understand and count tokens"), so this is about twice the real number.
  In other scripts a character has 2 to 4 bytes, and counts as 1 to 2 tokens.
- The names of the fields of the payload count as text. They stand for the few tokens by which providers separate
  messages and declare tools.
- Images, audio and documents have one token for every 32 bytes of data. Providers compute their tokens from pixels,
  seconds and pages, which are not known here. A URL counts as text only.
- The output has the number of tokens to which the request limits it, for each of the responses that it asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel

from ..core.base.flows import token_limits
from ..core.base.parsing import is_list, is_mapping
from ..core.base.request import Request
from ..core.base.response import Usage

BYTES_OF_TEXT = 2
"""The bytes of text for each estimated token."""
BYTES_OF_MEDIA = 32
"""The bytes of an image, audio or document for each estimated token."""
PLAIN = 100_000
"""The largest number of tokens to which no model's prices for long contexts apply."""
_PLAIN_USAGES = (Usage(PLAIN, output_tokens=0), Usage(0, output_tokens=PLAIN))
_SHORT = 512
"""A text with fewer characters is not examined for encoded data."""
_ENCODED = re.compile(r"(?:data:[^,]{0,100},)?[A-Za-z0-9+/_=-]+\Z")
_NOT_SENT = frozenset({"model", "extra_headers", "timeout", "extra_query"})


def input_tokens(payload: Mapping[str, Any]) -> int:
    """Return an estimate of the tokens of a payload: of its messages, its tools and its schemas."""
    parts = {name: value for name, value in payload.items() if name not in _NOT_SENT}
    text, media = _sizes(parts)
    return -(-text // BYTES_OF_TEXT) + -(-media // BYTES_OF_MEDIA)


def text_tokens(text: str) -> int:
    """Return an estimate of the tokens of a text."""
    return -(-_size(text) // BYTES_OF_TEXT)


def output_limit(payload: Mapping[str, Any]) -> int | None:
    """Return the number of tokens to which a payload limits the output; None without a limit."""
    limit = max((value for _, value in token_limits(payload)), default=None)
    return None if limit is None else limit * _choices(payload)


def unit_prices(
    provider: Any, request: Request, payload: Mapping[str, Any], **options: Any
) -> tuple[float, float] | None:
    """Return the prices of an input and an output token of a model in US dollars; None if they are not known. The
    options are those of `Provider.price`.

    They do not apply to requests of more than `PLAIN` tokens.
    """
    prices = [provider.price(request, payload, usage, **options) for usage in _PLAIN_USAGES]
    if prices[0] is None or prices[1] is None:
        return None
    return prices[0] / PLAIN, prices[1] / PLAIN


def _choices(payload: Mapping[str, Any]) -> int:
    places = [payload, *(_fields(payload.get(name)) for name in ("config", "generation_config"))]
    given = [place.get(name) for place in places for name in ("n", "candidate_count")]
    return max([1, *(one for one in given if isinstance(one, int))])


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return dict(value)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _sizes(value: Any) -> tuple[int, int]:
    """Return how many bytes of text, and how many of media, are anywhere in a value."""
    text = media = 0
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            if len(one) >= _SHORT and _ENCODED.match(one):
                media += len(one) * 3 // 4  # base64
            else:
                text += _size(one)
        elif isinstance(one, bytes | bytearray):
            media += len(one)
        elif is_mapping(one):
            text += sum(len(str(name)) for name in one)
            pending.extend(one.values())
        elif is_list(one) or isinstance(one, tuple):
            pending.extend(cast("list[Any]", one))
        elif isinstance(one, BaseModel):
            pending.append(dict(_given(one)))
    return text, media


def _given(model: BaseModel) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in model if value is not None)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
