"""What every provider can do, or does instead: a test for each line of the table in `docs/providers.md`."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    BaseMessageParam,
    ConfigurationError,
    ConnectionFailedError,
    Messages,
    NotFoundError,
    PromptError,
    ProviderError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
)
from mirascope_like.core.base.messages import (
    AudioPart,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.conformance.capabilities import both_ways, capability, lacking, nodes
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked, read, shown
from tests.conformance.wires.answer import IMAGE_URL, PDF, PNG, WAV, Answer, Call, Text, Thought
from tests.harness.clocks import PATIENCE, MovedClock, once_begun
from tests.harness.oracles import same
from tests.harness.server import CloseEarly, Do, Pause, Server, Stall

OSLO = Call("callOslo1", "get_weather", '{"city": "O', 'slo"}')
ROME = Call("call_2", "get_weather", '{"city": "R', 'ome"}')


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


def body(row: BaseRow, server: Server) -> Any:
    """The last request, in the spelling of the wire."""
    return row.wire.body(server.request)


def called(tools: Any) -> list[tuple[str | None, str, Any]]:
    return [(tool.id, tool.name, tool.args) for tool in tools]


# Calls and streams


@capability("unstreamed responses")
@both_ways
def test_call(row: BaseRow, asynchronous: bool, server: Server) -> None:
    answer = Answer("Hello")
    server.reply(row.wire.answered(answer))
    response = asked(row, server, asynchronous)
    assert response.content == str(response) == "Hello"
    assert response.common_finish_reasons == ["stop"]
    assert response.common_messages == [Messages.User("Hi")]
    assert response.provider == row.name
    same(row.raw(response), row.wire.whole(answer))


@capability("streams")
@both_ways
def test_stream(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer(Text("Hel", "lo", " you"))).cut(1))
    found = read(row, server, asynchronous=asynchronous)
    assert found.error is None
    assert [chunk.content for chunk, _ in found.pairs if chunk.content] == ["Hel", "lo", " you"]
    assert found.stream.state is StreamState.DONE
    assert found.stream.content == "Hello you"
    assert found.response.common_finish_reasons == ["stop"]


@capability("rebuilt responses")
@both_ways
def test_rebuilt(row: BaseRow, asynchronous: bool, server: Server) -> None:
    answer = Answer(Text("Let me ", "see."), OSLO, ROME)
    server.reply(row.wire.streamed(answer), row.wire.answered(answer))
    rebuilt = read(row, server, asynchronous=asynchronous, tools=[get_weather]).response
    whole = asked(row, server, asynchronous, tools=[get_weather])
    same(row.raw(rebuilt), row.wire.whole(answer))
    same(row.raw(whole), row.wire.whole(answer))
    assert type(rebuilt.response) is type(whole.response)
    assert rebuilt.model == (row.streamed_model or whole.model)
    for name in ("content", "finish_reasons", "usage", "message_param", "common_message_param", "messages"):
        assert getattr(rebuilt, name) == getattr(whole, name), name
    assert type(rebuilt).model_validate_json(rebuilt.model_dump_json()) == rebuilt
    assert pickle.loads(pickle.dumps(rebuilt)) == rebuilt


@capability("usage")
@both_ways
def test_usage(row: BaseRow, asynchronous: bool, server: Server) -> None:
    answer = Answer(Text("Hel", "lo"), input=30, output=50)
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    whole = asked(row, server, asynchronous)
    stream = read(row, server, asynchronous=asynchronous).stream
    for one in (whole, stream):
        assert (one.input_tokens, one.output_tokens) == (30, 50)
        assert one.usage is not None
    assert whole.common_usage.total_tokens == 80


@capability("cached tokens")
def test_cached_tokens(row: BaseRow, server: Server) -> None:
    answer = Answer("Hello", input=30, cached=20, output=50)
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    for one in (asked(row, server, False), read(row, server, asynchronous=False).response):
        assert (one.input_tokens, one.cached_tokens, one.output_tokens) == (30, 20, 50)


@capability("cost")
def test_cost(row: BaseRow, server: Server) -> None:
    pytest.importorskip("genai_prices", reason="the price list is in the extra `cost`")
    answer = Answer("Hello", model=row.priced, input=1_000_000, cached=400_000, output=200_000)
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    fresh, cached, written = row.dollars
    expected = pytest.approx(0.6 * fresh + 0.4 * cached + 0.2 * written)
    assert asked(row, server, False, model=row.priced).cost == expected
    assert read(row, server, asynchronous=False, model=row.priced).stream.cost == expected


@lacking("cost")
def test_no_cost(row: BaseRow, server: Server) -> None:
    answer = Answer("Hello")
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    assert asked(row, server, False).cost is None
    assert read(row, server, asynchronous=False).stream.cost is None


@capability("thinking")
@both_ways
def test_thinking(row: BaseRow, asynchronous: bool, server: Server) -> None:
    answer = Answer(Thought("h", "mm"), Text("Hel", "lo"))
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    whole = asked(row, server, asynchronous)
    found = read(row, server, asynchronous=asynchronous)
    assert [chunk.thinking for chunk, _ in found.pairs if chunk.thinking] == ["h", "mm"]
    assert found.text == "Hello"
    for one in (whole, found.response):
        assert (one.thinking, one.content) == ("hmm", "Hello")
        same(row.raw(one), row.wire.whole(answer))


@lacking("thinking")
def test_no_thinking(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")), row.wire.streamed(Answer("Hello")))
    whole, found = asked(row, server, False), read(row, server, asynchronous=False)
    assert not any(chunk.thinking for chunk, _ in found.pairs)
    assert whole.thinking is found.response.thinking is None


# Tools


@capability("tools")
@both_ways
def test_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer(OSLO)), row.wire.answered(Answer("It is sunny.")))
    response = asked(row, server, asynchronous, tools=[get_weather])
    offered = [one for one in nodes(body(row, server)) if isinstance(one, dict) and one.get("name") == "get_weather"]
    assert [one["description"] for one in offered] == ["Get the weather of a city."]
    assert called(response.tools) == [("callOslo1", "get_weather", {"city": "Oslo"})]
    assert response.common_finish_reasons in (["tool_calls"], ["stop"])  # Gemini stops
    tool = response.tool
    assert tool.call() == "sunny in Oslo"
    results = response.tool_message_params([(tool, tool.call())])
    history = [response.user_message_param, response.message_param, *results]
    assert asked(row, server, asynchronous, history, tools=[get_weather]).content == "It is sunny."
    assert row.wire.result(OSLO, "sunny in Oslo") in list(nodes(body(row, server)))


@capability("parallel tools")
@both_ways
def test_parallel_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    answer = Answer(OSLO, ROME)
    server.reply(row.wire.answered(answer), row.wire.streamed(answer).cut(2))
    expected = [("callOslo1", "get_weather", {"city": "Oslo"}), ("call_2", "get_weather", {"city": "Rome"})]
    assert called(asked(row, server, asynchronous, tools=[get_weather]).tools) == expected
    found = read(row, server, asynchronous=asynchronous, tools=[get_weather])
    assert called(found.tools) == called(found.response.tools) == expected


@capability("streamed tools")
@both_ways
def test_streamed_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("Wait.", OSLO)))
    found = read(row, server, asynchronous=asynchronous, tools=[get_weather])
    assert called(found.tools) == [("callOslo1", "get_weather", {"city": "Oslo"})]
    assert (found.tools[0].call(), found.tools[0].delta) == ("sunny in Oslo", None)
    assert found.text == "Wait."


@capability("partial tools")
@both_ways
def test_partial_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer(OSLO)))
    found = read(row, server, asynchronous=asynchronous, tools=[get_weather], stream={"partial_tools": True})
    *grown, whole = found.tools
    assert called([whole]) == [("callOslo1", "get_weather", {"city": "Oslo"})]
    assert whole.delta is None
    assert all(tool.delta is not None for tool in grown)
    cities = [tool.city for tool in grown if getattr(tool, "city", None)]
    assert cities[0] in ("O", "Os")
    assert cities[-1] == "Oslo"
    assert called(found.response.tools) == called([whole])


@lacking("partial tools")
@both_ways
def test_no_partial_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer(OSLO)))
    found = read(row, server, asynchronous=asynchronous, tools=[get_weather], stream={"partial_tools": True})
    whole = [tool for tool in found.tools if tool.delta is None]
    assert called(whole) == [("callOslo1", "get_weather", {"city": "Oslo"})]
    assert {tool.city for tool in found.tools} == {"Oslo"}


# Structured answers


class Book(BaseModel):
    """A book."""

    title: str
    year: int


class StrictBook(Book):
    """A book."""

    model_config = ConfigDict(strict=True)


EMMA = ('{"title"', ': "Em', 'ma", "year"', ": 1815}")

structures = pytest.mark.parametrize("wanted", ["loose", "strict", "json"])


def structured(row: BaseRow, wanted: str, *, stream: bool) -> tuple[type[Book], Answer, dict[str, Any]]:
    """Return a response model, the provider's response to it, and the arguments of the call."""
    kind = StrictBook if wanted == "strict" else Book
    part = Call("callOslo1", kind.__name__, *EMMA) if way(row, wanted, stream) == "tool" else Text(*EMMA)
    return kind, Answer(part), {"response_model": kind, "json_mode": wanted == "json"}


