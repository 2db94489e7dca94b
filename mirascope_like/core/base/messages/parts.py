"""What the content of a message is made of: text, media, tool calls and their results.

Data only: every part goes through JSON and back unchanged, bytes as base64. Knows no provider.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    """What all parts share: bytes are base64 in JSON, and a misspelt field is an error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        defer_build=True, ser_json_bytes="base64", val_json_bytes="base64", extra="forbid"
    )


class TextPart(_Part):
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(_Part):
    """An image, by its bytes."""

    type: Literal["image"] = "image"
    media_type: str
    """Such as "image/png"."""
    image: bytes = Field(repr=False)
    detail: str | None = None
    """How closely to look ("low", "high", ...), for the providers that ask."""


class ImageURLPart(_Part):
    """An image that the provider fetches itself."""

    type: Literal["image_url"] = "image_url"
    url: str
    detail: str | None = None
    """How closely to look ("low", "high", ...), for the providers that ask."""


class AudioPart(_Part):
    """A recording, by its bytes."""

    type: Literal["audio"] = "audio"
    media_type: str
    """Such as "audio/wav"."""
    audio: bytes = Field(repr=False)


class AudioURLPart(_Part):
    """A recording that the provider fetches itself."""

    type: Literal["audio_url"] = "audio_url"
    url: str


class DocumentPart(_Part):
    """A document, by its bytes."""

    type: Literal["document"] = "document"
    media_type: str
    """Such as "application/pdf"."""
    document: bytes = Field(repr=False)


class DocumentURLPart(_Part):
    """A document that the provider fetches itself."""

    type: Literal["document_url"] = "document_url"
    url: str


class CacheControlPart(_Part):
    """A mark: the provider may cache the prompt up to here. Left out where a provider takes no such mark."""

    type: Literal["cache_control"] = "cache_control"
    cache_type: Literal["ephemeral"] = "ephemeral"
    ttl: Literal["5m", "1h"] | None = None
    """How long to keep it, where the provider can be told: Anthropic, Bedrock, OpenRouter."""

    @property
    def directive(self) -> dict[str, str]:
        """The mark as Anthropic and OpenRouter take it, under `cache_control`."""
        return {"type": self.cache_type, **({"ttl": self.ttl} if self.ttl is not None else {})}

    @classmethod
    def of_ttl(cls, ttl: object) -> CacheControlPart:
        """Return the mark of a provider's message; a lifetime that has no common form is left out."""
        return cls(ttl="1h" if ttl == "1h" else "5m" if ttl == "5m" else None)


class ToolCallPart(_Part):
    """A model's wish to have a tool called."""

    type: Literal["tool_call"] = "tool_call"
    name: str
    args: dict[str, Any] | None = None
    id: str | None = None
    """The provider's id of the call, by which its result is matched."""


class ToolResultPart(_Part):
    """What a tool answered."""

    type: Literal["tool_result"] = "tool_result"
    name: str = ""
    content: str
    id: str | None = None
    """The id of the call that this answers."""
    is_error: bool = False


MediaPart: TypeAlias = ImagePart | ImageURLPart | AudioPart | AudioURLPart | DocumentPart | DocumentURLPart
"""A part that is shown or heard rather than read."""

AnyPart: TypeAlias = TextPart | MediaPart | CacheControlPart | ToolCallPart | ToolResultPart
"""Any part, for `isinstance`."""

Part: TypeAlias = Annotated[AnyPart, Field(discriminator="type")]
"""Any part, for annotations: pydantic tells the parts apart by their `type`."""
