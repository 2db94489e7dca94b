"""The providers under test: a row each, and how to call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import anthropic as anthropic_sdk
import groq as groq_sdk
import httpx2
import mistralai.client as mistral_sdk
import openai as openai_sdk
import pytest

from mirascope_like.core import anthropic, azure, groq, mistral, openai
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import JSON
from tests.conformance.wires.chat import CHAT_HEAD, ChatWire, MistralWire, chat_text, chat_whole
from tests.conformance.wires.messages import MessagesWire, message_text, message_whole
from tests.conformance.wires.responses import ResponsesWire, response_events, response_whole
from tests.harness.odd_streams import ODD_STREAMS, OddStream
from tests.harness.recordings import MISSING, Exchange, exchanges
from tests.harness.server import Reply, Server


@dataclass(frozen=True, kw_only=True)
class Row(BaseRow):
    """A provider whose SDK is built like OpenAI's, with its recordings, and small streams of text in its format."""

    module: ModuleType
    sdk: ModuleType
    base_error: type[Exception]
    """The root of the SDK's errors."""
    base_url: str
    apis: tuple[str, ...]
    make: Callable[..., Any]
    """Makes the SDK's client; keyword arguments are the SDK's own."""
    amake: Callable[..., Any]
    create: Callable[[Any], Callable[..., Any]]
    """The SDK's own call of a client."""
    demands: Mapping[str, Any]
    """What the SDK's own call demands besides model and messages."""
    texts: Callable[..., list[JSON]]
    """The events of a streamed text; `finish=None` leaves the end out."""
    streamed: Callable[..., Reply]
    """A reply of events."""
    whole: Callable[[str], JSON]
    """The whole answer that says the text."""
    path: str
    """Where a call goes."""
    prelude: str = ""
    """What a program has to do before, where its SDK reads no base URL from the environment."""

    def client(self, server: Server, **options: Any) -> Any:
        """A client of the SDK that calls the server, by default without retries."""
        http = self.sdk.DefaultHttpxClient(verify=False)
        given = {"base_url": self.url(server), "api_key": "sk-test", "max_retries": 0, "http_client": http}
        return self.make(**given | options)

    def aclient(self, server: Server, **options: Any) -> Any:
        """The async one."""
        http = self.sdk.DefaultAsyncHttpxClient(verify=False)
        given = {"base_url": self.url(server), "api_key": "sk-test", "max_retries": 0, "http_client": http}
        return self.amake(**given | options)

    def theirs(self, name: str) -> type[Exception]:
        """The class of this name among the SDK's errors; the root of them where it has none so fine."""
        return getattr(self.sdk, name, self.base_error)

    def text(self, *texts: str) -> Reply:
        """A reply that streams these texts."""
        return self.streamed(*self.texts(*texts))

    def refusal(self, status: int) -> type[Exception]:
        return self.theirs(_STATUSES[status])

    @property
    def broken(self) -> type[Exception]:
        return self.theirs("APIConnectionError")


_STATUSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
}

NO_REASONING = "chat completions do not show reasoning; `openai.responses` does"
NO_AUDIO = "accepts no audio"
NO_JSON_MODE = "no such setting: ask for JSON in the prompt; it is extracted from the text"
WHOLE_CALLS = "sends each call in one piece, so the tool is complete at once"

OPENAI = Row(
    name="openai",
    module=openai,
    sdk=openai_sdk,
    base_error=openai_sdk.OpenAIError,
    key="OPENAI_API_KEY",
    base_url="OPENAI_BASE_URL",
    apis=("openai.chat",),
    url=lambda server: f"{server.url}/v1",
    make=openai_sdk.OpenAI,
    amake=openai_sdk.AsyncOpenAI,
    create=lambda client: client.chat.completions.create,
    demands={},
    package="openai",
    iterator="openai.Stream.__stream__",
    wire=ChatWire(),
    priced="gpt-4o-mini-2024-07-18",
    dollars=(0.15, 0.075, 0.6),
    lacks={"thinking": NO_REASONING},
    texts=chat_text,
    streamed=Reply.chat,
    whole=chat_whole,
    path="/v1/chat/completions",
)

