"""Every provider of the conformance suite: those of `providers`, hosts, and those whose SDKs are like no other's."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import boto3
import cohere as cohere_sdk
import httpx
import pytest
from botocore import exceptions as boto_errors
from botocore.config import Config
from cohere.core import ApiError
from google import genai
from google.genai import errors as genai_errors

from mirascope_like.core import azure, bedrock, cohere, google, hosts, litellm, vertex
from mirascope_like.core.hosts import Host, HostResponses
from tests.conformance.contract import BaseRow
from tests.conformance.providers import AZURE, NO_AUDIO, NO_JSON_MODE, OPENAI, RESPONSES, ROWS, WHOLE_CALLS, Row
from tests.conformance.wires.bedrock import BedrockWire
from tests.conformance.wires.chat import ChatWire
from tests.conformance.wires.cohere import CohereWire
from tests.conformance.wires.gemini import ArrayWire, GeminiWire
from tests.harness.oracles import plain
from tests.harness.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK says that it is retired
    from google.ai import generativelanguage
    from google.api_core import exceptions as api_errors

    from mirascope_like.core import gemini

    assert gemini.call


class CohereRow(BaseRow):
    """Cohere: clients that call themselves version 2."""

    def client(self, server: Server, **options: Any) -> Any:
        given = {"base_url": server.url, "max_retries": 0, "httpx_client": httpx.Client(verify=False)}
        return cohere_sdk.ClientV2("sk-test", **given | options)

    def aclient(self, server: Server, **options: Any) -> Any:
        given = {"base_url": server.url, "max_retries": 0, "httpx_client": httpx.AsyncClient(verify=False)}
        return cohere_sdk.AsyncClientV2("sk-test", **given | options)

    def refusal(self, status: int) -> type[Exception]:
        return {
            400: cohere_sdk.BadRequestError,
            401: cohere_sdk.UnauthorizedError,
            404: cohere_sdk.NotFoundError,
            429: cohere_sdk.TooManyRequestsError,
            500: cohere_sdk.InternalServerError,
        }[status]

    @property
    def broken(self) -> type[Exception]:
        return ApiError

    def raw(self, response: Any) -> Any:
        return json.loads(response.response.json())


class BedrockRow(BaseRow):
    """Bedrock: one class of clients, sync, for every service of Amazon's."""

    @contextmanager
    def client(self, server: Server, **options: Any) -> Iterator[Any]:
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="sk-test",
            aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}, **options),
        )
        try:
            yield client
        finally:
            client.close()

    @asynccontextmanager
    async def aclient(self, server: Server, **options: Any) -> AsyncIterator[Any]:
        with self.client(server, **options) as client:
            yield client

    def refusal(self, status: int) -> type[Exception]:
        return boto_errors.ClientError

    @property
    def broken(self) -> type[Exception]:
        return boto_errors.BotoCoreError

    def raw(self, response: Any) -> Any:
        return {key: value for key, value in response.response.items() if key != "ResponseMetadata"}


_UNVERIFIED = {"client_args": {"verify": False}, "async_client_args": {"verify": False}}
"""Spares a client the loading of certificates, which takes longer than a test."""


class GoogleRow(BaseRow):
    """Google's SDK of today: one class of clients, whose HTTP clients are its user's to close."""

    @contextmanager
    def client(self, server: Server, **options: Any) -> Iterator[Any]:
        given = google.fast_http_options(**{"base_url": server.url, **_UNVERIFIED} | options)
        client = genai.Client(api_key="sk-test", http_options=given)
        try:
            yield client
        finally:
            client.close()
            given.httpx_client.close()

    @asynccontextmanager
    async def aclient(self, server: Server, **options: Any) -> AsyncIterator[Any]:
        given = google.fast_http_options(**{"base_url": server.url, **_UNVERIFIED} | options)
        client = genai.Client(api_key="sk-test", http_options=given)
        try:
            yield client
        finally:
            await client.aio.aclose()
            await given.httpx_async_client.aclose()
            client.close()
            given.httpx_client.close()

    def refusal(self, status: int) -> type[Exception]:
        return genai_errors.ServerError if status >= 500 else genai_errors.ClientError

    @property
    def broken(self) -> type[Exception]:
        return genai_errors.APIError

    def raw(self, response: Any) -> Any:
        return response.raw


class VertexRow(GoogleRow):
    """Vertex AI in express mode, where a key suffices."""

    @contextmanager
    def client(self, server: Server, **options: Any) -> Iterator[Any]:
        given = google.fast_http_options(**{"base_url": server.url, **_UNVERIFIED} | options)
        client = genai.Client(vertexai=True, api_key="sk-test", http_options=given)
        try:
            yield client
        finally:
            client.close()
            given.httpx_client.close()

    @asynccontextmanager
    async def aclient(self, server: Server, **options: Any) -> AsyncIterator[Any]:
        given = google.fast_http_options(**{"base_url": server.url, **_UNVERIFIED} | options)
        client = genai.Client(vertexai=True, api_key="sk-test", http_options=given)
        try:
            yield client
        finally:
            await client.aio.aclose()
            await given.httpx_async_client.aclose()
            client.close()
            given.httpx_client.close()


