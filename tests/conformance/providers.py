"""The providers under test: a row each, and how to call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import anthropic as anthropic_sdk
import groq as groq_sdk
import mistralai.client as mistral_sdk
import openai as openai_sdk
import pytest

from mirascope_like.core import anthropic, azure, groq, mistral, openai
from mirascope_like.core.base.async_stream import AsyncStream
from mirascope_like.core.base.stream import Stream
from tests.harness.odd_streams import ODD_STREAMS, OddStream
from tests.harness.recordings import MISSING, Exchange, exchanges
from tests.harness.server import Reply, Server

JSON = dict[str, Any]

CHAT_HEAD: JSON = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}


def chat_text(*texts: str, finish: str | None = "stop") -> list[JSON]:
    """A chat completions stream of these texts, without the `[DONE]`."""
    deltas: list[JSON] = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    if finish is None:
        return [{**CHAT_HEAD, "choices": [choice]} for choice in choices]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    return [*({**CHAT_HEAD, "choices": [choice]} for choice in choices), {**CHAT_HEAD, "choices": [], "usage": usage}]


def message_text(*texts: str, finish: str | None = "end_turn") -> list[JSON]:
    """An Anthropic message stream of these texts."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "content": []}
    usage = {"input_tokens": 3, "output_tokens": 1}
    start = {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    events: list[JSON] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
    ]
    if finish is None:
        return events
    delta = {"stop_reason": finish, "stop_sequence": None}
    return [
        *events,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]


RESPONSE_HEAD: JSON = {"id": "msg_1", "object": "response", "created_at": 1.0, "model": "m-1"}


def response_events(*texts: str, finish: str | None = "completed") -> list[JSON]:
    """A Responses stream of these texts."""
    head = {**RESPONSE_HEAD, "status": "in_progress", "output": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant"}
    part = {"type": "output_text", "annotations": [], "text": "".join(texts)}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    started = {**message, "status": "in_progress", "content": []}
    events: list[JSON] = [
        {"type": "response.created", "response": head},
        {"type": "response.in_progress", "response": head},
        {"type": "response.output_item.added", "output_index": 0, "item": started},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **place, "delta": text, "logprobs": []} for text in texts),
    ]
    if finish is not None:
        events += [
            {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []},
            {"type": "response.content_part.done", **place, "part": part},
            {
                "type": "response.output_item.done",
                "output_index": 0,
                "item": {**message, "status": "completed", "content": [part]},
            },
            {"type": f"response.{finish}", "response": {**response_whole("".join(texts)), "status": finish}},
        ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def response_whole(text: str) -> JSON:
    """The response that `response_events` streams."""
    part = {"type": "output_text", "annotations": [], "text": text}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    usage = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
    return {**RESPONSE_HEAD, "status": "completed", "output": [message], "usage": usage}


def chat_whole(text: str) -> JSON:
    """The chat completion that `chat_text` streams."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    return {**CHAT_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}


def message_whole(text: str) -> JSON:
    """The message that `message_text` streams."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 5},
    }


@dataclass(frozen=True)
class Row:
    """A provider: its module, its SDK's clients, its recordings, and small scripted replies in its format."""

    name: str
    module: ModuleType
    sdk: ModuleType
    base_error: type[Exception]
    """The root of the SDK's errors."""
    key: str
    """The environment variable of the key."""
    base_url: str
    """The environment variable of the base URL."""
    apis: tuple[str, ...]
    url: Callable[[Server], str]
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
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """Environment variables that the SDK's default client needs besides key and base URL."""
    prelude: str = ""
    """What a program has to do before, where its SDK reads no base URL from the environment."""

    def client(self, server: Server, **options: Any) -> Any:
        """A client of the SDK that calls the server, without retries unless told."""
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

    def ask(self, client: Any = None, prompt: str = "Hi", /, **options: Any) -> Any:
        """An unstreamed call, made."""
        return self.decorated(client, **options)(prompt)

    def stream(self, client: Any = None, prompt: str = "Hi", /, **options: Any) -> Stream[Any, Any, Any]:
        """A streamed call."""
        return self.decorated(client, **{"stream": True, **options})(prompt)

    def astream(self, client: Any = None, prompt: str = "Hi", /, **options: Any) -> AsyncStream[Any, Any, Any]:
        """A streamed async call, neither awaited nor read."""
        return self.adecorated(client, **{"stream": True, **options})(prompt)

    def aask(self, client: Any = None, prompt: str = "Hi", /, **options: Any) -> Awaitable[Any]:
        """An unstreamed async call, to be awaited."""
        return self.adecorated(client, **options)(prompt)

    def decorated(self, client: Any = None, **options: Any) -> Callable[[str], Any]:
        """A prompt function under the provider's `call`."""

        @self.module.call("m", client=client, **options)
        def say(prompt: str) -> str:
            return prompt

        return say

    def adecorated(self, client: Any = None, **options: Any) -> Callable[[str], Any]:
        """An async prompt function under the provider's `call`."""

        @self.module.call("m", client=client, **options)
        async def say(prompt: str) -> str:
            return prompt

        return say


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
    texts=chat_text,
    streamed=Reply.chat,
    whole=chat_whole,
    path="/openai/deployments/m/chat/completions?api-version=2024-10-21",
    settings={"OPENAI_API_VERSION": "2024-10-21"},
)


class MistralRow(Row):
    """Mistral's SDK has one class of clients, and its own names for what they take."""

    def client(self, server: Server, **options: Any) -> Any:
        return self.make(**{"server_url": self.url(server), "api_key": "sk-test"} | options)

    def aclient(self, server: Server, **options: Any) -> Any:
        return self.client(server, **options)


MISTRAL = MistralRow(
    name="mistral",
    module=mistral,
    sdk=mistral_sdk,
    base_error=mistral_sdk.errors.MistralError,
    key="MISTRAL_API_KEY",
    base_url="MISTRAL_BASE_URL",
    apis=("mistral.chat",),
    url=lambda server: server.url,
    make=mistral_sdk.Mistral,
    amake=mistral_sdk.Mistral,
    create=lambda client: client.chat.complete,
    demands={},
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
    "GROQ",
    "MISTRAL",
    "OPENAI",
    "RESPONSES",
    "ROWS",
    "Exchange",
    "OddStream",
    "Row",
    "every_exchange",
    "every_odd_stream",
    "every_provider",
    "ways",
]
