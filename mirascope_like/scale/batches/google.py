"""Batches of the Gemini API, with their requests in the body. Source: Google's guide of the Batch API, and the SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from inspect import iscoroutinefunction
from itertools import islice
from typing import Any

import jiter
from google.genai import errors
from google.genai.client import AsyncClient

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import as_object, encode_json
from .service import NAME, SLACK, BatchLimits, BatchStatus, Outcome, ServiceBase, by_name

_ENDED = frozenset(
    f"JOB_STATE_{name}" for name in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
)
_KEY = "key"
"""The key of a request's name in its metadata."""
_STATUSES = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""The HTTP status of each code of gRPC. Source: google.rpc.Code."""
_LISTED = 1000
"""How many batches are looked at for one."""


class GoogleBatches(ServiceBase):
    """Google's batches, through the Gemini API."""

    limits: BatchLimits = BatchLimits(10_000, 18_000_000)
    """The body may have 20 MB."""

    def __init__(self, provider: Any, client: Any, model: str) -> None:
        client = getattr(client, "client", client)  # a default client together with its HTTP clients
        super().__init__(provider, client, model)
        if getattr(client, "vertexai", False):
            raise ConfigurationError(
                "batches of Vertex AI need files in Google's storage: use the Gemini API, or via='live'"
            )

    @property
    def asynchronous(self) -> bool:
        return isinstance(self._client, AsyncClient) or iscoroutinefunction(self._client.batches.create)

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        config = {key: one for key, one in as_object(payload.get("config")).items() if key != "http_options"}
        config.pop("automatic_function_calling", None)
        line = {"contents": payload["contents"], "metadata": {_KEY: name}, **({"config": config} if config else {})}
        return encode_json(line)

    async def submit(self, token: str, lines: Sequence[bytes]) -> str:
        made = await self.call(
            self._client.batches.create,
            model=self._model,
            src=[jiter.from_json(line) for line in lines],
            config={"display_name": _name(token)},
        )
        found: str = made.name
        return found

    async def find(self, token: str, since: float, count: int) -> str | None:
        async for job in self._listed():
            if job.create_time is not None and job.create_time.timestamp() < since - SLACK:
                break
            if job.display_name == _name(token):
                found: str = job.name
                return found
        return None

    async def _listed(self) -> AsyncIterator[Any]:
        if self.asynchronous:
            async for job in await self._client.batches.list():
                yield job
        else:
            for job in await self.call(self._first):
                yield job

    def _first(self) -> list[Any]:
        jobs: Any = self._client.batches.list()
        return list(islice(jobs, _LISTED))

    async def status(self, id: str) -> BatchStatus:
        job = await self.call(self._client.batches.get, name=id)
        state = getattr(job.state, "name", str(job.state))
        error = None
        if state == "JOB_STATE_FAILED":
            error = _error(job.error)
        return BatchStatus(state in _ENDED, error, cancelled=state == "JOB_STATE_CANCELLED", found=job)

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        dest = status.found.dest
        return by_name(_outcome(one) for one in (dest.inlined_responses if dest is not None else None) or ())

    async def cancel(self, id: str) -> None:
        await self.call(self._client.batches.cancel, name=id)


def _name(token: str) -> str:
    return f"{NAME}-{token}"


def _outcome(one: Any) -> tuple[str, Outcome]:
    name = str(as_object(one.metadata).get(_KEY))
    if one.response is not None:
        return name, Outcome(one.response.model_dump_json(by_alias=True, exclude_none=True).encode())
    return name, Outcome(error=_error(one.error))


def _error(job_error: Any) -> Exception:
    code = getattr(job_error, "code", None) or 13
    status = _STATUSES.get(code, code if code >= 400 else 500)
    text = getattr(job_error, "message", None) or "the request has failed"
    body = {"error": {"code": status, "message": text, "status": ""}}
    kind = errors.ServerError if status >= 500 else errors.ClientError
    return kind(status, body, None)