def way(row: BaseRow, wanted: str, stream: bool) -> str:
    # Groq's structured outputs know no streams.
    return "tool" if row.name == "groq" and stream and wanted == "strict" else row.ways[wanted]


def check_asked(row: BaseRow, server: Server, wanted: str, stream: bool) -> None:
    """Check that the request has the model as a tool, or as a schema, or describes it in the prompt."""
    found = body(row, server)
    names = [one.get("name") for one in nodes(found) if isinstance(one, dict)]
    assert ("tools" in str(found)) == (way(row, wanted, stream) == "tool")
    assert way(row, wanted, stream) != "tool" or {"Book", "StrictBook"} & set(names)
    assert "year" in json.dumps(found)


@capability("response models")
@structures
@both_ways
def test_response_model(row: BaseRow, wanted: str, asynchronous: bool, server: Server) -> None:
    kind, answer, options = structured(row, wanted, stream=False)
    server.reply(row.wire.answered(answer))
    found = asked(row, server, asynchronous, **options)
    assert type(found) is kind
    assert found == kind(title="Emma", year=1815)
    check_asked(row, server, wanted, stream=False)


@capability("streamed response models")
@structures
@both_ways
def test_streamed_response_model(row: BaseRow, wanted: str, asynchronous: bool, server: Server) -> None:
    kind, answer, options = structured(row, wanted, stream=True)
    server.reply(row.wire.streamed(answer))
    *partials, last = shown(row, server, asynchronous, **options)
    assert last == kind(title="Emma", year=1815)
    check_asked(row, server, wanted, stream=True)
    titles = [partial.title for partial in partials]
    assert set(titles) <= {None, "Em", "Emm", "Emma", *({"E"} if row.name == "google" else ())}
    pieces = way(row, wanted, stream=True) != "tool" or "partial tools" not in row.lacks
    assert ("Em" in titles) == pieces


