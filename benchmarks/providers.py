"""The other providers' SDKs against ours: where ours reads bytes, and where all there is to read is the SDK's iterator.

Two SDKs know no `async` over the same wire (boto3, and google-generativeai over REST): what ours is held against there
is their iterator with each of its events awaited from a thread, and no figure is hoped for.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from typing import Any

import cohere as cohere_sdk
import groq as groq_sdk
from google import genai
from mistralai.client import Mistral

from mirascope_like.core import azure, bedrock, cohere, google, groq, hosts, mistral, openai

from .contenders import OPENAI, QUESTION, Contest, Entrant

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK says that it is retired
    from mirascope_like.core import gemini

    generativeai: Any = import_module("google.generativeai")
boto3: Any = import_module("boto3")

ITERATED = 1.05
"""The most that ours may cost where it can but iterate as the SDK does."""
MODEL = "m"
MESSAGES: list[Any] = [{"role": "user", "content": QUESTION}]


@dataclass(kw_only=True)
class Loose(Entrant):
    """An SDK like no other, told by the calls that its users make."""

    model: str = MODEL
    read: Callable[[Any], Iterator[Any]]
    aread: Callable[[Any], Awaitable[AsyncIterator[Any]]]

    def stream(self, client: Any) -> Iterator[Any]:
        return self.read(client)

    async def astream(self, client: Any) -> AsyncIterator[Any]:
        return await self.aread(client)


@dataclass(kw_only=True)
class Rival:
    """What an SDK's clients are made with, and the most that ours may cost."""

    entrant: Entrant
    client: Callable[[str], Any]
    async_client: Callable[[str], Any]
    our_client: Callable[[str], Any] | None = None
    """Makes the client that ours sends with, sync and async, where it is another."""
    target: float | None = None
    threaded: bool = False
    """Whether the SDK is awaited from a thread; the target is then one for sync alone."""

    def pairs(self, base_url: str) -> Iterator[tuple[bool, tuple[Any, Any]]]:
        """Yield, sync and async (True), the SDK's client and ours."""
        for asynchronous, make in (False, self.client), (True, self.async_client):
            client = make(base_url)
            yield asynchronous, (client, client if self.our_client is None else self.our_client(base_url))


def alike(target: float | None = None, **options: Any) -> Rival:
    """A rival whose SDK is built like OpenAI's."""
    same = {name: getattr(OPENAI, name) for name in OPENAI.__dataclass_fields__}
    contest = Contest(**{**same, **options})
    return Rival(
        entrant=contest,
        client=lambda url: contest.client(url, {}),
        async_client=lambda url: contest.async_client(url, {}),
        target=target,
    )


async def from_thread(events: Iterator[Any]) -> AsyncIterator[Any]:
    """Yield events, each awaited from a thread."""
    while (event := await asyncio.to_thread(next, events, None)) is not None:
        yield event


def mistral_client(base_url: str) -> Any:
    return Mistral(server_url=base_url, api_key="k")


MISTRAL = Rival(
    entrant=Loose(
        name="Mistral",
        ours=mistral,
        read=lambda client: client.chat.stream(model=MODEL, messages=MESSAGES),
        aread=lambda client: client.chat.stream_async(model=MODEL, messages=MESSAGES),
    ),
    client=mistral_client,
    async_client=mistral_client,
    target=0.6,
)


async def acohere(client: Any) -> AsyncIterator[Any]:
    made: AsyncIterator[Any] = client.chat_stream(model=MODEL, messages=MESSAGES)
    return made


COHERE = Rival(
    entrant=Loose(
        name="Cohere",
        ours=cohere,
        read=lambda client: client.chat_stream(model=MODEL, messages=MESSAGES),
        aread=acohere,
    ),
    client=lambda url: cohere_sdk.ClientV2("k", base_url=url),
    async_client=lambda url: cohere_sdk.AsyncClientV2("k", base_url=url),
)


def google_client(base_url: str) -> Any:
    return genai.Client(api_key="k", http_options={"base_url": base_url})


def fast_google_client(base_url: str) -> Any:
    """The client that ours sends with where it is given none, but for where the server is."""
    return genai.Client(api_key="k", http_options=google.fast_http_options(base_url=base_url))


def of_google(name: str, **options: Any) -> Rival:
    entrant = Loose(
        name=name,
        ours=google,
        read=lambda client: client.models.generate_content_stream(model=MODEL, contents=QUESTION),
        aread=lambda client: client.aio.models.generate_content_stream(model=MODEL, contents=QUESTION),
    )
    return Rival(entrant=entrant, client=google_client, async_client=google_client, **options)


def gemini_model(base_url: str) -> Any:
    generativeai.configure(api_key="k", transport="rest", client_options={"api_endpoint": base_url})
    return generativeai.GenerativeModel(MODEL)


def read_gemini(model: Any) -> Iterator[Any]:
    return iter(model.generate_content(QUESTION, stream=True))


def threaded(name: str, ours: Any, make: Callable[[str], Any], read: Callable[[Any], Iterator[Any]]) -> Rival:
    """A rival whose SDK knows no `async`, and is read through its iterator."""

    async def aread(client: Any) -> AsyncIterator[Any]:
        return from_thread(await asyncio.to_thread(read, client))

    entrant = Loose(name=name, ours=ours, read=read, aread=aread)
    return Rival(entrant=entrant, client=make, async_client=make, target=ITERATED, threaded=True)


def bedrock_client(base_url: str) -> Any:
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "k"}
    return boto3.client("bedrock-runtime", endpoint_url=base_url, region_name="us-east-1", **keys)


def read_bedrock(client: Any) -> Iterator[Any]:
    asked = [{"role": "user", "content": [{"text": QUESTION}]}]
    return iter(client.converse_stream(modelId=MODEL, messages=asked)["stream"])


RIVALS = (
    alike(0.15, name="Groq", ours=groq, sdk=groq_sdk, clients=("Groq", "AsyncGroq"), path="", streamed={}),
    MISTRAL,
    COHERE,
    of_google("google, our default client", our_client=fast_google_client),
    of_google("google, a client of the user's", target=ITERATED),
    threaded("gemini (google-generativeai)", gemini, gemini_model, read_gemini),
    alike(
        name="OpenAI Responses",
        ours=openai.responses,
        resource=attrgetter("responses"),
        messages="input",
        streamed={},
    ),
    alike(
        name="Azure OpenAI",
        ours=azure,
        clients=("AzureOpenAI", "AsyncAzureOpenAI"),
        path="/openai",
        options={"api_version": "2024-10-21"},
    ),
    alike(name="Ollama", ours=hosts.ollama),
    threaded("Bedrock (boto3)", bedrock, bedrock_client, read_bedrock),
)
