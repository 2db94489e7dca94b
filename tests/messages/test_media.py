"""What becomes of bytes, images, recordings, URLs and paths."""

from __future__ import annotations

import io
import sys
import tempfile
import types
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mirascope_like.core.anthropic import messages as anthropic_messages
from mirascope_like.core.base.errors import PromptError
from mirascope_like.core.base.messages import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    TextPart,
    linked_part,
    media_part,
    part_of,
    sniff,
)
from mirascope_like.core.cohere import messages as cohere_messages

PNG = b"\x89PNG\r\n\x1a\n rest"
WAV = b"RIFF\x24\0\0\0WAVEfmt rest"
PDF = b"%PDF-1.7 rest"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x0a\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftyphevc", "image/heic"),
        (b"\0\0\0\x18ftypmif1", "image/heif"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"BM\x1a\x0a\0\0\0\0\0\0\x1a\0", "image/bmp"),
        (b"RIFF\x0a\x0a\x0a\x0aWAVEfmt ", "audio/wav"),
        (b"ID3\x04\0", "audio/mp3"),
        (b"\xff\xfb\x90\x64", "audio/mp3"),
        (b"\xff\xf3\x40\xc4", "audio/mp3"),
        (b"fLaC\0\0", "audio/flac"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"FORM\0\0\0\0AIFF", "audio/aiff"),
        (b"FORM\0\0\0\0AIFC", "audio/aiff"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\xff\xf9\x50\x80", "audio/aac"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"%PDF-1.4", "application/pdf"),
        (b"", None),
        (b"hello", None),
        (b"RIFF", None),
        (b"BMW is a car", None),
        (b"\xff\xfeh\0i\0", None),  # text in UTF-16
        (b"\0\0\0\x18ftypisom", None),
    ],
)
def test_sniff(data: bytes, media_type: str | None) -> None:
    assert sniff(data) == media_type


def test_bytes_become_what_they_are() -> None:
    assert part_of(PNG) == ImagePart(media_type="image/png", image=PNG)
    assert part_of(bytearray(WAV)) == AudioPart(media_type="audio/wav", audio=WAV)
    assert part_of(memoryview(PDF)) == DocumentPart(media_type="application/pdf", document=PDF)


def test_unknown_bytes_are_an_error_that_does_not_show_them() -> None:
    with pytest.raises(PromptError, match=r"the 12 bytes do not begin like any supported") as caught:
        part_of(b"sk-my-secret")
    assert "secret" not in str(caught.value)


def test_a_path_is_text_for_the_template_to_read() -> None:
    with pytest.raises(PromptError, match="use it in a template"):
        part_of(Path("a.png"))


@pytest.mark.parametrize("value", [3, None, object(), {"type": "text", "text": "a"}])
def test_anything_else_is_an_error(value: object) -> None:
    with pytest.raises(PromptError, match=type(value).__name__):
        part_of(value)


def _saved(image: Image.Image, file_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format=file_format)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I", "CMYK", "HSV", "YCbCr", "F"])
def test_a_pil_image_becomes_a_file(mode: str) -> None:
    image = Image.new("RGB", (3, 2), "red").convert(mode) if mode != "F" else Image.new("F", (3, 2))
    part = part_of(image)
    assert isinstance(part, ImagePart)
    assert part.media_type == "image/png"
    assert Image.open(BytesIO(part.image)).size == (3, 2)


def test_a_pil_image_keeps_its_pixels() -> None:
    part = part_of(Image.new("RGBA", (2, 1), (1, 2, 3, 4)))
    assert isinstance(part, ImagePart)
    assert Image.open(BytesIO(part.image)).getpixel((1, 0)) == (1, 2, 3, 4)


