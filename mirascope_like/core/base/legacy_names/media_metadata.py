"""Metadata of media, for the `CostMetadata` of Mirascope v1.

It changes no price here: providers count media in the tokens that they report.
"""

from __future__ import annotations

from pydantic import BaseModel


class AudioMetadata(BaseModel):
    """An audio file."""

    duration_seconds: float
    """The duration in seconds."""
    with_timestamps: bool | None = False
    """True if the price of timestamps is included."""
    tokens: int | None = None
    """The number of tokens; None if it is not known."""


class GoogleMetadata(BaseModel):
    """What changes the price of Google's models."""

    use_vertex_ai: bool | None = False
    """True for Vertex AI, False for the Gemini API."""
    grounding_requests: int | None = None
    """The number of requests to Google Search."""


class PDFImageMetadata(BaseModel):
    """An image on a page of a PDF."""

    width: int
    """The width in pixels."""
    height: int
    """The height in pixels."""
    tokens: int | None = None
    """The number of tokens; None if it is not known."""


class ImageMetadata(PDFImageMetadata):
    """An image."""

    detail: str | None = None
    """The level of detail at which the model reads the image, such as "low"."""


class PDFMetadata(BaseModel):
    """A PDF document."""

    page_count: int | None = None
    """The number of pages."""
    text_tokens: int | None = None
    """The number of tokens of the text."""
    images: list[PDFImageMetadata] | None = None
    """The images in the document."""
    cached: bool | None = None
    """True if the document was read from the provider's cache."""


class VideoMetadata(BaseModel):
    """A video file."""

    duration_seconds: float
    """The duration in seconds."""
    with_audio: bool | None = False
    """True if the video has sound."""
    tokens: int | None = None
    """The number of tokens; None if it is not known."""


__all__ = [
    "AudioMetadata",
    "GoogleMetadata",
    "ImageMetadata",
    "PDFImageMetadata",
    "PDFMetadata",
    "VideoMetadata",
]
