"""Batches of Mistral. Source: its guide of batch inference, and the SDK's `batch.jobs`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from mistralai.client import errors

from ...core.base.parsing import as_object, encode_json
from .service import NAME, BatchLimits, BatchStatus, Outcome, ServiceBase, by_name, json_line

_URL = "/v1/chat/completions"
_ENDED = frozenset({"SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"})


class MistralBatches(ServiceBase):
    """Mistral's batches of chat completions. The SDK's client has sync methods, which run in threads."""

    limits: BatchLimits = BatchLimits(1_000_000, 512_000_000)
    not_in_body: frozenset[str] = frozenset({"timeout_ms", "retries", "server_url", "stream", "model"})
    refused: frozenset[str] = frozenset({"http_headers"})

    @property
    def asynchronous(self) -> bool:
        return False

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        return json_line({"custom_id": name, "body": self.body(payload)})

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        file = {"file_name": f"{NAME}-{token}.jsonl", "content": b"".join(lines)}
        return (await self.call(self._client.files.upload, file=file, purpose="batch")).id

    async def submit(self, token: str, uploaded: Any) -> str:
        made = await self.call(
            self._client.batch.jobs.create,
            endpoint=_URL,
            input_files=[uploaded],
            model=self._model,
            metadata={NAME: token},
        )
        found: str = made.id
        return found

    async def find(self, token: str, since: float, count: int) -> str | None:
        listed = await self.call(self._client.batch.jobs.list, metadata={NAME: token})
        for job in listed.data or ():
            if as_object(job.metadata).get(NAME) == token:
                found: str = job.id
                return found
        return None

    async def status(self, id: str) -> BatchStatus:
        job = await self.call(self._client.batch.jobs.get, job_id=id)
        error = None
        if job.status == "FAILED" and not job.output_file and not job.error_file:
            text = "; ".join(str(one.message) for one in job.errors) or "the batch has failed"
            error = self._error(400, {"message": text})
        return BatchStatus(
            job.status in _ENDED,
            error,
            cancelled=job.status == "CANCELLED",
            succeeded=job.succeeded_requests,
            failed=job.failed_requests,
            found=job,
        )

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        found = list[tuple[str, Outcome]]()
        for id in (status.found.output_file, status.found.error_file):
            if id:
                content = await asyncio.to_thread(self._downloaded, id)
                found += [self._outcome(json.loads(line)) for line in content.splitlines() if line.strip()]
        return by_name(found)

    def _downloaded(self, id: str) -> bytes:
        content: bytes = self._client.files.download(file_id=id).read()
        return content

    def _outcome(self, line: Mapping[str, Any]) -> tuple[str, Outcome]:
        name, response, error = str(line["custom_id"]), as_object(line.get("response")), as_object(line.get("error"))
        status: int = response.get("status_code") or (400 if error else 200)
        if status < 300 and response.get("body"):
            return name, Outcome(encode_json(response["body"]))
        return name, Outcome(error=self._error(status if status >= 400 else 400, response.get("body") or error))

    def _error(self, status: int, body: Any) -> Exception:
        text = encode_json(body).decode()
        library: Any = import_module(errors.SDKError.__init__.__globals__["httpx"].__name__)
        http = library.Response(status, text=text, request=library.Request("POST", "https://mistral.ai"))
        return errors.SDKError("the request has failed", http, text)

    async def cancel(self, id: str) -> None:
        await self.call(self._client.batch.jobs.cancel, job_id=id)