class GeminiRow(BaseRow):
    """Google's retired SDK, over REST. Uses the client below its models: only that one accepts a base URL."""

    @contextmanager
    def client(self, server: Server, **options: Any) -> Iterator[Any]:
        where = {"api_endpoint": server.url, "api_key": "sk-test"}
        client = generativelanguage.GenerativeServiceClient(transport="rest", client_options=where)
        try:
            yield client
        finally:
            client.transport.close()

    @asynccontextmanager
    async def aclient(self, server: Server, **options: Any) -> AsyncIterator[Any]:
        with self.client(server, **options) as client:
            yield client

    def decorated(self, client: Any = None, **options: Any) -> Any:
        return super().decorated(client, **self._unrepeated(options))

    def adecorated(self, client: Any = None, **options: Any) -> Any:
        return super().adecorated(client, **self._unrepeated(options))

    def _unrepeated(self, options: Any) -> Any:
        params = {"request_options": {"retry": None}, **options.get("call_params", {})}
        return {**options, "call_params": params}

    def refusal(self, status: int) -> type[Exception]:
        return {
            400: api_errors.BadRequest,
            401: api_errors.Unauthorized,
            404: api_errors.NotFound,
            429: api_errors.TooManyRequests,
            500: api_errors.InternalServerError,
        }[status]

    @property
    def broken(self) -> type[Exception]:
        return api_errors.GoogleAPICallError

    def raw(self, response: Any) -> Any:
        return response.raw


@dataclass(frozen=True, kw_only=True)
class HostRow(Row):
    """A host that speaks OpenAI's format."""

    module: Host | HostResponses  # type: ignore[assignment]


def fields_of(row: Row) -> dict[str, Any]:
    """What a row is made of."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def host_row(host: Host, **given: Any) -> HostRow:
    """Return the row of a host: OpenAI's, except for the arguments."""
    same = fields_of(OPENAI)
    own = {"name": host.name, "module": host, "key": host.key, "base_url": f"{host.name.upper()}_BASE_URL"}
    return HostRow(**{**same, **own, "apis": (), "lacks": {}, **given})


COHERE = CohereRow(
    name="cohere",
    module=cohere,
    package="cohere",
    wire=CohereWire(),
    key="CO_API_KEY",
    base_url="CO_API_URL",
    iterator="cohere.core.http_sse._api.EventSource.iter_sse",
    ways={"loose": "json", "strict": "json", "json": "json"},
    priced="command-r-08-2024",
    dollars=(0.15, 0.15, 0.6),
    lacks={
        "audio": NO_AUDIO,
        "documents": "accepts only text documents, which are sent separately from the messages",
    },
)

GOOGLE = GoogleRow(
    name="google",
    module=google,
    package="google-genai",
    wire=GeminiWire(),
    key="GOOGLE_API_KEY",
    base_url="GOOGLE_GEMINI_BASE_URL",
    iterator="google.genai._api_client.HttpResponse._load_json_from_response",
    ways={"loose": "schema", "strict": "schema", "json": "json"},
    priced="gemini-2.5-flash",
    dollars=(0.3, 0.03, 2.5),
)

VERTEX = VertexRow(
    name="vertex",
    module=vertex,
    package="google-genai",
    wire=GeminiWire(),
    key="GOOGLE_API_KEY",
    base_url="GOOGLE_VERTEX_BASE_URL",
    iterator=GOOGLE.iterator,
    ways=GOOGLE.ways,
    priced="gemini-2.5-flash",
    dollars=(0.3, 0.03, 2.5),
)

GEMINI = GeminiRow(
    name="gemini",
    module=gemini,
    package="google-generativeai",
    wire=ArrayWire(),
    key="GOOGLE_API_KEY",
    iterator="google.api_core.rest_streaming.ResponseIterator.__next__",
    reads="iterator",
    ways={"loose": "schema", "strict": "schema", "json": "json"},
    priced="gemini-2.0-flash",
    dollars=(0.1, 0.025, 0.4),
    lacks={
        "partial tools": WHOLE_CALLS,
        "thinking": "the retired SDK has no type for thinking, and no setting to request it",
    },
)

BEDROCK = BedrockRow(
    name="bedrock",
    module=bedrock,
    package="boto3",
    wire=BedrockWire(),
    key="AWS_ACCESS_KEY_ID",
    base_url="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    settings={"AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"},
    iterator="botocore.eventstream.EventStream.__iter__",
    reads="iterator",
    priced="anthropic.claude-3-haiku-20240307-v1:0",
    dollars=(0.25, 0.25, 1.25),
    lacks={
        "JSON mode": NO_JSON_MODE,
        "image URLs": "fetches `s3://` URLs only",
    },
)

OLLAMA = host_row(
    hosts.ollama,
    wire=ChatWire("reasoning", whole_calls=True),
    lacks={
        "partial tools": WHOLE_CALLS,
        "cost": "a model on your own machine has no price",
        "missing key named": "needs no key",
    },
)

