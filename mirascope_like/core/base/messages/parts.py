"""The parts of a message: text, media, tool calls and tool results.

Every part can be dumped to JSON (with bytes as base64) and read back unchanged. Knows no provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from ..errors import PromptError


class _Part(BaseModel):
    """Base class of parts. Bytes become base64 in JSON, and unknown fields raise an error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        defer_build=True, ser_json_bytes="base64", val_json_bytes="base64", extra="forbid"
    )


class TextPart(_Part):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(_Part):
    """An image as bytes."""

    type: Literal["image"] = "image"
    media_type: str
    """The media type, such as "image/png"."""
    image: bytes = Field(repr=False)
    detail: str | None = None
    """The resolution in which the model sees the image ("low", "high", ...), for providers with this option."""


class ImageURLPart(_Part):
    """The URL of an image, which the provider downloads."""

    type: Literal["image_url"] = "image_url"
    url: str
    detail: str | None = None
    """The resolution in which the model sees the image ("low", "high", ...), for providers with this option."""


class AudioPart(_Part):
    """A recording as bytes."""

    type: Literal["audio"] = "audio"
    media_type: str
    """The media type, such as "audio/wav"."""
    audio: bytes = Field(repr=False)


class AudioURLPart(_Part):
    """The URL of a recording, which the provider downloads."""

    type: Literal["audio_url"] = "audio_url"
    url: str


class DocumentPart(_Part):
    """A document as bytes."""

    type: Literal["document"] = "document"
    media_type: str
    """The media type, such as "application/pdf"."""
    document: bytes = Field(repr=False)


class DocumentURLPart(_Part):
    """The URL of a document, which the provider downloads."""

    type: Literal["document_url"] = "document_url"
    url: str


class CacheControlPart(_Part):
    """Marks a position in a prompt: the provider may cache everything before it. Providers without such marks do not
    receive it.
    """

    type: Literal["cache_control"] = "cache_control"
    cache_type: Literal["ephemeral"] = "ephemeral"
    ttl: Literal["5m", "1h"] | None = None
    """How long the provider keeps the cached prompt ("5m" or "1h"). Sent to Anthropic, Bedrock and OpenRouter only."""

    @property
    def directive(self) -> dict[str, str]:
        """The value of `cache_control` in requests to Anthropic and OpenRouter."""
        return {"type": self.cache_type, **({"ttl": self.ttl} if self.ttl is not None else {})}

    @classmethod
    def of_ttl(cls, ttl: object) -> CacheControlPart:
        """Return a cache mark with the `ttl` of a provider's own mark. A value other than "5m" and "1h" becomes
        None.
        """
        return cls(ttl="1h" if ttl == "1h" else "5m" if ttl == "5m" else None)


class ToolCallPart(_Part):
    """A tool call in a message of the model."""

    type: Literal["tool_call"] = "tool_call"
    name: str
    args: dict[str, Any] | None = None
    id: str | None = None
    """The provider's id of the tool call. The tool result has the same id."""


MediaPart: TypeAlias = ImagePart | ImageURLPart | AudioPart | AudioURLPart | DocumentPart | DocumentURLPart
"""A part that is an image, a recording or a document."""

ResultContent: TypeAlias = Annotated[TextPart | MediaPart, Field(discriminator="type")]
"""A part that a tool result may contain: text or media."""


class ToolResultPart(_Part):
    """The result of a tool call."""

    type: Literal["tool_result"] = "tool_result"
    name: str = ""
    content: str | list[ResultContent]
    """A text, or a list of text and media parts. Only some providers accept media in tool results."""
    id: str | None = None
    """The id of the tool call."""
    is_error: bool = False

    @property
    def text(self) -> str:
        """The text of the content, without media."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def media(self) -> list[MediaPart]:
        """The media parts of the content."""
        return [] if isinstance(self.content, str) else [one for one in self.content if not isinstance(one, TextPart)]

    def text_alone(self, provider: str) -> str:
        """Return the text, for a provider that accepts only text in tool results. Raises `PromptError` if the content
        has media.

        `provider` is the name of the provider for the error message.
        """
        if self.media:
            kind = self.media[0].type.partition("_")[0]
            raise PromptError(
                f"the tool {self.name!r} returned {kind} parts, and {provider} accepts only text from tools: return "
                "text, or send the media in a message of the user"
            )
        return self.text


def result_of(content: str | Sequence[object], *, id: str | None, is_error: bool = False) -> ToolResultPart:
    """Return a tool result with this content. Only text and media parts are kept; if there are no media, the content
    is the joined text.
    """
    if isinstance(content, str):
        return ToolResultPart(content=content, id=id, is_error=is_error)
    kept = [part for part in content if isinstance(part, TextPart | MediaPart)]
    found = ToolResultPart(content=kept, id=id, is_error=is_error)
    return found if found.media else found.model_copy(update={"content": found.text})


AnyPart: TypeAlias = TextPart | MediaPart | CacheControlPart | ToolCallPart | ToolResultPart
"""All part classes, for use in `isinstance`."""

Part: TypeAlias = Annotated[AnyPart, Field(discriminator="type")]
"""All part classes, for use in annotations: pydantic chooses the class by the field `type`."""
