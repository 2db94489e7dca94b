"""Batches of the Gemini API: small ones with their requests in the body, others in a file.

Source: Google's guides of the Batch API and of files, and the SDK.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from inspect import iscoroutinefunction
from io import BytesIO
from itertools import islice
from typing import Any, cast

import jiter
from google.genai import errors
from google.genai.client import AsyncClient
from google.genai.models import Models

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import as_object, encode_json
from .service import NAME, SLACK, BatchLimits, BatchStatus, Outcome, ServiceBase, by_name, json_line

_ENDED = frozenset(
    f"JOB_STATE_{name}" for name in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
)
_KEY = "key"
"""The key of a request's name in its metadata."""
_STATUSES = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""The HTTP status of each code of gRPC. Source: google.rpc.Code."""
_LISTED = 1000
"""How many batches are looked at for one."""
_INLINE = BatchLimits(10_000, 18_000_000)
"""How large a batch in a body may be: the body may have 20 MB. A larger batch is in a file. Google keeps
files for two days.
"""


class GoogleBatches(ServiceBase):
    """Google's batches, through the Gemini API."""

    limits: BatchLimits = BatchLimits(50_000, 1_900_000_000)
    """A file may have 2 GB; the names of fields are a little longer in it than in the lines."""

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

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        if len(lines) <= _INLINE.requests and sum(map(len, lines)) <= _INLINE.size:
            return [jiter.from_json(line) for line in lines]
        content = await asyncio.to_thread(lambda: b"".join(map(self._file_line, lines)))
        config = {"display_name": _name(token), "mime_type": "application/jsonl"}
        try:
            return (await self.call(self._client.files.upload, file=BytesIO(content), config=config)).name
        except (KeyError, ValueError) as error:  # the SDK raises these for an upload that the provider has not accepted
            raise _api_error(503, str(error)) from error

    async def submit(self, token: str, uploaded: Any) -> str:
        config = {"display_name": _name(token)}
        made = await self.call(self._client.batches.create, model=self._model, src=uploaded, config=config)
        found: str = made.name
        return found

    def _file_line(self, line: bytes) -> bytes:
        """Return the line of a file for a line, with the request as the SDK sends it by itself."""
        value = jiter.from_json(line)
        models = Models(cast("Any", _NotSending()))
        config: Any = {**value.get("config", {}), "automatic_function_calling": {"disable": True}}
        try:
            models.generate_content(model=self._model, contents=value["contents"], config=config)
        except _EncodedError as encoded:
            return json_line({"key": value["metadata"][_KEY], "request": encoded.body})
        raise TypeError("google-genai has returned a response without sending a request")

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
        if dest is not None and dest.file_name:
            content = await self.call(self._client.files.download, file=dest.file_name)
            return by_name(_line_outcome(json.loads(line)) for line in content.splitlines() if line.strip())
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


def _line_outcome(line: Mapping[str, Any]) -> tuple[str, Outcome]:
    """Return what a line of a file of results says. An error is a `google.rpc.Status`, or its fields."""
    name, response = str(line.get("key")), line.get("response")
    if response is not None:
        return name, Outcome(encode_json(response))
    facts = as_object(line.get("error")) or line
    return name, Outcome(error=_rpc_error(facts.get("code"), facts.get("message")))


def _error(job_error: Any) -> Exception:
    return _rpc_error(getattr(job_error, "code", None), getattr(job_error, "message", None))


def _rpc_error(code: int | None, text: str | None) -> Exception:
    code = code or 13
    return _api_error(_STATUSES.get(code, code if code >= 400 else 500), text)


def _api_error(status: int, text: str | None) -> Exception:
    body = {"error": {"code": status, "message": text or "the request has failed", "status": ""}}
    kind = errors.ServerError if status >= 500 else errors.ClientError
    return kind(status, body, None)


class _EncodedError(Exception):
    """Raised in place of sending a request."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body: Any = body
        """The body of the request."""


class _NotSending:
    """The part of the SDK that sends requests; this one raises what it would send to the Gemini API."""

    vertexai = False

    def request(self, method: str, path: str, body: Any, *_: Any) -> Any:
        raise _EncodedError({name: one for name, one in body.items() if name != "_url"})  # a note for the SDK