@capability("response models with tools")
@both_ways
def test_response_model_beside_tools(row: BaseRow, asynchronous: bool, server: Server) -> None:
    options: Any = {"response_model": Book, "tools": [get_weather]}
    server.reply(row.wire.answered(Answer(OSLO)), row.wire.answered(Answer(Call("callOslo1", "Book", "".join(EMMA)))))
    response = asked(row, server, asynchronous, **options)
    assert called(response.tools) == [("callOslo1", "get_weather", {"city": "Oslo"})]
    assert asked(row, server, asynchronous, **options) == Book(title="Emma", year=1815)
    names = [one.get("name") for one in nodes(body(row, server)) if isinstance(one, dict)]
    assert {"Book", "get_weather"} <= set(names)


@capability("corrected response models")
@structures
@both_ways
def test_asked_again(row: BaseRow, wanted: str, asynchronous: bool, server: Server) -> None:
    kind, _, options = structured(row, wanted, stream=False)
    name = kind.__name__
    texts = ('{"title": "Emma", "year": "soon"}', '{"title": "Emma", "year": 1815}')
    is_call = way(row, wanted, stream=False) == "tool"
    answers = [Answer(Call(f"call_{at}", name, one) if is_call else one) for at, one in enumerate(texts)]
    server.reply(*(row.wire.answered(one) for one in answers))
    found = asked(row, server, asynchronous, **options, max_retries=1)
    assert found == kind(title="Emma", year=1815)
    assert len(server.requests) == 2
    correction = str(body(row, server))
    assert "soon" in correction
    assert "year" in correction
    assert "valid integer" in correction
    assert [attempt.input_tokens for attempt in found._response.attempts] == [3, 3]
    assert found._response.total_usage.output_tokens == 10