RESPONSES = Row(
    name="openai",
    module=openai.responses,
    sdk=openai_sdk,
    base_error=openai_sdk.OpenAIError,
    key="OPENAI_API_KEY",
    base_url="OPENAI_BASE_URL",
    apis=("openai.responses",),
    url=lambda server: f"{server.url}/v1",
    make=openai_sdk.OpenAI,
    amake=openai_sdk.AsyncOpenAI,
    create=lambda client: lambda messages, **given: client.responses.create(input=messages, **given),
    demands={},
    label="openai.responses",
    package="openai",
    iterator="openai.Stream.__stream__",
    wire=ResponsesWire(),
    priced="gpt-4o-mini-2024-07-18",
    dollars=(0.15, 0.075, 0.6),
    stops={},
    lacks={"audio": NO_AUDIO},
    texts=response_events,
    streamed=Reply.messages,
    whole=response_whole,
    path="/v1/responses",
)

ANTHROPIC = Row(
    name="anthropic",
    module=anthropic,
    sdk=anthropic_sdk,
    base_error=anthropic_sdk.AnthropicError,
    key="ANTHROPIC_API_KEY",
    base_url="ANTHROPIC_BASE_URL",
    apis=("anthropic.messages",),
    url=lambda server: server.url,
    make=anthropic_sdk.Anthropic,
    amake=anthropic_sdk.AsyncAnthropic,
    create=lambda client: client.messages.create,
    demands={"max_tokens": 1024},
    package="anthropic",
    iterator="anthropic.Stream.__stream__",
    wire=MessagesWire(),
    priced="claude-haiku-4-5",
    dollars=(1.0, 0.1, 5.0),
    lacks={
        "JSON mode": NO_JSON_MODE,
        "audio": NO_AUDIO,
    },
    texts=message_text,
    streamed=Reply.messages,
    whole=message_whole,
    path="/v1/messages",
)

GROQ = Row(
    name="groq",
    module=groq,
    sdk=groq_sdk,
    base_error=groq_sdk.GroqError,
    key="GROQ_API_KEY",
    base_url="GROQ_BASE_URL",
    apis=("groq.chat",),
    url=lambda server: server.url,
    make=groq_sdk.Groq,
    amake=groq_sdk.AsyncGroq,
    create=lambda client: client.chat.completions.create,
    demands={},
    package="groq",
    iterator="groq.Stream.__stream__",
    wire=ChatWire("reasoning", whole_calls=True),
    priced="llama-3.3-70b-versatile",
    dollars=(0.59, 0.59, 0.79),
    lacks={
        "partial tools": WHOLE_CALLS,
        "audio": NO_AUDIO,
        "documents": "accepts no documents",
    },
    texts=chat_text,
    streamed=Reply.chat,
    whole=chat_whole,
    path="/openai/v1/chat/completions",
)

AZURE = Row(
    name="azure",
    module=azure,
    sdk=openai_sdk,
    base_error=openai_sdk.OpenAIError,
    key="AZURE_OPENAI_API_KEY",
    base_url="AZURE_OPENAI_ENDPOINT",
    apis=("azure.chat",),
    url=lambda server: f"{server.url}/openai",
    make=partial(openai_sdk.AzureOpenAI, api_version="2024-10-21"),
    amake=partial(openai_sdk.AsyncAzureOpenAI, api_version="2024-10-21"),
    create=lambda client: client.chat.completions.create,
    demands={},
    package="openai",
    iterator="openai.Stream.__stream__",
    wire=ChatWire(),
    priced="gpt-4o-mini-2024-07-18",
    dollars=(0.15, 0.075, 0.6),
    lacks={"thinking": NO_REASONING},
    texts=chat_text,
    streamed=Reply.chat,
    whole=chat_whole,
    path="/openai/deployments/m/chat/completions?api-version=2024-10-21",
    settings={"OPENAI_API_VERSION": "2024-10-21"},
)


