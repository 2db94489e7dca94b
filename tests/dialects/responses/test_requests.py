"""What is sent: items, tools, parameters, and by which client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any, ClassVar

import openai as sdk
import pytest
from openai.types.responses import ResponseOutputMessage

from mirascope_like.core import (
    AudioPart,
    BaseMessageParam,
    BaseTool,
    CacheControlPart,
    ConfigurationError,
    Conversation,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    PromptError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    openai,
)
from mirascope_like.core.base.response import decode_message
from tests.conformance.providers import RESPONSES, Exchange, every_exchange, response_events, response_whole
from tests.dialects.responses.streams import completed, function_call
from tests.dialects.responses.streams import message as message_of
from tests.harness.oracles import JSON
from tests.harness.server import Reply, Server

OK = Reply.json(response_whole("Hello"))
PIXEL = b"\x89PNG\r\n\x1a\n"


def sent(server: Server, prompt: Any, **options: Any) -> JSON:
    """The body of the request that a prompt makes."""
    server.reply(OK)
    with RESPONSES.client(server) as client:

        @openai.responses.call("m", client=client, **options)
        def ask() -> Any:
            return prompt

        ask()
    body: JSON = server.request.json
    return body


class FormatBook(BaseTool):
    """Format a book."""

    title: str

    def call(self) -> str:
        return f"<{self.title}>"


def format_book(title: str) -> str:
    """Format a book."""
    return f"<{title}>"


def test_text(server: Server) -> None:
    assert sent(server, "Hi") == {"model": "m", "input": [{"role": "user", "content": "Hi"}]}
    assert (server.request.method, server.request.path) == ("POST", "/v1/responses")


def test_system_stays_where_it_stands(server: Server) -> None:
    prompt = [Messages.System("Be brief."), Messages.User("Hi"), Messages.Assistant("Yes?")]
    assert sent(server, prompt)["input"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
    ]


def test_parts(server: Server) -> None:
    parts = [
        TextPart(text="Look"),
        ImagePart(media_type="image/png", image=PIXEL),
        ImageURLPart(url="https://e.org/a.png", detail="low"),
        DocumentPart(media_type="application/pdf", document=b"%PDF"),
        DocumentURLPart(url="https://e.org/a.pdf"),
        CacheControlPart(),
    ]
    (message,) = sent(server, [BaseMessageParam(role="user", content=parts)])["input"]
    assert message["role"] == "user"
    assert message["content"] == [
        {"type": "input_text", "text": "Look"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
        {"type": "input_image", "image_url": "https://e.org/a.png", "detail": "low"},
        {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {
            "type": "input_file",
            "file_url": "https://e.org/a.pdf",
            "prompt_cache_breakpoint": {"mode": "explicit"},
        },
    ]


def test_calls_and_results_become_items(server: Server) -> None:
    message_of = [
        TextPart(text="I look."),
        ToolCallPart(name="f", args={"a": 1}, id="call_1"),
        TextPart(text="And."),
        TextPart(text="Again."),
    ]
    prompt = [
        Messages.User("Hi"),
        BaseMessageParam(role="assistant", content=message_of),
        Messages.Tool(ToolResultPart(name="f", content="2", id="call_1")),
    ]
    assert sent(server, prompt)["input"][1:] == [
        {"role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "And."}, {"type": "output_text", "text": "Again."}],
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "2"},
    ]


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (BaseMessageParam(role="user", content=[AudioPart(media_type="audio/wav", audio=b"RIFF")]), "no audio parts"),
        (BaseMessageParam(role="assistant", content=[ImageURLPart(url="https://e.org/a.png")]), "in assistant message"),
        (BaseMessageParam(role="user", content=[CacheControlPart()]), "cache_control at the beginning of a message"),
    ],
)
def test_parts_without_a_place(message: BaseMessageParam, complaint: str, server: Server) -> None:
    with pytest.raises(PromptError, match=complaint):
        sent(server, [message])
    assert not server.requests


def whole_input(exchange: Exchange) -> bool:
    return isinstance(exchange.request.body.get("input"), list)


@every_exchange([RESPONSES], where=whole_input)
def test_native_items_stay_as_they_are(row: Any, exchange: Exchange, server: Server) -> None:
    items = exchange.request.body["input"]
    assert sent(server, items)["input"] == items
    assert sent(server, {"messages": items})["input"] == items


def test_objects_of_the_sdk(server: Server) -> None:
    call = function_call()
    item = sdk.types.responses.ResponseFunctionToolCall.model_validate(call)
    assert sent(server, [Messages.User("Hi"), item])["input"][1:] == [call]


def test_tools(server: Server) -> None:
    native = {"type": "web_search"}
    body = sent(server, "Hi", tools=[native, FormatBook, format_book])
    assert body["tools"][0] == native
    one, two = body["tools"][1:]
    assert (one["type"], one["name"], one["description"]) == ("function", "FormatBook", "Format a book.")
    assert (two["name"], two["strict"]) == ("format_book", False)
    assert one["parameters"]["required"] == two["parameters"]["required"] == ["title"]


def test_strict_tool(server: Server) -> None:
    class Strict(FormatBook):
        """Format a book."""

        tool_config: ClassVar[Any] = {"strict": True}

    assert sent(server, "Hi", tools=[Strict])["tools"][0]["strict"] is True


def test_parameters(server: Server) -> None:
    given = {
        "previous_response_id": "resp_0",
        "store": False,
        "background": False,
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "reasoning": {"effort": "low", "summary": "auto"},
        "max_tokens": 7,
        "extra_body": {"new": 1},
        "extra_headers": {"x-new": "2"},
        "extra_query": {"q": "3"},
        "timeout": 5,
    }
    body = sent(server, "Hi", call_params=given)
    assert body == {
        "model": "m",
        "input": [{"role": "user", "content": "Hi"}],
        "previous_response_id": "resp_0",
        "store": False,
        "background": False,
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "reasoning": {"effort": "low", "summary": "auto"},
        "max_output_tokens": 7,
        "new": 1,
    }
    assert server.request.headers["x-new"] == "2"
    assert server.request.path == "/v1/responses?q=3"


def test_json_mode(server: Server) -> None:
    body = sent(server, "Hi", json_mode=True, call_params={"text": {"verbosity": "low"}})
    assert body["text"] == {"format": {"type": "json_object"}, "verbosity": "low"}


@pytest.mark.parametrize(
    ("name", "hint"), [("max_output_token", "max_output_tokens"), ("temprature", "temperature"), ("messages", "")]
)
def test_unknown_parameters(name: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s){name}.*{hint}"):
        openai.responses.call("m", call_params={name: 1})


@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_headers_and_body_are_the_sdks(stream: bool, server: Server) -> None:
    items = [{"role": "user", "content": "Hi"}]
    server.always(Reply.sse(*response_events("Hi")) if stream else OK)
    with RESPONSES.client(server, organization="o", project="p") as client:
        theirs = client.responses.create(model="m", input=items, **({"stream": True} if stream else {}))
        if stream:
            list(theirs)
            RESPONSES.stream(client).collect()
        else:
            RESPONSES.ask(client)
    first, second = server.requests
    assert first.json == second.json
    assert first.headers == second.headers
    assert (first.method, first.path) == (second.method, second.path)


# Conversations


@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_conversation(stream: bool, server: Server) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    search = {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "q"},
    }
    output = [reasoning, search, function_call()]
    server.reply(Reply.sse(completed(*output)) if stream else Reply.json(completed(*output)["response"]), OK)
    with RESPONSES.client(server) as client:

        @openai.responses.call("m", client=client, tools=[format_book], stream=stream)
        def ask() -> str:
            return "Hi"

        response: Any = ask().collect() if stream else ask()
        results = response.tool_message_params([(tool, tool.call()) for tool in response.tools])

        @openai.responses.call("m", client=client)
        def again() -> Any:
            history = [response.user_message_param, response.message_param, *results]
            return {"messages": [*history, Messages.User("And?")]}

        answer = again()
    tool_result = {"type": "function_call_output", "call_id": "call_1", "output": "<Emma>"}
    user = {"role": "user", "content": "Hi"}
    assert server.request.json["input"] == [user, *output, tool_result, {"role": "user", "content": "And?"}]
    assert answer.messages == server.request.json["input"]
    neutral = answer.common_messages
    assert [message.role for message in neutral] == ["user", "assistant", "tool", "user"]
    assert neutral[1].content == [ToolCallPart(name="format_book", args={"title": "Emma"}, id="call_1")]
    assert neutral[2].content == [ToolResultPart(content="<Emma>", id="call_1")]
    assert answer.common_user_message_param == BaseMessageParam(role="user", content="And?")
    assert answer.common_message_param == BaseMessageParam(role="assistant", content="Hello")
    assert response.user_message_param == user
    assert response.common_message_param.content == neutral[1].content
    again_sent = json.loads(answer.model_dump_json())["messages"]
    assert sent(server, again_sent)["input"] == answer.messages


def test_neutral_messages_come_back(server: Server) -> None:
    parts = [
        TextPart(text="Look"),
        ImagePart(media_type="image/png", image=PIXEL),
        ImagePart(media_type="image/png", image=PIXEL, detail="high"),
        ImageURLPart(url="https://e.org/a.png", detail="low"),
        DocumentPart(media_type="application/pdf", document=b"%PDF"),
        DocumentURLPart(url="https://e.org/a.pdf"),
    ]
    prompt = [Messages.System("Be brief."), BaseMessageParam(role="user", content=parts)]
    server.reply(OK)
    with RESPONSES.client(server) as client:

        @openai.responses.call("m", client=client)
        def ask() -> Any:
            return prompt

        assert ask().common_messages == prompt


NOTHING = BaseMessageParam(role="assistant", content="")


@pytest.mark.parametrize(
    ("message", "neutral"),
    [
        ({"type": "reasoning", "id": "rs_1", "summary": []}, NOTHING),
        ({"type": "item_reference", "id": "rs_1"}, NOTHING),
        ([], NOTHING),
        ([{"type": "reasoning", "id": "rs_1", "summary": []}], NOTHING),
        (
            [{"type": "reasoning", "id": "rs_1", "summary": []}, message_of("Let me look"), function_call()],
            BaseMessageParam(
                role="assistant",
                content=[
                    TextPart(text="Let me look"),
                    ToolCallPart(name="format_book", args={"title": "Emma"}, id="call_1"),
                ],
            ),
        ),
        (ResponseOutputMessage.construct(**message_of("Hello")), BaseMessageParam(role="assistant", content="Hello")),
    ],
    ids=["reasoning", "reference", "nothing", "a list of reasoning", "message_param", "object"],
)
def test_a_message_in_neutral_words(message: Any, neutral: BaseMessageParam) -> None:
    assert decode_message(openai.responses.OpenAIResponsesCallResponse, message) == neutral


def test_answers_among_items_in_neutral_words(server: Server) -> None:
    server.reply(Reply.json(completed(message_of("Let me look"), function_call())["response"]))
    with RESPONSES.client(server) as client:
        response = RESPONSES.ask(client, tools=[format_book])
    results = [{"type": "function_call_output", "call_id": "call_1", "output": "<Emma>"}]
    call = ToolCallPart(name="format_book", args={"title": "Emma"}, id="call_1")
    assert Conversation.from_provider(
        openai.responses.call, [{"role": "user", "content": "Hi"}, response.message_param, *results]
    ).messages == [
        BaseMessageParam(role="user", content="Hi"),
        BaseMessageParam(role="assistant", content=[TextPart(text="Let me look"), call]),
        BaseMessageParam(role="tool", content=[ToolResultPart(content="<Emma>", id="call_1")]),
    ]


def test_error_of_a_tool_is_sent(server: Server) -> None:
    tool = FormatBook(title="Emma")
    (item,) = openai.responses.OpenAIResponsesCallResponse.tool_message_params([(tool, ValueError("no"))])
    assert item["type"] == "function_call_output"
    assert "no" in item["output"]


# Clients


def test_default_clients_are_those_of_chat(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
    server.reply_with(lambda request: OK if request.path == "/v1/responses" else Reply.json(whole))

    @openai.call("m")
    def chat() -> str:
        return "Hi"

    @openai.responses.call("m")
    def respond() -> str:
        return "Hi"

    @openai.call("m")
    async def achat() -> str:
        return "Hi"

    @openai.responses.call("m")
    async def arespond() -> str:
        return "Hi"

    async def both() -> None:
        await achat()
        await arespond()

    chat()
    assert respond().content == "Hello"
    assert [request.connection for request in server.requests] == [0, 0]
    asyncio.run(both())
    assert [request.connection for request in server.requests] == [0, 0, 1, 1]


def test_missing_key() -> None:
    @openai.responses.call("m")
    def ask() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        ask()
    assert isinstance(caught.value, sdk.OpenAIError)


class Duck:
    """A client with the same interface that is not the SDK's."""

    def __init__(self, client: Any) -> None:
        self.responses = self
        self.asked: list[JSON] = []
        self._client = client

    def create(self, **given: Any) -> Any:
        self.asked.append(given)
        return self._client.responses.create(**given)


def test_custom_client(server: Server) -> None:
    server.reply(OK, Reply.sse(*response_events("Hel", "lo")))
    with RESPONSES.client(server) as client:
        duck = Duck(client)
        assert RESPONSES.ask(duck).content == "Hello"
        stream = RESPONSES.stream(duck)
        assert "".join(chunk.content for chunk, _ in stream) == "Hello"
        assert stream.construct_call_response().content == "Hello"
    assert [asked.get("stream") for asked in duck.asked] == [None, True]


def test_is_loaded_when_asked_for() -> None:
    code = (
        "import sys; from mirascope_like.core import openai; name = 'mirascope_like.core.openai.responses'; "
        "assert name not in sys.modules; openai.responses.call; assert name in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing"):
        _ = openai.nothing  # type: ignore[attr-defined]
