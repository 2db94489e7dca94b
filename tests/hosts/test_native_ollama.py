"""Ollama's own `/api/chat`, through the clients of its package."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import ollama as ollama_sdk
import pytest

from mirascope_like.core import (
    AudioPart,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    DocumentPart,
    ImageURLPart,
    Messages,
    NotFoundError,
    PromptError,
    StreamInterruptedError,
    StreamState,
    ollama,
)
from tests.harness.recordings import Exchange, exchanges, parametrize_exchanges
from tests.harness.server import Reply, Server, Stall

JSON = dict[str, Any]
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
HEAD: JSON = {"model": "m", "created_at": "2026-11-21T00:00:00Z"}
END: JSON = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 5, "total_duration": 9}


def message_line(content: str = "", **others: Any) -> JSON:
    message = {"role": "assistant", "content": content, **others.pop("message", {})}
    return {**HEAD, "message": message, "done": False, **others}


def lines(*parts: Any) -> Reply:
    """A stream of JSON lines."""
    pieces = [part if isinstance(part, Stall) else json.dumps(part).encode() + b"\n" for part in parts]
    return Reply(tuple(pieces), 200, {"content-type": "application/x-ndjson"})


def ask(server: Server, asynchronous: bool, prompt: Any = "Hi", **options: Any) -> Any:
    """The response, or the stream after it was read."""
    if not asynchronous:
        client = ollama_sdk.Client(host=server.url)

        @ollama.call("m", client=client, **options)
        def say() -> Any:
            return prompt

        with client:
            found: Any = say()
            if options.get("stream"):
                list(found)
            return found

    async def main() -> Any:
        aclient = ollama_sdk.AsyncClient(host=server.url)

        @ollama.call("m", client=aclient, **options)
        async def say() -> Any:
            return prompt

        async with aclient:
            found: Any = await say()
            if options.get("stream"):
                _ = [pair async for pair in found]
            return found

    return asyncio.run(main())


@parametrize_exchanges("ollama.chat", error=False)
@both_ways
@pytest.mark.parametrize("cut", [None, 1, 2])
def test_recorded(exchange: Exchange, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    parts = [json.loads(line) for line in exchange.response.body.splitlines()]
    text = "".join(part["message"]["content"] for part in parts)
    last = parts[-1]
    found = ask(server, asynchronous, stream=exchange.stream)
    response = found.construct_call_response() if exchange.stream else found
    assert response.content == found.content == text != ""
    assert response.model == last["model"]
    assert response.finish_reasons == ["stop"]
    assert (response.input_tokens, response.output_tokens) == (last["prompt_eval_count"], last["eval_count"])
    raw = response.response.model_dump()
    for name in ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"):
        assert raw[name] == last[name]
    assert server.request.path == exchange.request.path == "/api/chat"
    assert type(response).model_validate_json(response.model_dump_json()) == response


def test_there_are_recordings(recordings: list[Exchange]) -> None:
    assert {one.stream for one in exchanges("ollama.chat")} == {False, True}


@both_ways
@pytest.mark.parametrize("stream", [False, True])
def test_tools_and_thinking(stream: bool, asynchronous: bool, server: Server) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    calls = [{"function": {"name": "add", "arguments": {"a": a, "b": 2}}} for a in (1, 3)]
    if stream:
        thought = message_line(message={"thinking": "Hm."})
        made = [message_line(message={"tool_calls": [call]}) for call in calls]
        server.reply(lines(thought, *made, message_line(**END)))
    else:
        server.reply(Reply.json(message_line(message={"thinking": "Hm.", "tool_calls": calls}, **END)))
    found = ask(server, asynchronous, stream=stream, tools=[add])
    response = found.construct_call_response() if stream else found
    assert [tool.args for tool in response.tools] == [{"a": 1, "b": 2}, {"a": 3, "b": 2}]
    assert [tool.id for tool in response.tools] == ["call_0", "call_1"]
    assert response.finish_reasons == ["tool_calls"]
    assert response.thinking == "Hm."
    sent = server.request.json["tools"]
    assert [tool["function"]["name"] for tool in sent] == ["add"]


def test_what_is_sent(server: Server) -> None:
    server.reply(Reply.json(message_line("Hi", **END)))
    call = {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    prompt = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_0", "content": "3"},
    ]
    ask(
        server,
        False,
        prompt,
        call_params={
            "response_format": {"type": "json_object"},
            "temperature": 0,
            "max_tokens": 9,
            "extra_body": {"options": {"num_ctx": 64}, "keep_alive": "5m", "think": False},
        },
    )
    body = server.request.json
    assert body["options"] == {"temperature": 0, "num_predict": 9, "num_ctx": 64}
    assert (body["format"], body["keep_alive"], body["think"], body["stream"]) == ("json", "5m", False, False)
    assert [one.get("content", "") for one in body["messages"]] == ["Be brief.", "Look", "", "3"]
    assert body["messages"][1]["images"] == ["iVBORw0KGgo="]
    assert body["messages"][2]["tool_calls"] == [{"function": {"name": "add", "arguments": {"a": 1}}}]
    assert body["messages"][3]["tool_name"] == "add"


@both_ways
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("part", "why"),
    [
        (ImageURLPart(url="https://e.org/a.png"), "not download images from URLs such as 'https://e.org/a.png'"),
        (AudioPart(media_type="audio/wav", audio=b"RIFF"), "no parts of type 'input_audio'"),
        (DocumentPart(media_type="application/pdf", document=b"%PDF-"), "no parts of type 'file'"),
    ],
    ids=lambda value: value.type if not isinstance(value, str) else "",
)
def test_media_without_a_place(part: Any, why: str, stream: bool, asynchronous: bool, server: Server) -> None:
    with pytest.raises(PromptError, match=why):
        ask(server, asynchronous, [Messages.User("See:", part)], stream=stream)
    assert not server.requests


@both_ways
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("logit_bias", {"1": 1}),
        ("parallel_tool_calls", False),
        ("user", "u"),
        ("store", True),
        ("extra_headers", {"x-a": "1"}),
        ("timeout", 0.5),
    ],
)
def test_parameters_without_a_place(name: str, value: Any, stream: bool, asynchronous: bool, server: Server) -> None:
    with pytest.raises(ConfigurationError, match=f"no parameter {name}: "):
        ask(server, asynchronous, stream=stream, call_params={name: value})
    assert not server.requests


def test_parameters_that_are_moot(server: Server) -> None:
    server.reply(lines(message_line("Hi", **END)))
    params = {"stream_options": {"include_usage": True}, "tool_choice": "required", "n": None}
    assert ask(server, False, stream=True, call_params=params).input_tokens == 3
    assert server.request.json.keys() == {"model", "messages", "stream", "tools"}


@both_ways
def test_cut(asynchronous: bool, server: Server) -> None:
    server.reply(lines(message_line("Hel")))
    with pytest.raises(StreamInterruptedError) as caught:
        ask(server, asynchronous, stream=True)
    assert caught.value.partial.content == "Hel"


@both_ways
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (400, BadRequestError)])
def test_errors(status: int, kind: type[Exception], stream: bool, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json({"error": "no such model"}, status=status))
    with pytest.raises(kind, match="no such model") as caught:
        ask(server, asynchronous, stream=stream)
    assert isinstance(caught.value, ollama_sdk.ResponseError)


@both_ways
def test_an_error_in_a_stream(asynchronous: bool, server: Server) -> None:
    server.reply(lines(message_line("Hel"), {"error": "out of memory"}))
    with pytest.raises(StreamInterruptedError, match="out of memory") as caught:
        ask(server, asynchronous, stream=True)
    assert caught.value.partial.content == "Hel"


def test_nobody_listens() -> None:
    with ollama_sdk.Client(host="http://127.0.0.1:9") as client:

        @ollama.call("m", client=client)
        def say() -> str:
            return "Hi"

        with pytest.raises(ConnectionFailedError):
            say()


def test_left_early(server: Server) -> None:
    server.reply(lines(message_line("Hel"), Stall()))
    with ollama_sdk.Client(host=server.url) as client:

        @ollama.call("m", client=client, stream=True)
        def say() -> str:
            return "Hi"

        with say() as stream:
            next(stream)
        assert stream.state is StreamState.CLOSED
        assert server.wait_closed()
