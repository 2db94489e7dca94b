"""Batches of OpenAI, Azure and Groq: a file of requests is uploaded, and files of results are downloaded.

Sources: OpenAI's and Azure's guides and references of the batch API, and Groq's.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import as_object, encode_json
from ...core.base.response import message_format
from .service import (
    NAME,
    SLACK,
    BatchLimits,
    BatchStatus,
    Outcome,
    ServiceBase,
    awaited,
    by_name,
    json_line,
    status_error,
)

_ENDED = frozenset({"completed", "expired", "cancelled", "failed"})
_QUEUED = "token_limit_exceeded"
"""The code of a batch that was refused because too many tokens are waiting."""
_WITHOUT_RESPONSE = frozenset({"batch_expired", "batch_cancelled"})
"""The codes of requests that were not answered."""


class FileBatches(ServiceBase):
    """The batches of an API like OpenAI's."""

    limits: BatchLimits = BatchLimits(50_000, 200_000_000)
    urls: Mapping[str, str] = {"": "/v1/chat/completions", "responses": "/v1/responses"}
    """The endpoint of each form of requests."""

    def __init__(self, provider: Any, client: Any, model: str) -> None:
        super().__init__(provider, client, model)
        form = message_format(provider.response_type).partition(".")[2]
        if form not in self.urls or not hasattr(client, "batches"):
            raise ConfigurationError(f"{provider.name} has no batches for such requests: use via='live'")
        self._url = self.urls[form]

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        return json_line({"custom_id": name, "method": "POST", "url": self._url, "body": self.body(payload)})

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        file = (_file_name(token), b"".join(lines))
        return (await self.call(self._client.files.create, file=file, purpose="batch")).id

    async def submit(self, token: str, uploaded: Any) -> str:
        made = await self.call(
            self.once().batches.create,
            input_file_id=uploaded,
            endpoint=self._url,
            completion_window="24h",
            metadata={NAME: token},
        )
        found: str = made.id
        return found

    async def find(self, token: str, since: float, count: int) -> str | None:
        async for batch in self._listed(self._client.batches.list, since):
            if as_object(batch.metadata).get(NAME) == token:
                found: str = batch.id
                return found
        return None

    async def _listed(self, method: Any, since: float) -> AsyncIterator[Any]:
        """Yield what was created since then, the newest first."""
        page = await self.call(method)
        while True:
            for one in page.data:
                if one.created_at < since - SLACK:
                    return
                yield one
            if not (hasattr(page, "has_next_page") and page.has_next_page()):
                return
            page = await self.call(page.get_next_page)

    async def status(self, id: str) -> BatchStatus:
        batch = await self.call(self._client.batches.retrieve, id)
        error, again = None, False
        if batch.status == "failed":
            errors = _errors(batch)
            again = any(one.code == _QUEUED for one in errors)
            if again or not any(one.line for one in errors):
                error = self._refusal(429 if again else 400, errors)
        counts = batch.request_counts
        succeeded, failed = (0, 0) if counts is None else (counts.completed or 0, counts.failed or 0)
        cancelled = batch.status == "cancelled"
        return BatchStatus(batch.status in _ENDED, error, cancelled, succeeded, failed, again, batch)

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        batch = status.found
        if batch.status == "failed":
            return self._refused(_errors(batch), [line["custom_id"] for line in await self._lines(batch.input_file_id)])
        found = list[tuple[str, Outcome]]()
        for id in (batch.output_file_id, batch.error_file_id):
            if id:
                found += map(self._outcome, await self._lines(id))
        return by_name(found)

    async def _lines(self, id: str) -> list[dict[str, Any]]:
        content = await self.call(self._client.files.content, id)
        return [json.loads(line) for line in (await awaited(content.read())).splitlines() if line.strip()]

    def _refused(self, errors: Sequence[Any], names: Sequence[str]) -> dict[str, Outcome]:
        """Return the outcomes of a batch that was refused because of some of its lines, which are counted from 1. The
        other requests are sent again.
        """
        bad = {names[one.line - 1]: one for one in errors if one.line and one.line <= len(names)}
        good = Outcome(error=self._refusal(400, errors), again=bool(bad))
        return {name: Outcome(error=self._refusal(400, [bad[name]])) if name in bad else good for name in names}

    def _refusal(self, status: int, errors: Sequence[Any]) -> Exception:
        text = "; ".join(str(one.message) for one in errors) or "the batch has failed"
        return self._error(status, {"error": {"message": text, "code": errors[0].code if errors else None}})

    def _outcome(self, line: Mapping[str, Any]) -> tuple[str, Outcome]:
        name, response, error = str(line["custom_id"]), as_object(line.get("response")), as_object(line.get("error"))
        status: int = response.get("status_code") or 0
        if 200 <= status < 300:
            return name, Outcome(encode_json(response["body"]))
        if error.get("code") in _WITHOUT_RESPONSE:
            return name, Outcome()
        return name, Outcome(error=self._error(status or 400, response.get("body") or {"error": error}))

    def _error(self, status: int, body: Any) -> Exception:
        return status_error(self._provider.sdk, self._client, status, body)

    async def cancel(self, id: str) -> None:
        await self.call(self._client.batches.cancel, id)


class OpenAIBatches(FileBatches):
    """OpenAI's batches, of chat completions and of the Responses API."""


class AzureBatches(FileBatches):
    """Azure's batches. The model of a call must be a deployment for batches."""

    limits: BatchLimits = BatchLimits(100_000, 200_000_000)
    urls: Mapping[str, str] = {"": "/chat/completions", "responses": "/v1/responses"}

    async def find(self, token: str, since: float, count: int) -> str | None:
        # Versions of the API before v1 do not keep metadata: the file has our name.
        if (found := await super().find(token, since, count)) is not None:
            return found
        named = _file_name(token)
        files = {one.id async for one in self._listed(self._client.files.list, since) if one.filename == named}
        async for batch in self._listed(self._client.batches.list, since):
            if batch.input_file_id in files:
                found = batch.id
        return found


class GroqBatches(FileBatches):
    """Groq's batches of chat completions."""

    limits: BatchLimits = BatchLimits(50_000, 100_000_000)
    urls: Mapping[str, str] = {"": "/v1/chat/completions"}


def _errors(batch: Any) -> list[Any]:
    """Return the errors for which a batch was refused."""
    return list((batch.errors.data if batch.errors is not None else None) or ())


def _file_name(token: str) -> str:
    return f"{NAME}-{token}.jsonl"