@capability("JSON mode")
@both_ways
def test_json_mode(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer('{"a": 1}')))
    assert asked(row, server, asynchronous, json_mode=True).content == '{"a": 1}'
    assert row.wire.json_mode in list(nodes(body(row, server)))


@lacking("JSON mode")
@both_ways
def test_no_json_mode(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer('Here it is: {"a": 1}')))
    assert json.loads(asked(row, server, asynchronous, json_mode=True).content) == {"a": 1}


# Prompts


@capability("system messages")
def test_system(row: BaseRow, server: Server) -> None:
    prompt = [Messages.System("Be brief."), Messages.User("Hi"), Messages.Assistant("Ho"), Messages.User("Again")]
    server.reply(row.wire.answered(Answer("Hello")))
    assert asked(row, server, False, prompt).common_messages == prompt
    texts = [one for one in nodes(body(row, server)) if one in ("Be brief.", "Hi", "Ho", "Again")]
    assert sorted(texts) == ["Again", "Be brief.", "Hi", "Ho"]


@capability("native messages")
@both_ways
def test_native_messages(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")), row.wire.answered(Answer("Hello again")))
    response = asked(row, server, asynchronous, [row.wire.native])
    assert response.common_messages[0].role == "user"
    first = body(row, server)
    asked(row, server, asynchronous, [row.wire.native, response.message_param, Messages.User("Again")])
    second = body(row, server)
    key = next(key for key in ("messages", "input", "contents") if key in first)
    assert "Hi" in list(nodes(first[key]))
    assert second[key][0] == first[key][0]
    texts = [one for one in nodes(second[key]) if one in ("Hi", "Hello", "Again")]
    assert texts == ["Hi", "Hello", "Again"]


@capability("common history")
def test_history(row: BaseRow, server: Server) -> None:
    prompt = [
        Messages.User("Oslo?"),
        BaseMessageParam(
            role="assistant",
            content=[
                TextPart(text="Let me see."),
                ToolCallPart(name="get_weather", args={"city": "Oslo"}, id="callOslo1"),
            ],
        ),
        Messages.Tool(ToolResultPart(name="get_weather", content="sunny in Oslo", id="callOslo1")),
        Messages.User("Thanks."),
    ]
    server.reply(row.wire.answered(Answer("Hello")))
    response = asked(row, server, False, prompt, tools=[get_weather])
    found = list(nodes(body(row, server)))
    assert row.wire.result(OSLO, "sunny in Oslo") in found
    assert {"city": "Oslo"} in found or '{"city":"Oslo"}' in found
    first, second, third, last = response.common_messages
    assert (first, second, last) == (prompt[0], prompt[1], prompt[3])
    assert [(part.content, part.id) for part in third.content] == [("sunny in Oslo", "callOslo1")]


@capability("common parameters")
def test_common_parameters(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")))
    params = {"temperature": 0.25, "top_p": 0.75, "max_tokens": 77, **row.stops}
    asked(row, server, False, call_params=params)
    found = list(nodes(body(row, server)))
    assert 0.25 in found
    assert 0.75 in found
    assert 77 in found
    assert not row.stops or "END" in found


MEDIA: dict[str, Any] = {
    "image": ImagePart(media_type="image/png", image=PNG),
    "image url": ImageURLPart(url=IMAGE_URL),
    "audio": AudioPart(media_type="audio/wav", audio=WAV),
    "document": DocumentPart(media_type="application/pdf", document=PDF),
}


def check_sent(row: BaseRow, server: Server, kind: str) -> None:
    server.reply(row.wire.answered(Answer("I see.")))
    prompt = [Messages.User("See:", MEDIA[kind])]
    response = asked(row, server, False, prompt)
    assert response.content == "I see."
    assert row.wire.media[kind] in list(nodes(body(row, server)))
    assert response.common_messages == prompt


def check_refused(row: BaseRow, server: Server, kind: str, words: str) -> None:
    with pytest.raises(PromptError, match=words):
        asked(row, server, False, [Messages.User("See:", MEDIA[kind])])
    assert not server.requests


@capability("images")
def test_images(row: BaseRow, server: Server) -> None:
    check_sent(row, server, "image")


@capability("image URLs")
def test_image_urls(row: BaseRow, server: Server) -> None:
    check_sent(row, server, "image url")


@lacking("image URLs")
def test_no_image_urls(row: BaseRow, server: Server) -> None:
    check_refused(row, server, "image url", "s3://")


@capability("audio")
def test_audio(row: BaseRow, server: Server) -> None:
    check_sent(row, server, "audio")


@lacking("audio")
def test_no_audio(row: BaseRow, server: Server) -> None:
    check_refused(row, server, "audio", "no audio parts")


@capability("documents")
def test_documents(row: BaseRow, server: Server) -> None:
    check_sent(row, server, "document")


@lacking("documents")
def test_no_documents(row: BaseRow, server: Server) -> None:
    check_refused(row, server, "document", "no document parts")


# What goes wrong

KINDS = {
    400: BadRequestError,
    401: AuthenticationError,
    404: NotFoundError,
    429: RateLimitError,
    500: ServerError,
}


@capability("errors")
@pytest.mark.parametrize("status", KINDS)
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
@both_ways
def test_errors(row: BaseRow, status: int, stream: bool, asynchronous: bool, server: Server) -> None:
    failed = row.wire.failed(status).with_headers(retry_after="7")
    server.always(failed)
    if stream:
        error: Any = read(row, server, asynchronous=asynchronous).error
    else:
        with pytest.raises(ProviderError) as caught:
            asked(row, server, asynchronous)
        error = caught.value
    assert isinstance(error, KINDS[status])
    assert isinstance(error, row.refusal(status))
    assert error.retry_after == 7
    assert not isinstance(error, StreamInterruptedError)
    assert (error.provider, error.model, error.status_code) == (row.name, "m", failed.status)
    assert "scripted error" in str(error)
    assert "sk-test" not in f"{error} {error!r} {error.body}"


@dataclass
class Nowhere:
    """An address at which nobody listens."""

    url: str = "http://127.0.0.1:9"


@capability("unreachable servers")
@both_ways
def test_unreachable(row: BaseRow, asynchronous: bool) -> None:
    nowhere: Any = Nowhere()
    with pytest.raises(ConnectionFailedError) as caught:
        asked(row, nowhere, asynchronous)
    assert isinstance(caught.value, row.broken)
    error = read(row, nowhere, asynchronous=asynchronous).error
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, row.broken)
    assert not isinstance(error, StreamInterruptedError)


@capability("interrupted streams")
@pytest.mark.parametrize("step", [None, CloseEarly()], ids=["end", "close"])
@both_ways
def test_interrupted(row: BaseRow, step: Any, asynchronous: bool, server: Server) -> None:
    events = row.wire.events(Answer(Text("Hel", "lo"), ended=False))
    reply = row.wire.stream(*events)
    server.reply(reply.truncate(cut_end(reply.body)).then(*((Pause(0.02), step) if step else ())))
    found = read(row, server, asynchronous=asynchronous)
    error: Any = found.error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, row.broken)
    assert found.stream.state is StreamState.FAILED
    assert found.text == "Hello"
    assert error.partial.content == "Hello"
    assert error.partial.finish_reasons is None