def test_a_photograph_stays_a_photograph() -> None:
    original = Image.open(BytesIO(_saved(Image.new("RGB", (8, 8), "red"), "JPEG")))
    part = part_of(original)
    assert isinstance(part, ImagePart)
    assert part.media_type == "image/jpeg"
    again = Image.open(BytesIO(part.image))
    assert (again.format, again.size) == ("JPEG", (8, 8))
    assert again.quantization == original.quantization  # type: ignore[attr-defined]  # JPEG's own


def _wave(frames: bytes) -> bytes:
    buffer = BytesIO()
    with wave.open(buffer, "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        recording.writeframes(frames)
    return buffer.getvalue()


def test_a_wave_reader_becomes_a_whole_file_and_stays_where_it_was() -> None:
    data = _wave(b"\x01\x02" * 100)
    with wave.open(BytesIO(data)) as recording:
        recording.readframes(30)
        assert part_of(recording) == AudioPart(media_type="audio/wav", audio=data)
        assert recording.tell() == 30


def test_a_pydub_segment_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    class AudioSegment:
        def export(self, out_f: Any, format: str) -> None:
            assert format == "wav"
            out_f.write(WAV)

    pydub = types.ModuleType("pydub")
    pydub.AudioSegment = AudioSegment  # type: ignore[attr-defined]  # a module stands in for pydub
    monkeypatch.setitem(sys.modules, "pydub", pydub)
    assert part_of(AudioSegment()) == AudioPart(media_type="audio/wav", audio=WAV)


def test_urls_are_passed_on() -> None:
    assert media_part("image", "https://a.b/c.png", detail="low") == ImageURLPart(url="https://a.b/c.png", detail="low")
    assert media_part("image", "gs://bucket/c.png") == ImageURLPart(url="gs://bucket/c.png")
    assert media_part("audio", "HTTP://a.b/c") == AudioURLPart(url="HTTP://a.b/c")
    assert media_part("document", "http://a.b/c") == DocumentURLPart(url="http://a.b/c")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.b/c.png", "s3://b/c.png"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(PromptError, match=f"unknown URL scheme {url.split(':')[0]}://"):
        media_part("image", url)


def test_data_urls_are_decoded() -> None:
    assert media_part("image", "data:image/png;base64,iVBORw0KGgo=") == ImagePart(
        media_type="image/png", image=b"\x89PNG\r\n\x1a\n"
    )
    assert media_part("image", "data:image/svg+xml,%3Csvg%2F%3E", detail="high") == ImagePart(
        media_type="image/svg+xml", image=b"<svg/>", detail="high"
    )
    assert media_part("document", "data:,a%20b") == DocumentPart(media_type="text/plain", document=b"a b")


def test_the_bytes_of_a_data_url_are_believed_before_its_label() -> None:
    part = media_part("image", "data:image/jpg;base64,iVBORw0KGgo=")
    assert isinstance(part, ImagePart)
    assert part.media_type == "image/png"


@pytest.mark.parametrize("url", ["data:image/png;base64,*", "data:image/png;base64", "data:image/png;base64,a"])
def test_broken_data_urls(url: str) -> None:
    with pytest.raises(PromptError, match="data:"):
        media_part("image", url)


def test_paths_are_read(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(PNG)
    expected = ImagePart(media_type="image/png", image=PNG, detail="low")
    assert media_part("image", picture, detail="low") == expected
    assert media_part("image", str(picture), detail="low") == expected


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.txt", b"hi", "text/plain"),
        ("a.csv", b"a,b", "text/csv"),
        ("noname", "é".encode(), "text/plain"),
    ],
)
def test_documents_go_by_signature_then_name_then_text(tmp_path: Path, name: str, data: bytes, media_type: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert media_part("document", path) == DocumentPart(media_type=media_type, document=data)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="is not a file"):
        media_part("image", str(tmp_path / "missing.png"))
    with pytest.raises(PromptError, match="is not a file"):
        media_part("image", tmp_path)
    with pytest.raises(PromptError, match="is not a file"):
        media_part("document", "/dev/zero")
    (tmp_path / "a.png").write_bytes(b"secret text")
    with pytest.raises(PromptError, match="does not begin like a supported image") as caught:
        media_part("image", tmp_path / "a.png")
    assert "secret" not in str(caught.value)
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    with pytest.raises(PromptError, match="does not begin like a supported document"):
        media_part("document", tmp_path / "binary")


