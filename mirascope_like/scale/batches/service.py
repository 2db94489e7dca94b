"""The interface of a provider's batches, and which class serves which provider.

A service knows how one provider encodes a request, and how its batches are submitted, found, watched, read and
cancelled. It keeps nothing: what must survive a crash is in the records of the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from typing import Any, NamedTuple, Protocol, TypeVar

from ...core.base.errors import ConfigurationError
from ...core.base.parsing import encode_json
from ...core.base.provider import unwrapped
from ...core.base.request import Request
from .storage import BedrockStorage

T = TypeVar("T")

NAME = "mirascope_like"
"""The key of our token in the metadata of a batch, and the beginning of its name."""
SLACK = 600.0
"""The seconds by which the clock of a provider may differ from ours."""


class BatchLimits(NamedTuple):
    """How large a batch may be."""

    requests: int
    size: int
    """The size in bytes."""


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What a provider says of a batch."""

    ended: bool
    """True once its results can be read and no more will come."""
    error: Exception | None = None
    """Why the provider has refused the whole batch."""
    cancelled: bool = False
    """True if it was cancelled, by the run or by somebody else."""
    succeeded: int = 0
    """The requests that have a response so far."""
    failed: int = 0
    """The requests that have failed or expired so far."""
    again: bool = False
    """True if the same batch may be accepted later: too many tokens were waiting."""
    found: Any = None
    """The SDK's object of the batch."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request of a batch. If there is neither a body nor an error, it was not answered: the batch
    expired or was cancelled.
    """

    body: bytes | None = None
    """The response as JSON, in the form in which the provider sends it to a request by itself."""
    error: Exception | None = None
    """An error of the SDK, or of the library."""
    again: bool = False
    """True if the error is that of other requests, so that the request is sent in another batch."""
    queued: bool = False
    """True if the request was not in a batch at all, so that it is sent in another without counting as an attempt."""


class NotYetKnownError(Exception):
    """Raised by `find` as long as a batch that is in progress may be the one."""


class BatchService(Protocol):
    """The batches of one provider and client, for requests of one model and format."""

    limits: BatchLimits

    def line(self, name: str, payload: Mapping[str, Any]) -> bytes:
        """Return a request as JSON. `name` is its name in the batch, with which its result is found.

        Raises `ConfigurationError` for a payload that cannot be sent in a batch.
        """
        ...

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        """Return what `submit` needs: the name of a file of requests, after uploading it, or the requests. Raises the
        errors of the SDK.
        """
        ...

    async def submit(self, token: str, uploaded: Any) -> str:
        """Submit a batch of what was uploaded; return the provider's id of it. The token is sent with it. Raises the
        errors of the SDK.
        """
        ...

    async def find(self, token: str, since: float, count: int) -> str | None:
        """Return the id of the batch that was submitted with a token; None if there is none. `since` is when it was
        submitted, in seconds since 1970, and `count` the number of its requests.

        Raises `NotYetKnownError` if the provider cannot say so yet.
        """
        ...

    async def status(self, id: str) -> BatchStatus:
        """Return what the provider says of a batch."""
        ...

    async def results(self, status: BatchStatus) -> dict[str, Outcome]:
        """Return the outcomes of a batch that has ended, by the names of its requests."""
        ...

    async def cancel(self, id: str) -> None:
        """Cancel a batch. What is answered can be read later."""
        ...

    def close(self) -> None:
        """Close the clients that the service has made."""
        ...


_SERVICES = {
    "openai": "files:OpenAIBatches",
    "azure": "files:AzureBatches",
    "groq": "files:GroqBatches",
    "anthropic": "anthropic:AnthropicBatches",
    "mistral": "mistral:MistralBatches",
    "google": "google:GoogleBatches",
    "bedrock": "bedrock:BedrockBatches",
    "bedrock with tools": "bedrock:BedrockToolBatches",
}