def cut_end(sent: bytes) -> int:
    """Return the length of a stream before the event that marks its end."""
    end = sent.rfind(b"data: [DONE]")
    return end if end >= 0 else len(sent)


@capability("deadlines")
@both_ways
def test_deadlines(row: BaseRow, asynchronous: bool, server: Server, clock: MovedClock) -> None:
    events = row.wire.events(Answer(Text("Hel", "lo"), ended=False))
    server.reply(row.wire.stream(*events, Stall()))
    if asynchronous:

        async def main() -> Any:
            async with row.aclient(server) as client:
                with pytest.raises(StreamTimeoutError) as caught:
                    await once_begun(row.astream(client), "idle", clock).collect()
                assert await asyncio.to_thread(server.wait_closed)
                return caught.value

        error = asyncio.run(main())
    else:
        with row.client(server) as client:
            with pytest.raises(StreamTimeoutError) as caught:
                once_begun(row.stream(client), "idle", clock).collect()
            assert server.wait_closed()
        error = caught.value
    assert error.deadline == "idle"
    assert error.partial.content.startswith("Hel")


@capability("deadlines")
def test_a_deadline_for_the_first_output_is_none_for_the_rest(row: BaseRow, server: Server, clock: MovedClock) -> None:
    *begun, last = row.wire.events(Answer(Text("Hel", "lo")))  # the first output is among those before the last
    read = threading.Event()
    server.reply(row.wire.stream(*begun, Do(lambda: read.wait(PATIENCE) and clock.skip(2000)), last))
    with row.client(server) as client:
        stream = row.stream(client).timeout(first=1000).on(text=lambda _: read.set())
        assert stream.collect().content == "Hello"


