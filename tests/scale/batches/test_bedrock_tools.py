"""Tools in batches of Bedrock, which are requests in the native formats of Amazon Nova and Anthropic Claude.

Sources of the formats: AWS's guide of batch inference ("tool calling ... with the InvokeModel invocation type"), the
request and response schema of Amazon Nova, and the examples of tool use in Anthropic's guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import ConfigurationError, ImagePart, Messages, ToolLoop, bedrock
from mirascope_like.scale import map_calls
from mirascope_like.scale.batches.bedrock_tools import native_format
from tests.scale.batches.servers import BedrockServer
from tests.scale.batches.test_providers import AWS, CASES, of_bedrock

NOVA = "us.amazon.nova-lite-v1:0"
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Weather(BaseModel):
    city: str
    degrees: int


def weather(city: str) -> str:
    """The weather in a city."""
    return f"sun in {city}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockServer]:
    with BedrockServer(of_bedrock) as made:
        for name, value in {**AWS, "AWS_ENDPOINT_URL": made.url}.items():
            monkeypatch.setenv(name, value)
        yield made


def run(call: Any, inputs: list[str], path: Path, **options: Any) -> list[Any]:
    run = map_calls(call, inputs, store=path / "run.db", via="batch", **CASES["bedrock"].options, **options)
    return list(run.ordered())


def asking(model: str, **options: Any) -> Any:
    decorate: Any = bedrock.call

    async def ask(text: str) -> str:
        return text

    return decorate(model, **options)(ask)


def of_nova(request: dict[str, Any]) -> Any:
    """A call of the tool for a text, and a text for its result."""
    (block,) = request["messages"][-1]["content"]
    if "toolResult" in block:
        content, reason = [{"text": f"re {block['toolResult']['content'][0]['text']}"}], "end_turn"
    else:
        use = {"toolUseId": "t1", "name": "weather", "input": {"city": block["text"]}}
        content, reason = [{"toolUse": use}], "tool_use"
    usage = {"inputTokens": 20, "outputTokens": 10, "totalTokens": 33, "cacheReadInputTokenCount": 3}
    return {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": reason, "usage": usage}


def of_claude(request: dict[str, Any]) -> Any:
    (block,) = request["messages"][-1]["content"]
    if block["type"] == "tool_result":
        content, reason = [{"type": "text", "text": f"re {block['content'][0]['text']}"}], "end_turn"
    else:
        arguments = {"city": block["text"], **({"degrees": 3} if request["tools"][0]["name"] == "Weather" else {})}
        use = {"type": "tool_use", "id": "toolu_1", "name": request["tools"][0]["name"], "input": arguments}
        content, reason = [use], "tool_use"
    usage = {"input_tokens": 20, "output_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 0}
    shared = {"id": "msg_bdrk_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001"}
    return {**shared, "content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage}


@pytest.mark.parametrize(("model", "answer"), [(NOVA, of_nova), (CLAUDE, of_claude)])
def test_rounds_of_a_tool_loop(model: str, answer: Any, server: BedrockServer, tmp_path: Path) -> None:
    server.answer = answer
    call = asking(model, tools=[weather], tool_loop=ToolLoop(), call_params={"max_tokens": 100})
    items = run(call, ["Rome", "Oslo"], tmp_path)
    assert [item.value.content for item in items] == ["re sun in Rome", "re sun in Oslo"]
    assert [item.attempts for item in items] == [2, 2]
    assert [len(batch["texts"]) for batch in server.batches] == [2, 2]
    response = items[0].value
    assert isinstance(response, bedrock.BedrockCallResponse)
    assert response.finish_reasons == ["end_turn"]
    assert (response.usage["inputTokens"], response.usage["cacheReadInputTokens"]) == (20, 3)
    assert response.cost > 0
    assert [item.source for item in run(call, ["Rome", "Oslo"], tmp_path)] == ["store", "store"]
    assert len(server.batches) == 2


def test_what_is_sent_to_nova(server: BedrockServer, tmp_path: Path) -> None:
    server.answer = of_nova
    fields = {"inferenceConfig": {"topK": 20}}
    run(
        asking(NOVA, tools=[weather], call_params={"max_tokens": 100, "additionalModelRequestFields": fields}),
        ["Rome"],
        tmp_path,
    )
    (request,) = server.batches[0]["texts"].values()
    spec = {"name": "weather", "description": "The weather in a city.", "inputSchema": {"json": SCHEMA}}
    found = request["toolConfig"]["tools"][0]["toolSpec"]
    found["inputSchema"]["json"] = {name: found["inputSchema"]["json"][name] for name in SCHEMA}
    assert request == {
        "messages": [{"role": "user", "content": [{"text": "Rome"}]}],
        "inferenceConfig": {"maxTokens": 100, "topK": 20},
        "toolConfig": {"tools": [{"toolSpec": spec}]},
    }


def test_what_is_sent_to_claude(server: BedrockServer, tmp_path: Path) -> None:
    server.answer = of_claude
    options = {"max_tokens": 100, "temperature": 0.5, "stop": "x", "additionalModelRequestFields": {"top_k": 5}}
    (item,) = run(asking(CLAUDE, response_model=Weather, call_params=options), ["Rome"], tmp_path)
    assert item.value == Weather(city="Rome", degrees=3)
    (request,) = server.batches[0]["texts"].values()
    (tool,) = request.pop("tools")
    assert (tool["name"], tool["input_schema"]["required"]) == ("Weather", ["city", "degrees"])
    assert request == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "temperature": 0.5,
        "stop_sequences": ["x"],
        "top_k": 5,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Rome"}]}],
        "tool_choice": {"type": "any"},
    }


def test_blocks_of_claude() -> None:
    """Every kind of block of Converse that Claude has, and back."""
    encode, decode = native_format(CLAUDE)
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    image = {"image": {"format": "png", "source": {"bytes": b"1"}}}
    thought = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}
    hidden = {"reasoningContent": {"redactedContent": "r"}}
    document = {"document": {"format": "pdf", "name": "d", "source": {"bytes": b"2"}}}
    use = {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}
    result = {"toolResult": {"toolUseId": "t", "content": [{"json": {"b": 2}}, image], "status": "error"}}
    body: dict[str, Any] = {
        "system": [{"text": "Be brief."}, point],
        "messages": [
            {"role": "user", "content": [document]},
            {"role": "assistant", "content": [thought, hidden, use]},
            {"role": "user", "content": [result]},
        ],
        "inferenceConfig": {"maxTokens": 1},
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}},
                {"cachePoint": {"type": "default"}},
            ],
            "toolChoice": {"tool": {"name": "f"}},
        },
    }
    sent_image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b"1"}}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": b"2"}
    thinking = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "r"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ]
    results = [{"type": "text", "text": '{"b":2}'}, sent_image]
    failed = {"type": "tool_result", "tool_use_id": "t", "content": results, "is_error": True}
    cached = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert encode(body) == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1,
        "system": [{"type": "text", "text": "Be brief.", **cached}],
        "messages": [
            {"role": "user", "content": [{"type": "document", "source": pdf, "title": "d"}]},
            {"role": "assistant", "content": thinking},
            {"role": "user", "content": [failed]},
        ],
        "tools": [{"name": "f", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "tool", "name": "f"},
    }
    unknown = {"type": "new"}
    usage = {"input_tokens": 1, "output_tokens": 2}
    assert decode({"content": [*thinking, unknown], "stop_reason": "refusal", "usage": usage}) == {
        "output": {
            "message": {
                "role": "assistant",
                "content": [thought, hidden, use, {"SDK_UNKNOWN_MEMBER": {"name": "new"}}],
            }
        },
        "stopReason": "content_filtered",
        "usage": {
            "inputTokens": 1,
            "outputTokens": 2,
            "cacheReadInputTokens": 0,
            "cacheWriteInputTokens": 0,
            "totalTokens": 3,
        },
    }


@pytest.mark.parametrize(
    ("model", "params", "named"),
    [
        ("meta.llama3-1-8b-instruct-v1:0", {}, "toolConfig.*meta.llama3-1-8b-instruct-v1:0"),
        (CLAUDE, {}, "max_tokens"),
        (CLAUDE, {"max_tokens": 1, "guardrailConfig": {"guardrailIdentifier": "g"}}, "guardrailConfig"),
        (CLAUDE, {"max_tokens": 1, "toolConfig": {"tools": [{"systemTool": {"name": "s"}}]}}, "systemTool"),
    ],
)
def test_what_cannot_be_sent(
    model: str, params: dict[str, Any], named: str, server: BedrockServer, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        run(asking(model, tools=[weather], call_params=params), ["a"], tmp_path)
    assert server.batches == []


@pytest.mark.parametrize(
    ("model", "kind", "named"), [(NOVA, "document", "documents"), (CLAUDE, "audio", "the kind audio")]
)
def test_content_that_cannot_be_sent(model: str, kind: str, named: str) -> None:
    messages = [{"role": "user", "content": [{"text": "a"}, {kind: {}}]}]
    with pytest.raises(ConfigurationError, match=named):
        native_format(model).encode({"messages": messages, "inferenceConfig": {"maxTokens": 1}})


def test_requests_with_and_without_tools_are_in_different_batches(server: BedrockServer, tmp_path: Path) -> None:
    """Their formats differ."""
    server.answer = lambda request: of_nova(request) if isinstance(request, dict) else of_bedrock(request)
    with_tools, without = asking(NOVA, tools=[weather]), asking(NOVA)

    async def ask(text: str) -> Any:
        return await (with_tools if text == "Rome" else without)(text)

    rome, oslo = run(ask, ["Rome", "Oslo"], tmp_path)
    assert type(rome.value.tool).__name__ == "weather"
    assert oslo.value.content == "re Oslo"
    assert sorted(batch["wanted"]["modelInvocationType"] for batch in server.batches) == ["Converse", "InvokeModel"]


def test_bytes_are_standard_base64(server: BedrockServer, tmp_path: Path) -> None:
    """As boto3 sends them: "+" and "/", not "-" and "_"."""
    image = ImagePart(image=b"\xfb\xff\xfe", media_type="image/png")

    @bedrock.call(NOVA)
    async def ask(text: str) -> Any:
        return [Messages.User([text, image])]

    run(ask, ["a"], tmp_path)
    uploaded = next(one.body for one in server.requests if one.method == "PUT")
    line = next(json.loads(line) for line in uploaded.splitlines() if line.startswith(b"{"))
    assert line["modelInput"]["messages"][0]["content"][1]["image"]["source"] == {"bytes": "+//+"}
