"""Writes and reads the rows of a recording: JSON lines, a row for each request, response, piece of a body, and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from errno import ENOENT
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import RecordingFormatError
from ..wires import frame, unframed
from .exchange import End, Piece, RecordedExchange, RecordedRequest, RecordedResponse, parsed
from .spelling import shown, shown_json, spelled, spelled_json, unspelled, unspelled_json

VERSION = 1
LONGEST_ROW = 2**26
"""How many bytes a row of a file has at most."""
_DIGITS = 4
"""Decimal places of a time in seconds."""

_Number = Annotated[int, Field(ge=1)]
_Time = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_Header = Annotated[str, Field(pattern=r"^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=200)]
_Value = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$", max_length=100_000)]
_Headers = dict[_Header, _Value]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Bytes(_Row):
    text: str | None = None
    head: str | None = None
    tail: str | None = None
    base64: str | None = None

    def data(self) -> bytes:
        """Return the bytes; none if the row has none."""
        found = {
            name: value for name in ("text", "head", "tail", "base64") if (value := getattr(self, name)) is not None
        }
        return unspelled({"text": "", **found}) if found else b""


class _FirstRow(_Row):
    recording: Literal[1]


class _RequestRow(_Bytes):
    request: _Number
    method: Annotated[str, Field(pattern=r"^[A-Z]{1,20}$")]
    url: Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=100_000)]
    headers: _Headers
    value: Any = Field(default=None, alias="json")


class _ResponseRow(_Row):
    response: _Number
    time: _Time
    status: Annotated[int, Field(ge=100, le=999)]
    headers: _Headers


class _Frame(_Bytes):
    headers: _Headers


class _PieceRow(_Bytes):
    piece: _Number
    time: _Time
    frames: list[_Frame] = []

    def data(self) -> bytes:
        """Return the bytes of the piece."""
        return b"".join(frame(one.headers, one.data()) for one in self.frames) or super().data()


class _BodyRow(_Row):
    body: _Number
    value: Any = Field(alias="json")
    style: str
    tail: str = ""
    pieces: list[Annotated[tuple[_Time, _Number], Field(strict=False)]]


class _EndRow(_Row):
    end: _Number
    time: _Time
    how: Annotated[End, Field(strict=False)]


_ROWS: dict[str, type[_Row]] = {
    "recording": _FirstRow,
    "request": _RequestRow,
    "response": _ResponseRow,
    "piece": _PieceRow,
    "body": _BodyRow,
    "end": _EndRow,
}


def written(exchanges: list[RecordedExchange]) -> str:
    """Return the text of a recording."""
    rows: list[dict[str, Any]] = [{"recording": VERSION}]
    for number, exchange in enumerate(exchanges, 1):
        rows += _rows(number, exchange)
    return "".join(f"{shown_json(row)}\n" for row in rows)


def _rows(number: int, exchange: RecordedExchange) -> Iterator[dict[str, Any]]:
    request, response = exchange.request, exchange.response
    first: dict[str, Any] = {"request": number, "method": request.method, "url": request.url}
    yield {**first, "headers": dict(request.headers), **_request_body(request.content)}
    if response.status is not None:
        head = {"response": number, "time": _rounded(response.time), "status": response.status}
        yield {**head, "headers": dict(response.headers)}
        yield from _body(number, response.pieces)
    yield {"end": number, "time": _rounded(response.end_time), "how": response.end.value}


def _request_body(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    try:
        shown_json(value := parsed(content))
        return {"json": value}
    except (ValueError, RecursionError):
        return spelled(content)


def _body(number: int, pieces: tuple[Piece, ...]) -> Iterator[dict[str, Any]]:
    if pieces and (found := spelled_json(b"".join(piece.data for piece in pieces))) is not None:
        yield {"body": number, **found, "pieces": [[_rounded(piece.time), len(piece.data)] for piece in pieces]}
        return
    for piece in pieces:
        yield {"piece": number, "time": _rounded(piece.time), **_piece(piece.data)}


def _piece(data: bytes) -> dict[str, Any]:
    spelling = spelled(data)
    if "base64" in spelling and (frames := unframed(data)) is not None:
        return {"frames": [{"headers": headers, **spelled(payload)} for headers, payload in frames]}
    return spelling


def _rounded(seconds: float) -> float:
    return round(max(seconds, 0.0), _DIGITS)


def read(path: Path) -> list[RecordedExchange]:
    """Return the exchanges of a recording.

    Raises `RecordingFormatError` if the file is not a recording, names the row and says what is wrong with it.
    """
    return _Reading(path).exchanges()


_RowT = TypeVar("_RowT", bound=_Row)


class _Reading:
    """Reads one file, row by row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0

    def exchanges(self) -> list[RecordedExchange]:
        if not self._path.exists():
            raise FileNotFoundError(ENOENT, "there is no recording yet, make it with record(path)", str(self._path))
        with self._path.open("rb") as file:
            rows = (self._row(line) for line in iter(lambda: file.readline(LONGEST_ROW + 1), b""))
            self._expect(next(rows, None), _FirstRow)
            return [self._exchange(self._expect(row, _RequestRow), rows) for row in rows]

    def _exchange(self, request: _RequestRow, rows: Iterator[_Row]) -> RecordedExchange:
        number = request.request
        sent = RecordedRequest(request.method, request.url, request.headers, self._content(request))
        row, response, pieces = next(rows, None), None, list[Piece]()
        if isinstance(row, _ResponseRow):
            response = self._of(row, row.response, number)
            row = next(rows, None)
            while isinstance(row, _PieceRow | _BodyRow):
                pieces += self._pieces(row, number)
                row = next(rows, None)
        end = self._expect(row, _EndRow)
        self._of(end, end.end, number)
        made = RecordedResponse(
            response.time if response is not None else end.time,
            response.status if response is not None else None,
            {name.lower(): value for name, value in response.headers.items()} if response is not None else {},
            tuple(pieces),
            end.how,
            end.time,
        )
        if response is None and end.how in (End.COMPLETE, End.CUT):
            raise self._wrong(f"a response that ended as {end.how.value!r} has no status")
        return RecordedExchange(sent, made)

    def _content(self, row: _RequestRow) -> bytes:
        if "value" in row.model_fields_set:
            try:
                return shown_json(row.value).encode()
            except RecursionError as error:
                raise self._wrong("nested too deeply") from error
        return self._data(row)

    def _pieces(self, row: _PieceRow | _BodyRow, number: int) -> list[Piece]:
        if isinstance(row, _PieceRow):
            self._of(row, row.piece, number)
            return [Piece(row.time, self._data(row))]
        self._of(row, row.body, number)
        try:
            data = unspelled_json(row.value, row.style, row.tail)
        except (ValueError, RecursionError) as error:
            raise self._wrong(str(error)) from error
        found: list[Piece] = []
        for time, count in row.pieces:
            found.append(Piece(time, data[:count]))
            data = data[count:]
        if found and data:  # somebody has edited the JSON
            found[-1] = Piece(found[-1].time, found[-1].data + data)
        return [piece for piece in found if piece.data]

    def _data(self, row: _Bytes) -> bytes:
        try:
            return row.data()
        except ValueError as error:
            raise self._wrong(f"invalid base64: {error}") from error

    def _row(self, line: bytes) -> _Row:
        self._line += 1
        if len(line) > LONGEST_ROW:
            raise self._wrong(f"longer than {LONGEST_ROW // 2**20} MiB")
        try:
            value = parsed(line)
        except ValueError as error:
            raise self._wrong(f"not JSON ({error})") from error
        kind = next((_ROWS[name] for name in _ROWS if name in value), None) if isinstance(value, dict) else None
        if kind is None:
            raise self._wrong("not a row of a recording")
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise self._wrong(f"{where}: {first['msg']}") from error

    def _expect(self, row: _Row | None, kind: type[_RowT]) -> _RowT:
        if not isinstance(row, kind):
            wanted = next(name for name, one in _ROWS.items() if one is kind)
            self._line += row is None
            raise self._wrong(f"expected a row with {wanted!r}" + (", but the file ends" if row is None else ""))
        return row

    def _of(self, row: _RowT, number: int, expected: int) -> _RowT:
        if number != expected:
            raise self._wrong(f"belongs to request {number}, among the rows of request {expected}")
        return row

    def _wrong(self, what: str) -> RecordingFormatError:
        shortened = re.sub(r"\s+", " ", shown(what))[:300]
        return RecordingFormatError(f"{self._path}, line {self._line}: {shortened}")