def batch_form(provider: Any, payload: Mapping[str, Any]) -> str:
    """Return the form of a request, if it cannot be in one batch with others of its model; otherwise ""."""
    return " with tools" if _inner(provider).name == "bedrock" and payload.get("toolConfig") else ""


def service_for(provider: Any, request: Request, form: str, storage: BedrockStorage | None = None) -> BatchService:
    """Return the service for the requests of one provider, client, model and form. `storage` is for Bedrock alone.

    Raises `ConfigurationError` if the provider has no batches.
    """
    inner = _inner(provider)
    place = _SERVICES.get(inner.name + form)
    if place is None:
        raise ConfigurationError(f"{inner.name} has no batches: use via='live'")
    module, _, name = place.partition(":")
    kind: Callable[..., BatchService] = getattr(import_module(f".{module}", __package__), name)
    client = inner.client_for(request)
    if client is None:
        client = inner.make_client()  # raises the error of a missing key
    return kind(inner, client, request.model, *((storage,) if inner.name == "bedrock" else ()))


def _inner(provider: Any) -> Any:
    """Return the provider that sends: of a call of `llm`, the one that it has chosen."""
    found = unwrapped(provider)
    return getattr(found, "inner", found)


class ServiceBase:
    """What services have in common: the provider, the client, and the model."""

    not_in_body: frozenset[str] = frozenset({"timeout", "stream"})
    """The parameters that are left out: they are about a connection."""
    refused: frozenset[str] = frozenset({"extra_headers", "extra_query"})
    """The parameters with which a request cannot be in a batch."""

    def __init__(self, provider: Any, client: Any, model: str) -> None:
        self._provider = provider
        self._client = client
        self._model = model

    def close(self) -> None:
        """Close the clients that the service has made."""

    async def upload(self, token: str, lines: Sequence[bytes]) -> Any:
        """Return the requests, which are in the body of a batch."""
        return lines

    def body(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a request. Raises `ConfigurationError` for a parameter that a batch cannot have."""
        for name in self.refused & payload.keys():
            if payload[name]:
                raise ConfigurationError(f"a request with {name} cannot be sent in a batch")
        left = self.not_in_body | self.refused | {"extra_body"}
        return {key: one for key, one in payload.items() if key not in left} | dict(payload.get("extra_body") or {})

    async def call(self, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Return the result of a method of the client: awaited, or in a thread if the client is sync."""
        if self.asynchronous:
            return await awaited(method(*args, **options))
        return await asyncio.to_thread(method, *args, **options)

    @property
    def asynchronous(self) -> bool:
        """True if the client is async."""
        return iscoroutinefunction(self._client.batches.create)

    def once(self) -> Any:
        """Return the client without retries of the SDK: a batch that is created twice is paid twice."""
        if (options := getattr(self._client, "with_options", None)) is None:
            return self._client
        return options(max_retries=0)


def by_name(outcomes: Iterable[tuple[str, Outcome]]) -> dict[str, Outcome]:
    """Return outcomes by the names of their requests. Of two for one request, that with a response counts."""
    found = dict[str, Outcome]()
    for name, outcome in outcomes:
        if name not in found or found[name].body is None:
            found[name] = outcome
    return found


async def awaited(found: Any) -> Any:
    """Return a value, or the result of an awaitable."""
    return await found if isawaitable(found) else found


def json_line(value: Mapping[str, Any]) -> bytes:
    """Return a JSON object as a line."""
    return encode_json(value) + b"\n"


def status_error(sdk: Any, client: Any, status: int, body: Any) -> Exception:
    """Return the error that an SDK of OpenAI's kind raises for a response with this status and body."""
    library = import_module(str(sdk.APIStatusError.__annotations__["response"]).partition(".")[0])
    http = library.Response(status, json=body, request=library.Request("POST", str(client.base_url)))
    make = getattr(client, "_make_status_error_from_response", None)
    made: Exception = sdk.APIStatusError(http.text, response=http, body=body) if make is None else make(http)
    return made
