"""Messages and their parts: how they are made, and that they go through JSON unchanged."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel, ValidationError

from mirascope_like.core.base.errors import PromptError
from mirascope_like.core.base.messages import (
    AudioPart,
    AudioURLPart,
    BaseMessageParam,
    CacheControlPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

EVERY_PART = [
    TextPart(text="hi"),
    ImagePart(media_type="image/png", image=PNG, detail="low"),
    ImageURLPart(url="https://example.com/a.png", detail="high"),
    AudioPart(media_type="audio/wav", audio=b"\xff\xfe\xfb\x00"),
    AudioURLPart(url="https://example.com/a.wav"),
    DocumentPart(media_type="application/pdf", document=b"%PDF-1.7\xff"),
    DocumentURLPart(url="https://example.com/a.pdf"),
    CacheControlPart(),
    ToolCallPart(name="look", args={"at": {"x": [1, None]}}, id="call_1"),
    ToolResultPart(name="look", content="nothing", id="call_1", is_error=True),
]


def test_parts_know_their_types() -> None:
    assert [part.type for part in EVERY_PART] == [
        "text",
        "image",
        "image_url",
        "audio",
        "audio_url",
        "document",
        "document_url",
        "cache_control",
        "tool_call",
        "tool_result",
    ]


def test_parts_take_their_type_as_an_argument() -> None:
    assert TextPart(type="text", text="hi") == TextPart(text="hi")
    assert CacheControlPart(type="cache_control", cache_type="ephemeral") == CacheControlPart()


def test_defaults_of_parts() -> None:
    assert ImagePart(media_type="image/png", image=b"").detail is None
    assert ImageURLPart(url="u").detail is None
    assert ToolCallPart(name="look").model_dump() == {
        "type": "tool_call",
        "name": "look",
        "args": None,
        "id": None,
    }
    assert ToolResultPart(content="x").model_dump() == {
        "type": "tool_result",
        "name": "",
        "content": "x",
        "id": None,
        "is_error": False,
    }


def test_a_message_of_every_part_goes_through_json() -> None:
    message = BaseMessageParam(role="user", content=EVERY_PART)
    assert BaseMessageParam.model_validate_json(message.model_dump_json()) == message
    assert BaseMessageParam.model_validate(message.model_dump()) == message


def test_bytes_are_base64_in_json_also_inside_other_models() -> None:
    class Log(BaseModel):
        message: BaseMessageParam

    part = AudioPart(media_type="audio/wav", audio=b"RIFF")
    log = Log(message=BaseMessageParam(role="user", content=[part]))
    assert json.loads(log.model_dump_json())["message"]["content"][0]["audio"] == "UklGRg=="
    assert Log.model_validate_json(log.model_dump_json()) == log


def test_repr_leaves_media_out() -> None:
    assert repr(ImagePart(media_type="image/png", image=PNG)) == (
        "ImagePart(type='image', media_type='image/png', detail=None)"
    )


@pytest.mark.parametrize("role", ["User", "bot", "", "messages"])
def test_an_unknown_role_is_an_error(role: str) -> None:
    with pytest.raises(ValidationError, match="'system', 'developer', 'user', 'assistant' or 'tool'"):
        BaseMessageParam.model_validate({"role": role, "content": "hi"})


def test_a_misspelt_field_is_an_error() -> None:
    with pytest.raises(ValidationError, match="detial"):
        ImageURLPart.model_validate({"url": "u", "detial": "low"})
    with pytest.raises(ValidationError, match="contents"):
        BaseMessageParam.model_validate({"role": "user", "content": "", "contents": ""})


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(ValidationError, match="'video'"):
        BaseMessageParam.model_validate({"role": "user", "content": [{"type": "video"}]})


def test_one_str_stays_the_content() -> None:
    assert Messages.System("a") == BaseMessageParam(role="system", content="a")
    assert Messages.User("") == BaseMessageParam(role="user", content="")
    assert Messages.Assistant("a") == BaseMessageParam(role="assistant", content="a")
    assert Messages.User(content="a") == BaseMessageParam(role="user", content="a")


def test_several_become_parts_and_adjacent_strings_stay_apart() -> None:
    expected = [TextPart(text="a"), TextPart(text="b")]
    assert Messages.User("a", "b").content == expected
    assert Messages.User(["a", "b"]).content == expected
    assert Messages.User(("a",), ["b"]).content == expected
    assert Messages.User(["a"]).content == [TextPart(text="a")]


def test_parts_and_media_mix() -> None:
    assert Messages.User(["look", PNG, CacheControlPart()]).content == [
        TextPart(text="look"),
        ImagePart(media_type="image/png", image=PNG),
        CacheControlPart(),
    ]


def test_a_str_is_never_read() -> None:
    assert Messages.User("/etc/passwd").content == "/etc/passwd"
    assert Messages.User(["https://example.com/a.png"]).content == [TextPart(text="https://example.com/a.png")]


def test_tool_results_answer_in_one_message() -> None:
    result = ToolResultPart(name="look", content="42", id="call_1")
    assert Messages.Tool(result) == BaseMessageParam(role="tool", content=[result])


@pytest.mark.parametrize("content", [(), ([],), (None,), (3,), ([{"type": "text", "text": "a"}],)])
def test_what_cannot_be_sent_is_an_error(content: tuple[object, ...]) -> None:
    with pytest.raises(PromptError):
        Messages.User(*content)  # type: ignore[arg-type]  # what is wrong is the point


def test_the_type_alias_can_be_looked_at() -> None:
    def prompt() -> Messages.Type:
        return [Messages.User("a"), {"role": "user", "content": "a provider's own"}]

    assert isinstance(prompt(), list)