OPENROUTER = host_row(
    hosts.openrouter,
    wire=ChatWire("reasoning"),
    priced="openai/gpt-4o-mini",
)

XAI_RESPONSES = host_row(
    hosts.xai,
    module=hosts.xai.responses,
    label="xai.responses",
    wire=RESPONSES.wire,
    create=RESPONSES.create,
    texts=RESPONSES.texts,
    streamed=RESPONSES.streamed,
    whole=RESPONSES.whole,
    path=RESPONSES.path,
    priced="grok-4-0709",
    dollars=(3, 0.75, 15),
    stops={},
    lacks=RESPONSES.lacks,
)

AZURE_RESPONSES = Row(
    **{
        **fields_of(RESPONSES),
        **{name: getattr(AZURE, name) for name in ("name", "key", "base_url", "url", "make", "amake", "settings")},
        "module": azure.responses,
        "label": "azure.responses",
        "apis": (),
        "path": "/openai/responses?api-version=2024-10-21",
    }
)


class InferenceRow(Row):
    """Azure by v1's variables: the default client of the library, which it makes of them."""

    def client(self, server: Server, **options: Any) -> Any:
        return self._made(server, False, options)

    def aclient(self, server: Server, **options: Any) -> Any:
        return self._made(server, True, options)

    def _made(self, server: Server, asynchronous: bool, options: dict[str, Any]) -> Any:
        provider: Any = azure.call.provider
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
            patch.setenv("AZURE_INFERENCE_ENDPOINT", self.url(server))
            patch.setenv("AZURE_INFERENCE_CREDENTIAL", "sk-test")
            return provider.new_client(asynchronous=asynchronous, **{"max_retries": 0} | options)


AZURE_INFERENCE = InferenceRow(
    **{
        **fields_of(AZURE),
        "label": "azure by inference variables",
        "key": "AZURE_INFERENCE_CREDENTIAL",
        "base_url": "AZURE_INFERENCE_ENDPOINT",
        "url": lambda server: server.url,
        "apis": (),
        "settings": {},
        "path": "/chat/completions?api-version=2024-05-01-preview",
    }
)


class Functions:
    """The functions of LiteLLM, with parameters: a client, as `litellm.Router` is."""

    def __init__(self, **given: Any) -> None:
        sdk = import_module("litellm")
        self.api_key = given["api_key"]
        self.completion = partial(sdk.completion, **given)
        self.acompletion = partial(sdk.acompletion, **given)


class LiteLLMRow(Row):
    """LiteLLM, for a server with OpenAI's format."""

    def client(self, server: Server, **options: Any) -> Any:
        return nullcontext(self._functions(server, **options))

    def aclient(self, server: Server, **options: Any) -> Any:
        return nullcontext(self._functions(server, **options))

    def _functions(self, server: Server, *, max_retries: int = 0, **options: Any) -> Functions:
        where = {"custom_llm_provider": "openai", "api_base": f"{server.url}/v1", "api_key": "sk-test"}
        return Functions(**where, num_retries=max_retries, **options)

    def decorated(self, client: Any = None, **options: Any) -> Any:
        return super().decorated(client, **self._with_provider(options))

    def adecorated(self, client: Any = None, **options: Any) -> Any:
        return super().adecorated(client, **self._with_provider(options))

    def _with_provider(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "call_params": {"custom_llm_provider": "openai", **options.get("call_params", {})}}

    def raw(self, response: Any) -> Any:
        found = plain(response.response)
        for choice in found["choices"]:
            choice.pop("provider_specific_fields", None)
        return {**found, "created": 1, "model": "m-1"}  # in streams, LiteLLM's own

    def refusal(self, status: int) -> type[Exception]:
        found: type[Exception] = getattr(import_module("litellm"), _LITELLM[status])
        return found

    @property
    def broken(self) -> tuple[type[Exception], ...]:
        sdk = import_module("litellm")
        return sdk.APIConnectionError, sdk.InternalServerError, sdk.Timeout, sdk.exceptions.MidStreamFallbackError


_LITELLM = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
}

LITELLM = LiteLLMRow(
    **{
        **fields_of(OPENAI),
        "name": "litellm",
        "module": litellm,
        "package": "litellm",
        "apis": (),
        "iterator": "litellm.CustomStreamWrapper.__next__",
        "reads": "iterator",
        "streamed_model": "m",  # of the request, in the chunks of LiteLLM and what its `stream_chunk_builder` makes
    }
)

BESIDES: tuple[BaseRow, ...] = (AZURE_INFERENCE, *([LITELLM] if find_spec("litellm") is not None else []))
"""Rows of the conformance suite that the table has not: another way to a provider, and one whose SDK is tested in
an environment of its own (`nox -s litellm`).
"""

EVERY: tuple[BaseRow, ...] = (
    *ROWS,
    AZURE_RESPONSES,
    COHERE,
    GOOGLE,
    VERTEX,
    GEMINI,
    BEDROCK,
    OLLAMA,
    OPENROUTER,
    XAI_RESPONSES,
)
"""The rows, in the order of the table."""