def test_the_kind_must_fit() -> None:
    with pytest.raises(PromptError, match="expected image, but the data is audio/wav"):
        media_part("image", WAV)
    with pytest.raises(PromptError, match="expected audio, but the data is application/pdf"):
        media_part("audio", PDF)
    with pytest.raises(PromptError, match="expected document, but the value is a part of type 'text'"):
        media_part("document", TextPart(text="a"))


def test_what_a_message_names_is_never_read_as_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    path = str(tmp_path / "a.pdf")
    assert linked_part("document", path) == DocumentURLPart(url=path)
    assert linked_part("image", "s3://a/b.png", detail="low") == ImageURLPart(url="s3://a/b.png", detail="low")
    assert linked_part("audio", "https://a/b.mp3") == AudioURLPart(url="https://a/b.mp3")


def test_data_that_a_message_names() -> None:
    picture = ImagePart(media_type="image/png", image=PNG[:8])
    assert linked_part("image", "data:image/png;base64,iVBORw0KGgo=") == picture
    assert linked_part("document", "DATA:application/pdf;base64,iVBORw0KGgo=") == picture
    assert linked_part("image", "data:image/png;base64,i") == ImageURLPart(url="data:image/png;base64,i")


def test_parts_of_the_kind_stay_and_detail_is_added_to_a_copy() -> None:
    part = ImageURLPart(url="u")
    assert media_part("image", part) is part
    assert media_part("image", part, detail="low") == ImageURLPart(url="u", detail="low")
    assert part.detail is None


def test_a_document_that_is_not_in_utf_8() -> None:
    part = media_part("document", DocumentPart(media_type="text/csv", document="café".encode("latin-1")))
    for encode in (anthropic_messages.encode_messages, cohere_messages.encode_messages):
        with pytest.raises(PromptError, match=r"a document of type text/csv must be UTF-8 text: .* at byte 3"):
            encode([BaseMessageParam(role="user", content=[part])])


class Reading:
    """A file that is read asynchronously, as uploads of Starlette are."""

    async def read(self, size: int = -1) -> bytes:
        return PNG


def test_open_files_and_buffers(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    written = io.BytesIO()
    written.write(PNG)  # where `image.save(buffer, "PNG")` leaves it: at its end
    with (tmp_path / "a.png").open("rb") as file, tempfile.TemporaryFile() as other:
        other.write(PNG)
        for one in (file, other, written, io.BufferedReader(io.BytesIO(PNG))):
            at = one.tell()
            image = ImagePart(media_type="image/png", image=PNG)
            assert part_of(one) == media_part("image", one) == image
            assert one.tell() == at
            assert Messages.User("see", one).content == [TextPart(text="see"), image]


def test_an_open_document_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b")
    with (tmp_path / "a.csv").open("rb") as file:
        assert media_part("document", file) == DocumentPart(media_type="text/csv", document=b"a,b")
        with pytest.raises(PromptError, match="3 bytes of the open file do not begin like a supported image"):
            media_part("image", file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with (tmp_path / "a.png").open(encoding="latin-1") as text, pytest.raises(PromptError, match="mode 'rb'"):
        part_of(text)
    with pytest.raises(PromptError, match="a StringIO is open as text: open the file with mode 'rb'"):
        part_of(io.StringIO("a"))
    closed = io.BytesIO(PNG)
    closed.close()
    with pytest.raises(PromptError, match="a BytesIO cannot be read: I/O operation on closed file"):
        part_of(closed)
    with pytest.raises(PromptError, match="a Reading can only be read with await: pass the bytes"):
        part_of(Reading())
