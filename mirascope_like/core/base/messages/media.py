"""Converts values to message parts: bytes, images and recordings in memory; in templates also paths and URLs.

The type of a file is recognised from its first bytes. URLs are sent to the provider, which downloads them: this module
never opens a connection. Objects of PIL and pydub are recognised without importing these packages.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import BytesIO
from os import PathLike, fsdecode
from pathlib import Path
from reprlib import Repr
from typing import IO, TYPE_CHECKING, Any, ForwardRef, Literal, NamedTuple, Protocol, TypeAlias, cast
from urllib.parse import unquote_to_bytes

from ..errors import PromptError
from ..runtime import LazyModule
from .open_files import SupportsRead, is_open_file, read_open_file
from .parts import (
    AnyPart,
    AudioPart,
    AudioURLPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    MediaPart,
    TextPart,
)

if TYPE_CHECKING:
    from wave import Wave_read
else:
    wave = LazyModule("wave")
    Wave_read = ForwardRef("wave.Wave_read", module=__name__)  # imports `wave` only when a type hint is evaluated

Kind: TypeAlias = Literal["image", "audio", "document"]
"""The kinds of media that a message can hold."""


class SupportsImage(Protocol):
    """An image in memory, such as PIL's `Image`."""

    @property
    def format(self) -> str | None:
        """The format of the file that the image was read from, such as "JPEG"."""
        ...

    @property
    def mode(self) -> str:
        """The pixel format, such as "RGB"."""
        ...

    def convert(self, mode: str) -> SupportsImage:
        """Return a copy of the image in another pixel format."""
        ...

    def save(self, fp: IO[bytes], format: str | None = None, **params: Any) -> None:
        """Write the image to a file."""


class SupportsAudio(Protocol):
    """A recording in memory, such as pydub's `AudioSegment`."""

    def export(self, out_f: Any = None, format: str = "mp3") -> Any:
        """Write the recording to a file."""


Media: TypeAlias = bytes | bytearray | memoryview | SupportsImage | SupportsAudio | Wave_read | SupportsRead
"""A value in memory that can be converted to an image, audio or document part."""

Content: TypeAlias = str | AnyPart | Media | Sequence[str | AnyPart | Media]
"""A value that can become the content of a message: text, a part, media in memory, or a list of these."""


class _File(NamedTuple):
    """The content of a media file: its media type and its bytes."""

    media_type: str
    data: bytes

    @property
    def kind(self) -> Kind:
        family = self.media_type.partition("/")[0]
        return "image" if family == "image" else "audio" if family == "audio" else "document"


# The first bytes of each file format; `.` is any byte.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), media_type)
    for pattern, media_type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WEBP", "image/webp"),
        (rb"....ftyphe(?:i[cxms]|v[cxms])", "image/heic"),
        (rb"....ftypm(?:if|sf)1", "image/heif"),
        (rb"....ftypavi[fs]", "image/avif"),
        (rb"BM....\0\0\0\0", "image/bmp"),
        (rb"RIFF....WAVE", "audio/wav"),
        (rb"FORM....AIF[FC]", "audio/aiff"),
        (rb"fLaC", "audio/flac"),
        (rb"OggS", "audio/ogg"),
        (rb"....ftypM4[AB] ", "audio/mp4"),
        (rb"ID3", "audio/mp3"),  # the name that providers accept; IANA's is audio/mpeg
        (rb"\xff[\xf2\xf3\xfa\xfb\xe2\xe3]", "audio/mp3"),  # a frame: MPEG 1, 2 or 2.5, layer III
        (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", "audio/aac"),  # a frame without a layer, or an ADIF header
        (rb"%PDF-", "application/pdf"),
    )
)


def sniff(data: bytes) -> str | None:
    """Return the media type of a file, such as "image/png", recognised from its first bytes; None if the format is
    unknown.
    """
    head = data[:16]
    return next((media_type for pattern, media_type in _SIGNATURES if pattern.match(head)), None)


