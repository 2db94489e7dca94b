"""Bedrock's Converse through the real boto3, over a real socket."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import boto3
import pytest
from botocore import exceptions as sdk
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    BaseMessageParam,
    BaseTool,
    ConfigurationError,
    ConnectionFailedError,
    ContextWindowExceededError,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    Messages,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    PromptError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    bedrock,
)
from mirascope_like.core.base.messages import AudioPart, CacheControlPart, DocumentURLPart
from tests.harness.clocks import MovedClock, once_begun, waits
from tests.harness.oracles_bedrock import (
    METADATA,
    START,
    USAGE,
    delta,
    ended,
    event,
    exception,
    start,
    stop,
    streamed,
    sum_events,
)
from tests.harness.recordings import Exchange, exchange, parametrize_exchanges
from tests.harness.server import CloseEarly, Gate, Reply, Reset, Server, Stall

JSON = dict[str, Any]
MODEL = "anthropic.claude-3-sonnet-20240229-v1:0"
WAYS = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
HI = [{"role": "user", "content": [{"text": "Hi"}]}]
WHOLE: JSON = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 7},
}


def connected(url: str, **config: Any) -> Any:
    """A client of boto3 that calls a server, without retries."""
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="sk-test",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    client = connected(server.url)
    yield client
    client.close()


def asked(client: Any, **options: Any) -> Callable[[Any], Any]:
    @bedrock.call(MODEL, client=client, **options)
    def say(prompt: Any) -> Any:
        return prompt

    return say


def aasked(client: Any, **options: Any) -> Callable[[Any], Any]:
    @bedrock.call(MODEL, client=client, **options)
    async def say(prompt: Any) -> Any:
        return prompt

    return say


class Read:
    """A stream, read to its end or to where it breaks."""

    def __init__(self, client: Any, *, asynchronous: bool = False, **options: Any) -> None:
        options = {"stream": True, **options}
        self.pairs: list[tuple[Any, Any]] = []
        self.error: Any = None
        try:
            if asynchronous:
                self.stream: Any = aasked(client, **options)("Hi")
                asyncio.run(self._read())
            else:
                self.stream = asked(client, **options)("Hi")
                self.pairs.extend(self.stream)
        except Exception as error:
            self.error = error

    async def _read(self) -> None:
        async for pair in self.stream:
            self.pairs.append(pair)

    @property
    def text(self) -> str:
        return "".join(chunk.content for chunk, _ in self.pairs)

    @property
    def tools(self) -> list[Any]:
        return [tool for _, tool in self.pairs if tool is not None]

    @property
    def response(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.stream.construct_call_response()


def whole_by_boto(client: Any, server: Server, body: bytes) -> JSON:
    """Return what boto3 returns for the same response unstreamed, without its metadata of the HTTP response."""
    server.reply(Reply.json(sum_events(body)))
    whole: JSON = client.converse(modelId=MODEL, messages=HI)
    return without_metadata(whole)


def without_metadata(response: JSON) -> JSON:
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


# Recordings


@parametrize_exchanges("bedrock.converse", stream=True)
@WAYS
@pytest.mark.parametrize("cut", [None, 1, 2])
def test_streams_are_rebuilt(
    exchange: Exchange, asynchronous: bool, cut: int | None, client: Any, server: Server
) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    found = Read(client, asynchronous=asynchronous)
    response = found.response
    expected = whole_by_boto(client, server, exchange.response.body)
    assert without_metadata(response.response) == expected
    assert response.id == exchange.response.headers.get("x-amzn-requestid")
    assert found.stream.state is StreamState.DONE
    assert found.text == found.stream.content == response.content == str(response)
    for name in ("model", "id", "finish_reasons", "input_tokens", "cached_tokens", "output_tokens", "usage", "cost"):
        assert getattr(found.stream, name) == getattr(response, name), name
    assert found.stream.message_param == response.message_param
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response
    assert again.response == response.response
    assert server.connections == 1


@parametrize_exchanges("bedrock.converse", stream=False, error=False)
@WAYS
def test_whole_answers_are_botos(exchange: Exchange, asynchronous: bool, client: Any, server: Server) -> None:
    recorded = Reply.from_exchange(exchange)
    server.reply(recorded, recorded)
    theirs = client.converse(modelId=MODEL, messages=HI)
    ours = asyncio.run(aasked(client)("Hi")) if asynchronous else asked(client)("Hi")
    assert ours.response == theirs
    raw = json.loads(exchange.response.body)
    content = raw["output"]["message"]["content"]
    assert ours.content == "".join(block.get("text", "") for block in content)
    thoughts = [block["reasoningContent"]["reasoningText"]["text"] for block in content if "reasoningContent" in block]
    assert ours.thinking == ("".join(thoughts) or None)
    assert (ours.finish_reasons, ours.output_tokens) == ([raw["stopReason"]], raw["usage"]["outputTokens"])
    assert ours.model == MODEL
    again = type(ours).model_validate_json(ours.model_dump_json())
    assert again == ours
    assert again.response == theirs
    assert server.requests[0].body == server.requests[1].body


@parametrize_exchanges("bedrock.converse", stream=False, error=False)
def test_recorded_messages_are_sent_as_they_are(exchange: Exchange, client: Any, server: Server) -> None:
    server.reply(Reply.json(WHOLE), Reply.json(WHOLE))
    native = as_boto(exchange.request.body["messages"])
    asked(client)(native)
    assert server.request.json["messages"] == exchange.request.body["messages"]
    response = asked(client)(native)
    assert len(response.common_messages) == len(native)


def as_boto(value: Any) -> Any:
    """A recorded request as boto3 wants it: with bytes."""
    import base64

    if isinstance(value, dict):
        return {k: base64.b64decode(v) if k == "bytes" else as_boto(v) for k, v in value.items()}
    return [as_boto(one) for one in value] if isinstance(value, list) else value


@WAYS
@pytest.mark.parametrize("partial", [False, True])
def test_recorded_tools(asynchronous: bool, partial: bool, client: Any, server: Server) -> None:
    def get_weather(location: str) -> str:
        """Get the current weather for a location."""
        return f"sunny in {location}"

    server.reply(Reply.from_exchange(exchange("stream-tools-anthropic.claude-3-sonnet-20240229-v1-0-f6eb281d"), cut=3))
    stream: Any = {"partial_tools": True} if partial else True
    found = Read(client, asynchronous=asynchronous, tools=[get_weather], stream=stream)
    whole = [tool for tool in found.tools if tool.delta is None]
    grown = "".join(tool.delta for tool in found.tools if tool.delta is not None)
    assert [tool.args for tool in whole] == [{"location": "Barcelona"}]
    assert grown == ('{"location": "Barcelona"}' if partial else "")
    response = found.response
    assert isinstance(response.tool, bedrock.BedrockTool)
    assert (response.tool.args, response.common_finish_reasons) == (whole[0].args, ["tool_calls"])
    assert response.tool_message_params([(whole[0], whole[0].call())]) == [
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": whole[0].id, "content": [{"text": "sunny in Barcelona"}]}}],
        }
    ]
    spec = server.request.json["toolConfig"]["tools"][0]["toolSpec"]
    assert (spec["name"], spec["description"]) == ("get_weather", "Get the current weather for a location.")


def test_oddities_of_recordings(client: Any, server: Server) -> None:
    for stem in (
        "stream-tools-anthropic.claude-3-sonnet-20240229-v1-0-f6eb281d",
        "stream-reasoning-openai.gpt-oss-120b-1-0-5ab449d5",
        "stream-amazon.titan-text-express-v1-6c783cdd",
    ):
        server.reply(Reply.from_exchange(exchange(stem)))
    padded, empty, guarded = (Read(client) for _ in range(3))
    assert all("p" not in value for chunk, _ in padded.pairs for value in chunk.chunk.values())
    blocks = empty.response.response["output"]["message"]["content"]
    assert [list(block) for block in blocks] == [["text"], ["reasoningContent"], ["text"]]
    assert blocks[0] == {"text": ""}
    assert empty.response.thinking == "".join(chunk.thinking for chunk, _ in empty.pairs)
    assert [list(block) for block in empty.response.message_param["content"]] == [["reasoningContent"], ["text"]]
    assert guarded.response.common_finish_reasons == ["content_filter"]
    assert guarded.response.response["trace"]["guardrail"]["actionReason"].startswith("No action.")


# Streams


@WAYS
@pytest.mark.parametrize("cut", [None, 5])
def test_every_kind_of_event(asynchronous: bool, cut: int | None, client: Any, server: Server) -> None:
    web = {"web": {"url": "https://example.com", "domain": "example.com"}}
    body = [
        START,
        delta(0, reasoningContent={"text": "h"}),
        delta(0, reasoningContent={"text": "m"}),
        delta(0, reasoningContent={"signature": "si"}),
        delta(0, reasoningContent={"signature": "g"}),
        stop(0),
        delta(1, reasoningContent={"redactedContent": "AQID"}),
        delta(1, reasoningContent={"redactedContent": "/v8="}),
        stop(1),
        delta(2, reasoningContent={"signature": "alone"}),
        stop(2),
        delta(3, text="Blue"),
        delta(3, citation={"title": "Sky", "sourceContent": [{"text": "blue"}], "location": web}),
        delta(3, text="!"),
        stop(3),
        start(4, toolUse={"toolUseId": "s1", "name": "search", "type": "server_tool_use"}),
        delta(4, toolUse={"input": '{"bytes": "AQID"}'}),
        stop(4),
        start(5, toolResult={"toolUseId": "s1", "status": "success", "type": "x"}),
        delta(5, toolResult=[{"text": "fo"}]),
        delta(5, toolResult=[{"text": "und"}, {"json": {"bytes": "AQID"}}]),
        stop(5),
        start(6, image={"format": "png"}),
        delta(6, image={"source": {"bytes": "AQID"}}),
        stop(6),
        ended(additionalModelResponseFields={"stop_sequence": "x"}),
        event(
            "metadata",
            usage={**USAGE, "cacheReadInputTokens": 10, "cacheWriteInputTokens": 20},
            metrics={"latencyMs": 7},
        ),
    ]
    reply = streamed(*body)
    server.reply(reply if cut is None else reply.cut(cut))
    found = Read(client, asynchronous=asynchronous, tools=[Book])
    response = found.response
    assert without_metadata(response.response) == whole_by_boto(client, server, reply.body)
    assert (response.thinking, response.content, found.text) == ("hm", "Blue!", "Blue!")
    assert response.citations[0]["title"] == "Sky"
    assert found.tools == []
    assert response.tools is None
    blocks = response.message_param["content"]
    assert blocks[1] == {"reasoningContent": {"redactedContent": b"\x01\x02\x03\xfe\xff"}}
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (33, 10, 5)
    assert response.common_usage.total_tokens == 38
    again = type(response).model_validate_json(response.model_dump_json())
    assert again.response == response.response
    assert again == response
    server.reply(Reply.json(WHOLE))
    asked(client)([*HI, response.message_param])  # boto3 checks that it can be sent back
    assert server.request.json["messages"][1]["content"][1] == {"reasoningContent": {"redactedContent": "AQID/v8="}}


class Book(BaseTool):
    """A book."""

    title: str
    tool_config: ClassVar[Any] = {"strict": True}


def test_interleaved_and_empty_calls(client: Any, server: Server) -> None:
    def nothing() -> None:
        """Do nothing."""

    server.reply(
        streamed(
            START,
            start(0, toolUse={"toolUseId": "t1", "name": "Book"}),
            start(1, toolUse={"toolUseId": "t2", "name": "nothing"}),
            delta(0, toolUse={"input": '{"tit'}),
            delta(1, toolUse={"input": ""}),
            delta(0, toolUse={"input": 'le": "x"}'}),
            stop(1),
            stop(0),
            ended("tool_use"),
            METADATA,
        )
    )
    found = Read(client, tools=[Book, nothing])
    assert [(tool.id, tool.args) for tool in found.tools] == [("t2", {}), ("t1", {"title": "x"})]
    deltas = [piece for chunk, _ in found.pairs for piece in chunk.tool_deltas]
    assert [(one.index, one.name, one.arguments) for one in deltas[:3]] == [
        (0, "Book", ""),
        (1, "nothing", ""),
        (0, None, '{"tit'),
    ]


def test_arguments_that_are_cut_off(client: Any, server: Server) -> None:
    call = start(0, toolUse={"toolUseId": "t1", "name": "Book"})
    server.reply(streamed(START, call, delta(0, toolUse={"input": '{"title": "x'}), ended("max_tokens"), METADATA))
    found = Read(client, tools=[Book])
    assert found.tools[0].error is not None
    assert found.response.response["output"]["message"]["content"][0]["toolUse"]["input"] == {"title": "x"}


def test_boto_drops_an_unknown_event(client: Any, server: Server) -> None:
    server.reply(streamed(START, event("somethingNew", x=1), delta(0, text="a"), ended(), METADATA))
    found = Read(client)
    names = [next(iter(chunk.chunk)) for chunk, _ in found.pairs]
    assert names == ["messageStart", "contentBlockDelta", "messageStop", "metadata"]
    assert found.response.content == "a"


def test_a_router_names_its_model(client: Any, server: Server) -> None:
    trace = {"promptRouter": {"invokedModelId": "amazon.nova-lite-v1:0"}}
    metadata = event("metadata", usage=USAGE, metrics={"latencyMs": 7}, trace=trace)
    server.reply(streamed(START, delta(0, text="a"), ended(), metadata))
    found = Read(client)
    assert found.stream.model == found.response.model == found.pairs[-1][0].model == "amazon.nova-lite-v1:0"


@WAYS
@pytest.mark.parametrize("fault", [CloseEarly(), Reset(), None], ids=["closed", "reset", "ended"])
def test_a_broken_stream(fault: Any, asynchronous: bool, client: Any, server: Server) -> None:
    whole = streamed(START, delta(0, text="so far"))
    server.reply(whole.then(fault) if fault else whole)
    found = Read(client, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ConnectionFailedError)
    assert isinstance(found.error, sdk.BotoCoreError)
    partial = found.error.partial
    assert (partial.content, partial.finish_reasons, partial.usage) == ("so far", None, None)


@WAYS
def test_an_end_without_usage_is_an_answer(asynchronous: bool, client: Any, server: Server) -> None:
    server.reply(streamed(START, delta(0, text="a"), ended()))
    found = Read(client, asynchronous=asynchronous)
    assert (found.response.content, found.response.usage, found.response.cost) == ("a", None, None)


@WAYS
def test_a_cut_event_is_an_interruption(asynchronous: bool, client: Any, server: Server) -> None:
    reply = streamed(START, delta(0, text="so far"), ended(), METADATA)
    server.reply(reply.truncate(len(START) + len(delta(0, text="so far")) + 9))
    assert isinstance(Read(client, asynchronous=asynchronous).error, StreamInterruptedError)


@WAYS
def test_garbage_is_an_error(asynchronous: bool, client: Any, server: Server) -> None:
    server.reply(streamed(START, b"\x00\x00\x00\x64" + b"garbage, and no event" * 9))
    found = Read(client, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ProviderError)


TWO_KINDS = {"text": "a", "toolUse": {"toolUseId": "t1", "name": "f", "input": {}}}


@WAYS
def test_a_block_of_two_kinds_is_an_error(asynchronous: bool, client: Any, server: Server) -> None:
    whole = {"output": {"message": {"role": "assistant", "content": [TWO_KINDS]}}, "stopReason": "end_turn"}
    server.reply(Reply.json(whole))
    with pytest.raises(ProviderError, match="must have one and only one member set") as caught:
        opened(client, asynchronous, stream=False)
    assert isinstance(caught.value, sdk.BotoCoreError)
    server.reply(streamed(START, delta(0, text="so far"), delta(0, text="a", toolUse={"input": "{}"}), ended()))
    found = Read(client, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ProviderError)
    assert found.error.partial.content == "so far"


MID_STREAM = {
    "throttlingException": RateLimitError,
    "modelStreamErrorException": ServerError,
    "internalServerException": ServerError,
    "serviceUnavailableException": OverloadedError,
    "validationException": BadRequestError,
}


@WAYS
@pytest.mark.parametrize("name", MID_STREAM)
def test_an_error_in_the_stream(name: str, asynchronous: bool, client: Any, server: Server) -> None:
    server.reply(streamed(START, delta(0, text="so far"), exception(name, "it broke")))
    error = Read(client, asynchronous=asynchronous).error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, MID_STREAM[name])
    assert isinstance(error, sdk.EventStreamError)
    assert "it broke" in str(error)
    assert error.body == {"Code": name, "Message": "it broke"}
    assert error.partial.content == "so far"


@WAYS
def test_leaving_closes_the_connection(asynchronous: bool, client: Any, server: Server) -> None:
    server.reply(streamed(START, delta(0, text="a"), Stall()))

    async def main() -> None:
        async with aasked(client, stream=True)("Hi") as stream:
            async for chunk, _ in stream:
                if chunk.content:
                    break
        assert await asyncio.to_thread(server.wait_closed)

    if asynchronous:
        asyncio.run(main())
    else:
        with asked(client, stream=True)("Hi") as stream:
            for chunk, _ in stream:
                if chunk.content:
                    break
        assert server.wait_closed()


def test_dropping_a_stream_closes_the_connection(client: Any, server: Server) -> None:
    server.reply(streamed(START, delta(0, text="a"), Stall()))
    stream = asked(client, stream=True)("Hi")
    next(stream)
    del stream
    assert server.wait_closed()


@WAYS
@pytest.mark.parametrize("begun", [False, True])
def test_deadlines(asynchronous: bool, begun: bool, client: Any, server: Server, clock: MovedClock) -> None:
    gate = Gate()
    reply = streamed(START, delta(0, text="a"), Stall())
    server.reply(reply if begun else reply.insert(0, gate))
    make = aasked if asynchronous else asked
    stream = make(client, stream=True)("Hi")
    stream.timeout(first=0.05) if not begun else once_begun(stream, "idle", clock)
    with pytest.raises(StreamTimeoutError) as caught:
        asyncio.run(stream.collect()) if asynchronous else stream.collect()
    assert caught.value.deadline == ("idle" if begun else "first")
    assert (caught.value.partial.content if begun else caught.value.partial) == ("a" if begun else None)
    gate.open()
    assert server.wait_closed()


def threads() -> int:
    return sum(thread.name == "mirascope-like" for thread in threading.enumerate())


@pytest.mark.parametrize("begun", [False, True])
def test_cancelling_a_stream_ends_its_thread(begun: bool, client: Any, server: Server) -> None:
    gate = Gate()
    reply = streamed(START, delta(0, text="a"), Stall())
    server.reply(reply if begun else reply.insert(0, gate))

    async def main() -> None:
        task = asyncio.create_task(aasked(client, stream=True)("Hi").collect())
        await asyncio.to_thread(server.wait_requests)
        await waits(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open()
        assert await asyncio.to_thread(server.wait_closed)

    asyncio.run(main())
    assert server.wait_until(lambda: threads() == 0)


def test_cancelling_a_call_ends_its_thread_and_its_connection(client: Any, server: Server) -> None:
    server.reply(replace(Reply.json(WHOLE), delay=60))

    async def main() -> None:
        task = asyncio.create_task(aasked(client)("Hi"))
        await asyncio.to_thread(server.wait_requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert server.wait_until(lambda: threads() == 0)
    assert server.wait_closed()
    assert server.aborted == 1


def test_a_slow_reader_holds_the_thread_back(client: Any, server: Server) -> None:
    server.reply(streamed(START, *(delta(0, text=str(number % 10)) for number in range(500)), ended(), METADATA))

    def sent_all() -> bool:
        return server.served[0].state == "sent"

    async def main() -> None:
        stream = aasked(client, stream=True)("Hi")
        text = ""
        async for chunk, _ in stream:
            text += chunk.content
            if len(text) < 5:
                await asyncio.to_thread(server.wait_until, sent_all)
        assert text == "0123456789" * 50

    asyncio.run(main())


def test_many_streams_at_once(server: Server) -> None:
    server.always(streamed(START, delta(0, text="a"), ended(), METADATA).paced(0.02))
    client = connected(server.url, max_pool_connections=50)

    async def main() -> list[Any]:
        return await asyncio.gather(*(aasked(client, stream=True)("Hi").collect() for _ in range(50)))

    assert [response.content for response in asyncio.run(main())] == ["a"] * 50
    client.close()


# Errors

STATUSES: list[tuple[int, str, str, type[ProviderError]]] = [
    (429, "ThrottlingException", "slow down", RateLimitError),
    (403, "AccessDeniedException", "no", PermissionDeniedError),
    (403, "UnrecognizedClientException", "The security token is invalid", AuthenticationError),
    (403, "ExpiredTokenException", "expired", AuthenticationError),
    (400, "ValidationException", "no", BadRequestError),
    (400, "ValidationException", "Input is too long for requested model.", ContextWindowExceededError),
    (404, "ResourceNotFoundException", "no such model", NotFoundError),
    (408, "ModelTimeoutException", "late", RequestTimeoutError),
    (424, "ModelErrorException", "broken", ServerError),
    (429, "ModelNotReadyException", "wait", OverloadedError),
    (500, "InternalServerException", "oh", ServerError),
    (503, "ServiceUnavailableException", "busy", OverloadedError),
    (418, "Whatever", "odd", BadRequestError),
]


@pytest.mark.parametrize(("status", "code", "text", "ours"), STATUSES)
@pytest.mark.parametrize("stream", [False, True])
@WAYS
def test_errors_are_botos_and_ours(
    status: int,
    code: str,
    text: str,
    ours: type[ProviderError],
    stream: bool,
    asynchronous: bool,
    client: Any,
    server: Server,
) -> None:
    headers = {"x-amzn-errortype": code, "x-amzn-requestid": "r-9", "retry-after": "7"}
    server.reply(Reply.json({"message": text}, status, headers=headers))
    with pytest.raises(ProviderError) as caught:
        opened(client, asynchronous, stream)
    error: Any = caught.value
    assert isinstance(error, ours)
    assert isinstance(error, sdk.ClientError)
    if code in ("ThrottlingException", "ValidationException"):
        assert isinstance(error, getattr(client.exceptions, code))
    assert not isinstance(error, StreamInterruptedError)
    assert (error.provider, error.model, error.status_code, error.request_id) == ("bedrock", MODEL, status, "r-9")
    assert (error.retry_after, error.body) == (7.0, {"Code": code, "Message": text})
    assert error.operation_name in ("Converse", "ConverseStream")
    assert "sk-test" not in f"{error} {error!r}"
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, ours)
    assert isinstance(again, sdk.ClientError)
    assert (str(again), again.response) == (str(error), error.response)


def opened(client: Any, asynchronous: bool, stream: bool) -> None:
    """Make a call, and read no more than its beginning."""
    if not asynchronous:
        asked(client, stream=stream)("Hi").open()
        return

    async def main() -> None:
        given: Any = aasked(client, stream=stream)("Hi")
        await (given.open() if stream else given)

    asyncio.run(main())


@parametrize_exchanges("bedrock.converse", error=True)
def test_recorded_errors(exchange: Exchange, client: Any, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange))
    with pytest.raises(BadRequestError) as caught:
        asked(client)("Hi")
    assert isinstance(caught.value, sdk.ClientError)
    assert json.loads(exchange.response.body)["message"] in str(caught.value)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any settings of AWS's."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@WAYS
def test_no_region(asynchronous: bool, bare: None) -> None:
    with pytest.raises(ConfigurationError, match="AWS_DEFAULT_REGION") as caught:
        asyncio.run(aasked(None)("Hi")) if asynchronous else asked(None)("Hi")
    assert isinstance(caught.value, sdk.NoRegionError)


@WAYS
@pytest.mark.parametrize("stream", [False, True])
def test_no_credentials(asynchronous: bool, stream: bool, bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY_ID") as caught:
        opened(None, asynchronous, stream)
    assert isinstance(caught.value, sdk.NoCredentialsError)


def soon_impatient(parsed: Any, **_: Any) -> None:
    """Make the timeout of a read, which goes by the real clock, short once a stream has begun."""
    parsed["stream"]._raw_stream._connection.sock.settimeout(0.05)


def test_unreachable_and_late(server: Server) -> None:
    with pytest.raises(ConnectionFailedError) as refused:
        asked(connected("http://127.0.0.1:1"))("Hi")
    assert isinstance(refused.value, sdk.EndpointConnectionError)
    server.reply(Reply.json(WHOLE).insert(0, Stall()), streamed(START, Stall()))
    with pytest.raises(RequestTimeoutError) as late:
        asked(connected(server.url, read_timeout=0.05))("Hi")
    assert isinstance(late.value, sdk.ReadTimeoutError)
    client = connected(server.url)
    client.meta.events.register("after-call.bedrock-runtime.ConverseStream", soon_impatient)
    error = Read(client).error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, sdk.ReadTimeoutError)


def test_what_boto_refuses(client: Any) -> None:
    with pytest.raises(BadRequestError) as caught:
        asked(client, call_params={"guardrailConfig": {"nonsense": 1}})("Hi")
    assert isinstance(caught.value, sdk.ParamValidationError)


def test_the_default_client_follows_the_environment(
    bare: None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.always(Reply.json(WHOLE))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sk-env")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
    assert asked(None)("Hi").content == "Hello"
    assert asyncio.run(aasked(None)("Hi")).content == "Hello"
    assert server.connections == 1
    assert "AKIDENV" in server.request.headers["authorization"]
    assert "eu-west-1" in server.request.headers["authorization"]


def test_a_client_of_another_kind() -> None:
    class Client:
        async def converse(self, **given: Any) -> None: ...

    with pytest.raises(ConfigurationError, match=r"boto3\.client"):
        asked(Client())("Hi")


# Requests


def sent(server: Server, client: Any, prompt: Any, **options: Any) -> JSON:
    server.reply(Reply.json(WHOLE))
    asked(client, **options)(prompt)
    body: JSON = server.request.json
    return body


def test_every_part(client: Any, server: Server) -> None:
    prompt = [
        BaseMessageParam(role="system", content=[TextPart(text="Be brief."), CacheControlPart()]),
        BaseMessageParam(
            role="user",
            content=[
                TextPart(text="Look:"),
                CacheControlPart(),
                ImagePart(media_type="image/png", image=b"png"),
                ImageURLPart(url="s3://bucket/a.JPG"),
                DocumentPart(media_type="application/pdf", document=b"pdf"),
                DocumentURLPart(url="s3://bucket/b.md"),
                AudioPart(media_type="audio/mpeg", audio=b"mp3"),
            ],
        ),
        BaseMessageParam(
            role="assistant",
            content=[
                TextPart(text="Well."),
                ToolCallPart(name="f", args={"a": 1}, id="t1"),
                ToolCallPart(name="g", id="t2"),
            ],
        ),
        Messages.Tool(ToolResultPart(name="f", content="ok", id="t1")),
        Messages.Tool(ToolResultPart(name="g", content="no", id="t2", is_error=True)),
    ]
    body = sent(server, client, prompt)
    assert body["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]
    user, assistant, results = body["messages"]
    assert user["content"] == [
        {"text": "Look:"},
        {"cachePoint": {"type": "default"}},
        {"image": {"format": "png", "source": {"bytes": "cG5n"}}},
        {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.JPG"}}}},
        {"document": {"format": "pdf", "name": "document 1", "source": {"bytes": "cGRm"}}},
        {"document": {"format": "md", "name": "document 2", "source": {"s3Location": {"uri": "s3://bucket/b.md"}}}},
        {"audio": {"format": "mp3", "source": {"bytes": "bXAz"}}},
    ]
    assert assistant["content"][1:] == [
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}}},
    ]
    assert results == {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "t1", "content": [{"text": "ok"}]}},
            {"toolResult": {"toolUseId": "t2", "content": [{"text": "no"}], "status": "error"}},
        ],
    }
    server.reply(Reply.json(WHOLE))
    common = asked(client)(prompt).common_messages
    assert common[0] == prompt[0]
    assert common[1] == prompt[1].model_copy(update={"content": common[1].content})
    assert common[1].content[:3] == prompt[1].content[:3]
    assert common[2] == prompt[2].model_copy(update={"content": common[2].content})
    assert [part.is_error for part in common[3].content] == [False, True]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (ImagePart(media_type="image/tiff", image=b"x"), "not image/tiff"),
        (ImageURLPart(url="https://example.com/a.png"), "s3://"),
        (ImageURLPart(url="s3://bucket/a"), "not by the ending of the URL s3://bucket/a"),
        (AudioPart(media_type="audio/midi", audio=b"x"), "audio/midi"),
        (DocumentPart(media_type="application/zip", document=b"x"), "application/zip"),
    ],
)
def test_what_cannot_be_sent(part: Any, message: str, client: Any) -> None:
    with pytest.raises(PromptError, match=message):
        asked(client)([BaseMessageParam(role="user", content=[part])])


def test_params_and_tools(client: Any, server: Server) -> None:
    native = {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}
    params: Any = {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.25,
        "stop": "x",
        "toolConfig": {"toolChoice": {"any": {}}},
        "additionalModelRequestFields": {"top_k": 3},
        "system": [{"text": "First."}],
    }
    body = sent(server, client, [Messages.System("Second."), *HI], call_params=params, tools=[Book, native])
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.5, "topP": 0.25, "stopSequences": ["x"]}
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["f", "Book"]
    assert body["toolConfig"]["tools"][1]["toolSpec"]["strict"] is True
    assert body["toolConfig"]["toolChoice"] == {"any": {}}
    assert body["system"] == [{"text": "First."}, {"text": "Second."}]
    assert body["additionalModelRequestFields"] == {"top_k": 3}
    with pytest.raises(ConfigurationError, match="'max_tokens'"):
        asked(client, call_params={"maxtokens": 3})


class Place(BaseModel):
    street: str
    floors: list[int] = Field(default=[], max_length=3)


class Deliver(BaseTool):
    """Bring it."""

    to: Place
    days: int = Field(default=1, ge=1)
    tool_config: ClassVar[Any] = {"strict": True}


def test_a_strict_tool_is_sent_with_the_keywords_that_bedrock_accepts(client: Any, server: Server) -> None:
    (tool,) = sent(server, client, "Hi", tools=[Deliver])["toolConfig"]["tools"]
    assert tool["toolSpec"]["strict"] is True
    assert tool["toolSpec"]["inputSchema"]["json"] == {
        "type": "object",
        "properties": {
            "to": {"$ref": "#/$defs/Place"},
            "days": {"type": "integer", "description": "(minimum: 1)"},
        },
        "required": ["to"],
        "additionalProperties": False,
        "$defs": {
            "Place": {
                "type": "object",
                "properties": {
                    "street": {"type": "string"},
                    "floors": {"type": "array", "items": {"type": "integer"}, "description": "(maxItems: 3)"},
                },
                "required": ["street"],
                "additionalProperties": False,
            }
        },
    }


def test_nothing_unset_is_sent(client: Any, server: Server) -> None:
    assert sent(server, client, "Hi") == {"messages": HI}
    assert server.request.path == f"/model/{MODEL.replace(':', '%3A')}/converse"


# Structured answers


class Trip(BaseModel):
    """A trip."""

    to: str
    days: int


TRIP = '{"to":"Rome","days":3}'


def trips(*texts: str) -> Reply:
    deltas = [delta(0, toolUse={"input": text}) for text in texts]
    return streamed(START, start(0, toolUse={"toolUseId": "t1", "name": "Trip"}), *deltas, stop(0), ended("tool_use"))


def test_an_answer_of_a_type(client: Any, server: Server) -> None:
    server.reply(trips(TRIP[:7], TRIP[7:]))
    answers = list(asked(client, response_model=Trip, stream=True)("Hi"))
    assert answers[-1] == Trip(to="Rome", days=3)
    config = server.request.json["toolConfig"]
    assert config["toolChoice"] == {"any": {}}
    assert config["tools"][0]["toolSpec"]["name"] == "Trip"
    assert "outputConfig" not in server.request.json


def test_a_strict_answer(client: Any, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("call-structured-us.anthropic.claude-sonnet-4-6-68e3b37c")))

    class CityInfo(BaseModel):
        model_config = ConfigDict(strict=True)

        city: str
        country: str
        population: int

    assert asked(client, response_model=CityInfo)("Hi") == CityInfo(city="Paris", country="France", population=2161000)
    held = server.request.json["outputConfig"]["textFormat"]
    assert held["type"] == "json_schema"
    assert held["structure"]["jsonSchema"]["name"] == "CityInfo"
    schema = json.loads(held["structure"]["jsonSchema"]["schema"])
    recorded = exchange("call-structured-us.anthropic.claude-sonnet-4-6-68e3b37c").request.body["outputConfig"]
    assert schema == json.loads(recorded["textFormat"]["structure"]["jsonSchema"]["schema"])


def test_a_strict_answer_is_asked_for_in_the_words_that_bedrock_takes(client: Any, server: Server) -> None:
    class Stay(BaseModel):
        model_config = ConfigDict(strict=True)

        nights: int = Field(ge=1)

    server.reply(
        Reply.json({**WHOLE, "output": {"message": {"role": "assistant", "content": [{"text": '{"nights": 2}'}]}}})
    )
    assert asked(client, response_model=Stay)("Hi") == Stay(nights=2)
    held = json.loads(server.request.json["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
    assert held == {
        "type": "object",
        "properties": {"nights": {"type": "integer", "description": "(minimum: 1)"}},
        "required": ["nights"],
        "additionalProperties": False,
    }


def test_a_model_that_thinks_is_asked_in_words(client: Any, server: Server) -> None:
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    content = [{"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, {"text": f"So: {TRIP}"}]
    server.reply(Reply.json({**WHOLE, "output": {"message": {"role": "assistant", "content": content}}}))
    params: Any = {"additionalModelRequestFields": thinking}
    assert asked(client, response_model=Trip, call_params=params)("Hi") == Trip(to="Rome", days=3)
    assert "toolConfig" not in server.request.json
    assert "JSON schema" in server.request.json["system"][0]["text"]


@WAYS
def test_json_mode(asynchronous: bool, client: Any, server: Server) -> None:
    message = {"role": "assistant", "content": [{"text": f"Here it is: {TRIP}"}]}
    server.reply(Reply.json({**WHOLE, "output": {"message": message}}))
    options: Any = {"json_mode": True}
    response = asyncio.run(aasked(client, **options)("Hi")) if asynchronous else asked(client, **options)("Hi")
    assert response.content == TRIP


def test_an_answer_beside_tools(client: Any, server: Server) -> None:
    server.reply(trips(TRIP))
    answers = list(asked(client, response_model=Trip, tools=[Book], stream=True)("Hi"))
    assert answers[-1] == Trip(to="Rome", days=3)
    names = [tool["toolSpec"]["name"] for tool in server.request.json["toolConfig"]["tools"]]
    assert names == ["Book", "Trip"]
