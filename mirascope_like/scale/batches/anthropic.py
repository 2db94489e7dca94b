"""Batches of Anthropic. Source: its guide and reference of the Message Batches API.

A batch has no metadata. The names of its requests contain our token, and can be read once it has ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any

from ...core.base.parsing import as_object, encode_json
from .service import (
    SLACK,
    BatchLimits,
    BatchStatus,
    NotYetKnownError,
    Outcome,
    ServiceBase,
    awaited,
    by_name,
    status_error,
)

_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status of each type of errors. Source: Anthropic's documentation of errors."""
_TOKEN = "_"
"""Stands between the name of a request and the token of its batch."""


class AnthropicBatches(ServiceBase):
    """Anthropic's batches of messages."""

    limits: BatchLimits = BatchLimits(100_000, 256_000_000)

    @property
    def asynchronous(self) -> bool:
        return iscoroutinefunction(self._batches.create)

    @property
    def _batches(self) -> Any:
        return self._client.messages.batches

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        return encode_json({"custom_id": name, "params": self.body(payload)})

    async def submit(self, token: str, uploaded: Any) -> str:
        requests = [json.loads(line) for line in uploaded]
        for one in requests:
            one["custom_id"] += f"{_TOKEN}{token}"
        made = await self.call(self.once().messages.batches.create, requests=requests)
        found: str = made.id
        return found

    async def find(self, token: str, since: float, count: int) -> str | None:
        unsure = False
        page = await self.call(self._batches.list, limit=100)
        while True:
            for batch in page.data:
                if batch.created_at.timestamp() < since - SLACK:
                    break
                if sum(batch.request_counts.to_dict().values()) != count:
                    continue
                if batch.processing_status != "ended":
                    unsure = True
                elif any(line["custom_id"].endswith(token) for line in (await self._lines(batch))[:1]):
                    found: str = batch.id
                    return found
            else:
                if page.has_next_page():
                    page = await self.call(page.get_next_page)
                    continue
            break
        if unsure:
            raise NotYetKnownError
        return None

    async def status(self, id: str) -> BatchStatus:
        batch = await self.call(self._batches.retrieve, id)
        counts, cancelled = batch.request_counts, batch.cancel_initiated_at is not None
        failed = counts.errored + counts.expired + counts.canceled
        ended = batch.processing_status == "ended"
        return BatchStatus(ended, cancelled=cancelled, succeeded=counts.succeeded, failed=failed, found=batch)

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        return by_name(self._outcome(line) for line in await self._lines(status.found))

    async def _lines(self, batch: Any) -> list[dict[str, Any]]:
        response = (await self.call(self._batches.results, batch.id)).http_response
        if self.asynchronous:
            content: bytes = await awaited(response.aread())
        else:
            content = await self.call(response.read)
        return [json.loads(line) for line in content.splitlines() if line.strip()]

    def _outcome(self, line: Mapping[str, Any]) -> tuple[str, Outcome]:
        name, result = line["custom_id"].partition(_TOKEN)[0], line["result"]
        match result["type"]:
            case "succeeded":
                return name, Outcome(encode_json(result["message"]))
            case "errored":
                kind = as_object(as_object(result["error"]).get("error")).get("type")
                status = _STATUSES.get(str(kind), 500)
                return name, Outcome(error=status_error(self._provider.sdk, self._client, status, result["error"]))
            case _:  # canceled, expired
                return name, Outcome()

    async def cancel(self, id: str) -> None:
        await self.call(self._batches.cancel, id)