@capability("streams closed early")
@both_ways
def test_closed_while_it_is_read(row: BaseRow, asynchronous: bool, server: Server) -> None:
    events = row.wire.events(Answer(Text("Hel", "lo"), ended=False))
    server.reply(row.wire.stream(*events, Stall()))

    def come(stream: Any) -> bool:
        return server.wait_until(lambda: stream.content == "Hello")

    async def main() -> Any:
        async with row.aclient(server) as client:
            stream = row.astream(client)
            reader = asyncio.create_task(_drained(stream))
            assert await asyncio.to_thread(come, stream)
            await stream.close()
            await asyncio.wait_for(reader, PATIENCE)
            assert await asyncio.to_thread(server.wait_closed)
        return stream

    if asynchronous:
        stream = asyncio.run(main())
    else:
        with row.client(server) as client, ThreadPoolExecutor(1) as reading:
            stream = row.stream(client)
            read = reading.submit(list[Any], stream)
            assert come(stream)
            stream.close()
            read.result(10)
            assert server.wait_closed()
    assert (stream.state, stream.error) == (StreamState.CLOSED, None)


async def _drained(stream: Any) -> None:
    async for _ in stream:
        pass


@capability("streams closed early")
@both_ways
def test_left(row: BaseRow, asynchronous: bool, server: Server) -> None:
    events = row.wire.events(Answer(Text("Hel", "lo"), ended=False))
    server.reply(row.wire.stream(*events, Stall()))
    if asynchronous:

        async def main() -> None:
            async with row.aclient(server) as client:
                async with row.astream(client) as stream:
                    async for chunk, _ in stream:
                        if chunk.content:
                            break
                assert await asyncio.to_thread(server.wait_closed)
                assert stream.state is StreamState.CLOSED

        asyncio.run(main())
    else:
        with row.client(server) as client:
            with row.stream(client) as stream:
                for chunk, _ in stream:
                    if chunk.content:
                        break
            assert server.wait_closed()
            assert stream.state is StreamState.CLOSED
    assert server.aborted == 1


# Clients


@capability("your own clients")
@both_ways
def test_own_client(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")), row.wire.streamed(Answer("Hello")))
    if asynchronous:

        async def main() -> None:
            async with row.aclient(server) as client:
                assert (await row.aask(client)).content == "Hello"
                given = row.astream(None, {"messages": [Messages.User("Hi")], "client": client})
                assert (await given.collect()).content == "Hello"

        asyncio.run(main())
    else:
        with row.client(server) as client:
            assert row.ask(client).content == "Hello"
            given = row.stream(None, {"messages": [Messages.User("Hi")], "client": client})
            assert given.collect().content == "Hello"
    assert all("sk-test" in json.dumps(request.headers) for request in server.requests)


@capability("missing key named")
@both_ways
def test_missing_key(row: BaseRow, asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(row.key, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name, value in row.settings.items():
        if name != "AWS_SECRET_ACCESS_KEY":
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=row.key):
        asyncio.run(row.adecorated()("Hi")) if asynchronous else row.ask()


@lacking("missing key named")
def test_no_missing_key(row: BaseRow, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert row.base_url is not None
    monkeypatch.delenv(row.key, raising=False)
    monkeypatch.setenv(row.base_url, f"{server.url}/v1")
    server.reply(row.wire.answered(Answer("Hello")))
    assert row.ask().content == "Hello"