def part_of(value: object) -> AnyPart:
    """Return the message part for a value in memory.

    A part is returned unchanged. A str becomes a text part; it is never treated as a path or URL. Bytes, an open binary
    file, an image or a recording becomes a media part; the media type is recognised from the first bytes.

    Raises `PromptError` for a path, for bytes of an unknown format and for any other value.
    """
    if isinstance(value, AnyPart):
        return value
    if isinstance(value, str):
        return TextPart(text=value)
    if isinstance(value, PathLike):
        path = shown(fsdecode(cast("PathLike[str]", value)))
        raise PromptError(f"{path} is a path: use it in a template as {{name:image}}, or pass the bytes of the file")
    return _part(_in_memory(value))


def content_of(values: Iterable[object]) -> str | list[AnyPart]:
    """Return the content of a message made from `values`: a single str is returned unchanged, other values become a
    list of parts.

    Nested lists are flattened. Raises `PromptError` for a value that cannot be sent, and if there are no values.
    """
    flat = list(values)
    if len(flat) == 1 and isinstance(flat[0], str):
        return flat[0]
    parts = [part_of(value) for value in _flattened(flat)]
    if not parts:
        raise PromptError("a message needs content: text, or parts")
    return parts


def media_part(kind: Kind, source: object, *, detail: str | None = None) -> MediaPart:
    """Return the image, audio or document part for a value in a template.

    `source` is a value in memory, a part, a `data:` URL (decoded here), an `http(s)://` or `gs://` URL (the provider
    downloads it), or the path of a file (read here). Raises `PromptError` for any other value, for a file that cannot
    be read, and if the value is another kind of media than `kind`.
    """
    if isinstance(source, str) and (scheme := re.match(r"(?i)(data):|([a-z][a-z0-9+.-]+)://", source)):
        if scheme[1]:
            return _part(_decoded(source), kind, detail)
        if scheme[2].lower() not in ("http", "https", "gs"):
            raise PromptError(f"{shown(source)}: unknown URL scheme {scheme[2]}://; use http(s)://, gs:// or a path")
        return _by_url(kind, source, detail)
    if isinstance(source, str | PathLike):
        return _part(_read(Path(fsdecode(cast("str | PathLike[str]", source))), kind), kind, detail)
    if isinstance(source, AnyPart):
        return _same_kind(source, kind, detail)
    return _part(_in_memory(source, kind), kind, detail)


def linked_part(kind: Kind, url: str, *, detail: str | None = None) -> MediaPart:
    """Return the part for a URL in a message of a provider. A valid `data:` URL is decoded; any other URL is kept as a
    URL.

    The URL is never treated as a path.
    """
    if url[:5].lower() == "data:":
        with suppress(PromptError):
            return _part(_decoded(url), detail=detail)
    return _by_url(kind, url, detail)


def document_text(part: DocumentPart) -> str:
    """Return the text of a text document. Raises `PromptError` if its bytes are not UTF-8."""
    try:
        return part.document.decode()
    except UnicodeDecodeError as error:
        raise PromptError(
            f"a document of type {part.media_type} must be UTF-8 text: {error.reason} at byte {error.start}"
        ) from error


def shown(value: object) -> str:
    """Return a shortened `repr` of a value, for error messages."""
    return _SHORT.repr(value)


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def _flattened(values: Iterable[object]) -> Iterable[object]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flattened(cast("Iterable[object]", value))
        else:
            yield value


def _part(file: _File, kind: Kind | None = None, detail: str | None = None) -> MediaPart:
    if kind is not None and file.kind != kind:
        raise PromptError(f"expected {kind}, but the data is {file.media_type}")
    if file.kind == "image":
        return ImagePart(media_type=file.media_type, image=file.data, detail=detail)
    if file.kind == "audio":
        return AudioPart(media_type=file.media_type, audio=file.data)
    return DocumentPart(media_type=file.media_type, document=file.data)


def _by_url(kind: Kind, url: str, detail: str | None) -> MediaPart:
    if kind == "image":
        return ImageURLPart(url=url, detail=detail)
    return AudioURLPart(url=url) if kind == "audio" else DocumentURLPart(url=url)