class MistralClient(mistral_sdk.Mistral):
    """The SDK's client, with HTTP clients that are closed when it is left.

    The SDK closes its own again when it is collected as garbage: in a task, in whatever event loop runs then.
    """

    __module__ = mistral_sdk.Mistral.__module__  # so that it counts as the SDK's own

    def __init__(self, **options: Any) -> None:
        self._http, self._async_http = httpx2.Client(verify=False), httpx2.AsyncClient(verify=False)
        super().__init__(**{"client": self._http, "async_client": self._async_http} | options)

    def __exit__(self, *error: Any) -> None:
        self._http.close()

    async def __aexit__(self, *error: Any) -> None:
        await self._async_http.aclose()


class MistralRow(Row):
    """Mistral's SDK has one class of clients, and its own names for what they take."""

    def client(self, server: Server, **options: Any) -> Any:
        return self.make(**{"server_url": self.url(server), "api_key": "sk-test"} | options)

    def aclient(self, server: Server, **options: Any) -> Any:
        return self.client(server, **options)

    @property
    def broken(self) -> Any:
        return mistral_sdk.errors.MistralError, mistral_sdk.errors.NoResponseError


MISTRAL = MistralRow(
    name="mistral",
    module=mistral,
    sdk=mistral_sdk,
    base_error=mistral_sdk.errors.MistralError,
    key="MISTRAL_API_KEY",
    base_url="MISTRAL_BASE_URL",
    apis=("mistral.chat",),
    url=lambda server: server.url,
    make=MistralClient,
    amake=MistralClient,
    create=lambda client: client.chat.complete,
    demands={},
    package="mistralai",
    iterator="mistralai.client.utils.eventstreaming.EventStream.__next__",
    wire=MistralWire(),
    priced="mistral-small-latest",
    dollars=(0.15, 0.015, 0.6),
    lacks={"partial tools": WHOLE_CALLS},
    texts=chat_text,
    streamed=Reply.chat,
    whole=chat_whole,
    path="/v1/chat/completions",
    prelude="import os; from mistralai.client.sdkconfiguration import SERVERS\n"
    "SERVERS['global'] = os.environ['MISTRAL_BASE_URL']\n",
)

ROWS = (OPENAI, RESPONSES, ANTHROPIC, GROQ, AZURE, MISTRAL)

every_provider = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.apis[0])
"""Runs a test for every provider."""

openai_like = pytest.mark.parametrize(
    "row", [row for row in ROWS if hasattr(row.sdk, "APIStatusError")], ids=lambda row: row.apis[0]
)
"""Runs a test for every provider whose SDK is built like OpenAI's: its clients, its options, its errors."""


def every_exchange(rows: Sequence[Row] = ROWS, **filters: Any) -> pytest.MarkDecorator:
    """Run a test for every recording of every provider that fits `filters`."""
    cases = [pytest.param(row, exchange, id=exchange.id) for row in rows for exchange in exchanges(row.apis, **filters)]
    absent = pytest.param(None, None, id="no-recordings", marks=pytest.mark.skip(reason=MISSING))
    return pytest.mark.parametrize(("row", "exchange"), cases or [absent])


def every_odd_stream(rows: Sequence[Row] = ROWS) -> pytest.MarkDecorator:
    """Run a test for every scripted odd stream of every provider."""
    cases = [pytest.param(row, odd, id=odd.id) for row in rows for odd in ODD_STREAMS if odd.api in row.apis]
    return pytest.mark.parametrize(("row", "odd"), cases)


def ways(cuts: Sequence[int | None] = (None,)) -> Callable[[Any], Any]:
    """Run a test sync and async, and with the bytes cut at random places drawn from each seed."""

    def decorate(test: Any) -> Any:
        test = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])(test)
        return pytest.mark.parametrize("cut", cuts, ids=lambda cut: "whole" if cut is None else f"cut{cut}")(test)

    return decorate


__all__ = [
    "ANTHROPIC",
    "AZURE",
    "CHAT_HEAD",
    "GROQ",
    "MISTRAL",
    "OPENAI",
    "RESPONSES",
    "ROWS",
    "Exchange",
    "OddStream",
    "Row",
    "chat_text",
    "chat_whole",
    "every_exchange",
    "every_odd_stream",
    "every_provider",
    "message_text",
    "message_whole",
    "response_events",
    "response_whole",
    "ways",
]
