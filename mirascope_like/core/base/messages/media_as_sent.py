"""Prepares media in messages for sending: corrects wrong media types of images, and decodes `data:` URLs."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

from .media import Kind, linked_part, sniff
from .message import BaseMessageParam
from .parts import AnyPart, AudioURLPart, DocumentURLPart, ImagePart, ImageURLPart

_LINKED: dict[type[Any], Kind] = {ImageURLPart: "image", AudioURLPart: "audio", DocumentURLPart: "document"}


def with_plain_media(messages: Sequence[Any]) -> Sequence[Any]:
    """Return the messages with corrected media: each image has the media type of its bytes, and each `data:` URL is
    decoded.

    Providers reject an image with a wrong media type, and most do not accept `data:` URLs as links. Messages in a
    provider's own format are not changed.
    """
    plain = [_plain(one) if isinstance(one, BaseMessageParam) else one for one in messages]
    return messages if all(map(is_, plain, messages)) else plain


def _plain(message: BaseMessageParam) -> BaseMessageParam:
    if isinstance(message.content, str):
        return message
    parts = [_part(part) for part in message.content]
    same = all(new is old for new, old in zip(parts, message.content, strict=True))
    return message if same else message.model_copy(update={"content": parts})


def _part(part: AnyPart) -> AnyPart:
    if isinstance(part, ImagePart):
        kind = sniff(part.image) or part.media_type
        differs = kind.startswith("image/") and kind != part.media_type.lower()
        return part.model_copy(update={"media_type": kind}) if differs else part
    if isinstance(part, ImageURLPart | AudioURLPart | DocumentURLPart) and part.url[:5].lower() == "data:":
        detail = part.detail if isinstance(part, ImageURLPart) else None
        found = linked_part(_LINKED[type(part)], part.url)
        return found.model_copy(update={"detail": detail}) if isinstance(found, ImagePart) else found
    return part
