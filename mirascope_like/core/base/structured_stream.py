"""Streams of answers of a type, under the module's name in Mirascope v1; they stand in `structured`."""

from __future__ import annotations

from .structured import AsyncStructuredStream, BaseStructuredStream, StructuredStream

__all__ = ["AsyncStructuredStream", "BaseStructuredStream", "StructuredStream"]
