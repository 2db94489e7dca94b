"""What real streams of Responses do: every oddity that is written down, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirascope_like.core import ToolArgumentsError
from mirascope_like.core.base.tools import error_of
from tests.conformance.providers import RESPONSES
from tests.conformance.reading import Read, read
from tests.conformance.test_streams import offered
from tests.conformance.test_whole import call
from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server


def replayed(server: Server, stem: str, index: int = 0, **options: Any) -> Read:
    """A recorded stream, read."""
    server.reply(Reply.from_exchange(exchange(stem, index), cut=7))
    found = read(RESPONSES, server, asynchronous=False, tools=offered(exchange(stem, index)), **options)
    assert found.text == found.stream.content == found.response.content
    return found


def whole(server: Server, stem: str) -> Any:
    """A recorded answer that was not streamed."""
    server.reply(Reply.from_exchange(exchange(stem)))
    return call(RESPONSES, server, asynchronous=False, tools=offered(exchange(stem)))


def kinds(response: Any) -> list[str]:
    return [item["type"] for item in response.message_param]


def test_refusal(server: Server) -> None:
    response = replayed(server, "stream-structured-gpt-4o-c664c056").response
    assert response.content == ""
    assert response.refusal == "I'm sorry, I can't assist with that."
    assert response.common_message_param.content == response.refusal
    assert response.message_param[0]["content"][0]["type"] == "refusal"


def test_incomplete(server: Server) -> None:
    found = replayed(server, "stream-tools-reasoning-gpt-5-mini-d1e26bd7", stream={"partial_tools": True})
    response = found.response
    assert response.finish_reasons == found.stream.finish_reasons == ["max_output_tokens"]
    assert response.common_finish_reasons == found.pairs[-1][0].common_finish_reasons == ["length"]
    assert [chunk.finish_reasons for chunk, _ in found.pairs if chunk.finish_reasons] == [["max_output_tokens"]]
    (tool,) = response.tools
    assert isinstance(error_of(tool), ToolArgumentsError)
    assert tool.instructions.startswith("I\u2019m sorry")
    assert len(found.tools) == 149 + 1  # a partial one for every piece, and the one that was cut off


def test_reasoning_summary_and_code_interpreter(server: Server) -> None:
    found = replayed(server, "stream-tools-reasoning-gpt-5-d11f1483")
    assert kinds(found.response) == ["reasoning", *["code_interpreter_call"] * 3, "message"]
    shown = "".join(chunk.thinking for chunk, _ in found.pairs)
    assert shown == found.response.thinking
    assert shown.startswith("**")
    assert found.response.message_param[0]["encrypted_content"].startswith("gAAAA")
    assert "code" in found.response.message_param[1]
    assert found.response.common_finish_reasons == ["stop"]


def test_mcp(server: Server) -> None:
    response = replayed(server, "stream-tools-reasoning-o4-mini-f109ef25").response
    assert kinds(response) == ["mcp_list_tools", "reasoning", "mcp_call", "reasoning", "message"]
    assert response.message_param[2]["output"]
    assert response.tools is None


def test_web_search_with_annotations(server: Server) -> None:
    response = replayed(server, "stream-tools-gpt-5.2-5bfb6a89").response
    assert kinds(response) == ["web_search_call", "web_search_call", "message"]
    assert response.message_param[0]["action"]
    (annotation,) = response.message_param[2]["content"][0]["annotations"]
    assert annotation["type"] == "url_citation"
    assert response.response.output[2].content[0].annotations[0].url == annotation["url"]


def test_encrypted_reasoning(server: Server) -> None:
    response = whole(server, "call-reasoning-gpt-5-781b647d")
    (item,) = [item for item in response.message_param if item["type"] == "reasoning"]
    raw = json.loads(exchange("call-reasoning-gpt-5-781b647d").response.body)
    assert response.message_param == raw["output"]
    assert item["encrypted_content"].startswith("gAAAA")
    assert response.thinking is None
    assert response.response.moderation.input.flagged is False


def test_raw_reasoning_text(server: Server) -> None:
    found = replayed(server, "stream-tools-reasoning-deepseek-v4-flash-c635c4e1")
    thought = "The user asks about temperature in Tokyo. I'll call the tool."
    assert found.response.thinking == "".join(chunk.thinking for chunk, _ in found.pairs) == thought
    assert [tool.args for tool in found.tools] == [{"city": "Tokyo"}]
    assert found.response.common_finish_reasons == ["tool_calls"]
    deltas = [delta for chunk, _ in found.pairs for delta in chunk.tool_deltas]
    assert {delta.index for delta in deltas} == {1}
    assert (deltas[0].id, deltas[0].name) == (found.tools[0].id, found.tools[0].name)
    assert json.loads("".join(delta.arguments for delta in deltas)) == {"city": "Tokyo"}


def test_stray_done_and_reasoning_that_ends_last(server: Server) -> None:
    found = replayed(server, "stream-reasoning-openai-gpt-oss-20b-ed1dc669")
    assert exchange("stream-reasoning-openai-gpt-oss-20b-ed1dc669").response.body.rstrip().endswith(b"[DONE]")
    assert found.text == "4"
    assert found.response.thinking == "".join(chunk.thinking for chunk, _ in found.pairs)
    assert kinds(found.response) == ["reasoning", "message"]
    assert found.response.response.to_dict()["usage"]["cost"] == 0.0000113


@pytest.mark.parametrize("index", [0, 1])
def test_parallel_calls_streamed(index: int, server: Server) -> None:
    found = replayed(server, "stream-tools-gpt-4o-66603e66", index)
    assert len(found.tools) == len(found.response.tools) == 2
    assert len({tool.id for tool in found.tools}) == 2


def test_parallel_calls(server: Server) -> None:
    response = whole(server, "call-tools-gpt-4o-22b898ee")
    assert kinds(response) == ["function_call", "function_call"]
    assert [tool.id for tool in response.tools] == [item["call_id"] for item in response.message_param]
    assert response.finish_reasons == ["completed"]
    assert response.common_finish_reasons == ["tool_calls"]


def test_usage_with_details(server: Server) -> None:
    found = replayed(server, "stream-tools-reasoning-o4-mini-f109ef25")
    usage = found.response.usage
    assert usage.output_tokens_details.reasoning_tokens == 256
    assert found.response.cached_tokens == usage.input_tokens_details.cached_tokens
    assert found.response.cached_tokens <= found.response.input_tokens == usage.input_tokens
    assert found.pairs[-1][0].usage == usage
    assert found.pairs[-1][0].input_tokens == usage.input_tokens
    assert all(chunk.usage is None for chunk, _ in found.pairs[:-1])
    assert found.pairs[0][0].id == found.stream.id