def _same_kind(part: AnyPart, kind: Kind, detail: str | None) -> MediaPart:
    if part.type not in (kind, f"{kind}_url"):
        raise PromptError(f"expected {kind}, but the value is a part of type {part.type!r}")
    media = cast("MediaPart", part)
    return media if detail is None else media.model_copy(update={"detail": detail})


def _in_memory(value: object, kind: Kind | None = None) -> _File:
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(cast("bytes | bytearray | memoryview", value))
        media_type = sniff(data)
        if media_type is None:
            raise PromptError(
                f"unknown file format: the {len(data)} bytes do not begin like any supported image, audio or PDF file"
            )
        return _File(media_type, data)
    if _is(value, "PIL.Image", "Image"):
        return _image_file(cast("SupportsImage", value))
    if _is(value, "pydub", "AudioSegment"):
        buffer = BytesIO()
        cast("SupportsAudio", value).export(buffer, format="wav")
        return _File("audio/wav", buffer.getvalue())
    if _is(value, "wave", "Wave_read"):
        return _File("audio/wav", _wave_file(cast("Wave_read", value)))
    if is_open_file(value):
        return _open_file(value, kind)
    raise PromptError(
        f"{shown(value)} is a {type(value).__name__}: pass text, a part, or media such as bytes or an open binary file"
    )


def _open_file(file: object, kind: Kind | None) -> _File:
    data, name = read_open_file(file)
    media_type = sniff(data) or (_document_type(Path(name), data) if kind == "document" else None)
    if media_type is None:
        raise PromptError(
            f"unknown file format: the {len(data)} bytes of the open file do not begin like a supported "
            f"{kind or 'image, audio or PDF'} file"
        )
    return _File(media_type, data)


def _is(value: object, module: str, name: str) -> bool:
    """Return True if `value` is an instance of the class `name` in `module`. The module is not imported for this."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _image_file(image: SupportsImage) -> _File:
    buffer = BytesIO()
    if image.format == "JPEG":  # a photograph saved as PNG would be many times larger
        image.save(buffer, format="JPEG", quality="keep")
        return _File("image/jpeg", buffer.getvalue())
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):  # the pixel formats of PNG
        image = image.convert("I;16" if image.mode == "I" else "RGB")
    image.save(buffer, format="PNG")
    return _File("image/png", buffer.getvalue())


def _wave_file(recording: Wave_read) -> bytes:
    import wave

    position = recording.tell()
    recording.rewind()
    buffer = BytesIO()
    with wave.open(buffer, "wb") as copy:
        copy.setparams(recording.getparams())
        copy.writeframes(recording.readframes(recording.getnframes()))
    recording.setpos(position)
    return buffer.getvalue()


def _read(path: Path, kind: Kind) -> _File:
    if not path.is_file():  # reading a device or a pipe could block forever
        raise PromptError(f"{shown(str(path))} is not a file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PromptError(f"{shown(str(path))} cannot be read: {error.strerror}") from error
    media_type = sniff(data) or (_document_type(path, data) if kind == "document" else None)
    if media_type is None:
        raise PromptError(
            f"unknown file format: the content of {shown(str(path))} does not begin like a supported {kind} file"
        )
    return _File(media_type, data)


def _document_type(path: Path, data: bytes) -> str | None:
    """Return the media type of a document that has no known first bytes: by its file name, else "text/plain" if it
    is UTF-8.
    """
    named = mimetypes.guess_type(path.name)[0]
    if named is not None:
        return named
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "text/plain"


def _decoded(url: str) -> _File:
    """Return the media type and the bytes in a `data:` URL (RFC 2397)."""
    head, comma, body = url[len("data:") :].partition(",")
    declared, *options = head.split(";")
    data = unquote_to_bytes(body)
    if not comma:
        raise PromptError(f"{shown(url)} is an incomplete data: URL: the comma before the data is missing")
    if "base64" in (option.strip().lower() for option in options):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise PromptError(f"{shown(url)} does not contain valid base64: {error}") from error
    return _File(sniff(data) or declared.strip().lower() or "text/plain", data)
