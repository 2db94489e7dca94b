"""Decodes compressed bodies, so that a recording can be read and its keys are found."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from .exchange import Piece

_Decode = Callable[[bytes], bytes]


def decoded(headers: Mapping[str, str], pieces: Sequence[Piece]) -> tuple[dict[str, str], tuple[Piece, ...]]:
    """Return the headers and pieces of a response, decoded, and without `content-encoding`; both as they are if the
    encoding is unknown here.
    """
    names = [one.strip() for one in headers.get("content-encoding", "").lower().split(",") if one.strip()]
    found = list(pieces)
    try:
        for name in reversed(names):
            decode = _DECODERS[name]()
            found = [Piece(piece.time, decode(piece.data)) for piece in found]
    except Exception:  # KeyError, ImportError, and what the libraries raise for invalid bytes
        return dict(headers), tuple(pieces)
    kept = {name: value for name, value in headers.items() if name != "content-encoding"}
    return kept, tuple(piece for piece in found if piece.data)


def _gzip() -> _Decode:
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress


def _deflate() -> _Decode:
    made: list[Any] = []

    def decode(data: bytes) -> bytes:
        if not made and data:
            wrapped = data[0] & 0x0F == 8  # with the header of zlib, or without, as some servers send it
            made.append(zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS))
        return made[0].decompress(data) if made else b""

    return decode


def _brotli() -> _Decode:
    try:
        return import_module("brotli").Decompressor().process  # type: ignore[no-any-return]
    except ImportError:
        return import_module("brotlicffi").Decompressor().process  # type: ignore[no-any-return]


def _zstandard() -> _Decode:
    return import_module("zstandard").ZstdDecompressor().decompressobj().decompress  # type: ignore[no-any-return]


_DECODERS: dict[str, Callable[[], _Decode]] = {
    "identity": lambda: lambda data: data,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstandard,
}
