"""Requests that are sent without the SDK: with the URL, headers and keys of the SDK's client."""

from __future__ import annotations

from .answering import Direct

__all__ = ["Direct"]
