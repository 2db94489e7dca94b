"""Batches of providers: requests that are answered within a day, at half the price."""

from __future__ import annotations

from .answering import Batched, WaitingItems
from .records import BatchRecords
from .storage import BedrockStorage

__all__ = ["BatchRecords", "Batched", "BedrockStorage", "WaitingItems"]
