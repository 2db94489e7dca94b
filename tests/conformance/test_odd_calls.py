"""Calls of tools that OpenAI declares itself: custom tools, shells, patches and computers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import PromptError, ToolLoop, ToolNotFoundError, ToolRefusedError, openai
from mirascope_like.core.base.messages import ImagePart, ToolCallPart, ToolResultPart
from mirascope_like.core.base.response import decode_message
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import JSON, STREAMED, WHOLE, Way, chunk, completion, odd, response_of
from tests.conformance.providers import RESPONSES
from tests.harness.server import Reply, Server

PNG = b"\x89PNG\r\n\x1a\n"
PNG_URL = "data:image/png;base64,iVBORw0KGgo="


def sql(query: str) -> str:
    """Run SQL."""
    return query.upper()


def shell(commands: list[str], timeout_ms: int | None = None) -> Any:
    """Run commands."""
    return [{"stdout": one, "outcome": {"type": "exit", "exit_code": 0}} for one in commands]


def local_shell(command: list[str], env: dict[str, str], working_directory: str | None = None) -> str:
    """Run a command."""
    return " ".join(command)


def apply_patch(type: str, path: str, diff: str | None = None) -> str:
    """Change a file."""
    return f"{type} {path}"


def computer(actions: list[dict[str, Any]], pending_safety_checks: list[dict[str, Any]] | None = None) -> ImagePart:
    """Use a computer."""
    return ImagePart(media_type="image/png", image=PNG)


DIFF = "@@\n-a\n+b\n"
CLICK = {"type": "click", "button": "left", "x": 1, "y": 2}
CHECK = {"id": "cu_sc_1", "code": "malicious_instructions", "message": "careful"}

# OpenAI's reference of input and output items: what each call holds, and what its result has to be.
CALLS: dict[str, tuple[JSON, JSON, Any, JSON, JSON]] = {
    "custom": (
        {"type": "custom", "name": "sql"},
        {"type": "custom_tool_call", "name": "sql", "input": "select 1"},
        sql,
        {"query": "select 1"},
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "SELECT 1"},
    ),
    "shell": (
        {"type": "shell", "environment": {"type": "local"}},
        {
            "type": "shell_call",
            "status": "completed",
            "action": {"commands": ["ls", "pwd"], "timeout_ms": 9, "max_output_length": 100},
            "environment": {"type": "local"},
        },
        shell,
        {"commands": ["ls", "pwd"], "timeout_ms": 9},
        {
            "type": "shell_call_output",
            "call_id": "call_1",
            "max_output_length": 100,
            "output": [
                {"stdout": "ls", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
                {"stdout": "pwd", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
            ],
        },
    ),
    "local shell": (
        {"type": "local_shell"},
        {
            "type": "local_shell_call",
            "status": "completed",
            "action": {"type": "exec", "command": ["ls", "-l"], "env": {}, "working_directory": "/tmp"},
        },
        local_shell,
        {"command": ["ls", "-l"], "env": {}, "working_directory": "/tmp"},
        {"type": "local_shell_call_output", "id": "call_1", "output": "ls -l"},
    ),
    "patch": (
        {"type": "apply_patch"},
        {
            "type": "apply_patch_call",
            "status": "completed",
            "operation": {"type": "update_file", "path": "a.py", "diff": DIFF},
        },
        apply_patch,
        {"type": "update_file", "path": "a.py", "diff": DIFF},
        {
            "type": "apply_patch_call_output",
            "call_id": "call_1",
            "status": "completed",
            "output": "update_file a.py",
        },
    ),
    "computer": (
        {"type": "computer"},
        {"type": "computer_call", "status": "completed", "actions": [CLICK], "pending_safety_checks": [CHECK]},
        computer,
        {"actions": [CLICK], "pending_safety_checks": [CHECK]},
        {
            "type": "computer_call_output",
            "call_id": "call_1",
            "output": {"type": "computer_screenshot", "image_url": PNG_URL},
            "acknowledged_safety_checks": [CHECK],
        },
    ),
    "computer of the preview": (
        {"type": "computer_use_preview", "display_width": 9, "display_height": 9, "environment": "browser"},
        {"type": "computer_call", "status": "completed", "action": CLICK, "pending_safety_checks": []},
        computer,
        {"actions": [CLICK], "pending_safety_checks": None},
        {
            "type": "computer_call_output",
            "call_id": "call_1",
            "output": {"type": "computer_screenshot", "image_url": PNG_URL},
        },
    ),
}


def item_of(fields: JSON) -> JSON:
    return {"id": "item_1", "call_id": "call_1", **fields}


def replied(way: Way, item: JSON) -> Reply:
    """A response of this item, whole or streamed."""
    if not way.stream:
        return Reply.json(response_of([item]))
    place = {"output_index": 0, "item_id": item["id"]}
    begun = {**item, **({"input": ""} if "input" in item else {})}
    pieces = [{"type": "response.custom_tool_call_input.delta", **place, "delta": one} for one in item.get("input", "")]
    return Reply.messages(
        {"type": "response.created", "response": response_of([], "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        *pieces,
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response_of([item])},
    )


@odd("responses", [*STREAMED, *WHOLE])
@pytest.mark.parametrize("name", CALLS)
def test_native_calls_are_run(row: BaseRow, way: Way, name: str, server: Server) -> None:
    declared, fields, function, args, output = CALLS[name]
    item = item_of(fields)
    found = way(row, server, replied(way, item), tools=[declared, function])
    assert (found.error, found.faults) == (None, [])
    assert server.request.json["tools"] == [declared]  # the function is not declared a second time
    assert found.tools == [(function.__name__, "call_1", args)]
    response = found.response
    assert response.common_finish_reasons == ["tool_calls"]
    tool = response.tools[0]
    assert type(response).tool_message_params([(tool, tool.call())]) == [output]
    assert [one["type"] for one in response.message_param] == [item["type"]]


TYPED = {
    "custom": ("CustomTool", {"input": "select 1"}),
    "shell": ("ShellTool", {"commands": ["ls", "pwd"], "timeout_ms": 9, "max_output_length": 100}),
    "patch": ("ApplyPatchTool", {"type": "update_file", "path": "a.py", "diff": DIFF}),
    "computer": ("ComputerTool", {"actions": [CLICK], "pending_safety_checks": [CHECK]}),
}


# Without a function the call is there to be read, and nothing runs it.
@odd("responses", [*STREAMED, *WHOLE])
@pytest.mark.parametrize("name", TYPED)
def test_native_calls_are_typed(row: BaseRow, way: Way, name: str, server: Server) -> None:
    declared, fields, _, _, _ = CALLS[name]
    found = way(row, server, replied(way, item_of(fields)), tools=[declared])
    kind, args = TYPED[name]
    tool = found.response.tools[0]
    assert (found.error, tool.error, tool.args) == (None, None, args)
    assert isinstance(tool, getattr(openai.responses, kind))
    with pytest.raises(ToolNotFoundError, match="no function for the tool"):
        tool.call()


# OpenAI's reference of `shell_call`: a container is OpenAI's, which runs the commands and says what they wrote.
@odd("responses", [*STREAMED, *WHOLE])
def test_a_shell_that_openai_runs_is_no_call(row: BaseRow, way: Way, server: Server) -> None:
    environment = {"type": "container_reference", "container_id": "c"}
    item = item_of({**CALLS["shell"][1], "environment": environment})
    declared = {"type": "shell", "environment": {"type": "container_auto"}}
    found = way(row, server, replied(way, item), tools=[declared, sql])
    assert (found.error, found.tools, found.response.tools) == (None, [], None)
    assert found.response.common_finish_reasons == ["stop"]
    assert [one["type"] for one in server.request.json["tools"]] == ["shell", "function"]


@odd("responses", [STREAMED[0], WHOLE[0]])
@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("custom", {"type": "custom_tool_call_output", "call_id": "call_1", "output": "ToolRefusedError: no"}),
        (
            "shell",
            {
                "type": "shell_call_output",
                "call_id": "call_1",
                "max_output_length": 100,
                "output": [
                    {"stdout": "", "stderr": "ToolRefusedError: no", "outcome": {"type": "exit", "exit_code": 1}}
                ],
            },
        ),
        (
            "patch",
            {
                "type": "apply_patch_call_output",
                "call_id": "call_1",
                "status": "failed",
                "output": "ToolRefusedError: no",
            },
        ),
    ],
)
def test_native_calls_that_failed(row: BaseRow, way: Way, name: str, output: JSON, server: Server) -> None:
    declared, fields, function, _, _ = CALLS[name]
    response = way(row, server, replied(way, item_of(fields)), tools=[declared, function]).response
    assert type(response).tool_message_params([(response.tools[0], ToolRefusedError("no"))]) == [output]


@odd("responses", [WHOLE[0]])
def test_a_computer_returns_an_image(row: BaseRow, way: Way, server: Server) -> None:
    declared, fields, _, _, _ = CALLS["computer"]
    response = way(row, server, replied(way, item_of(fields)), tools=[declared]).response
    tool = response.tools[0]
    with pytest.raises(PromptError, match="an image"):
        type(response).tool_message_params([(tool, "done")])
    # Nobody has seen the warning: it is acknowledged only where the result says so.
    screen = {"type": "computer_screenshot", "image_url": PNG_URL}
    (sent,) = type(response).tool_message_params([(tool, {"image_url": PNG_URL})])
    assert sent == {"type": "computer_call_output", "call_id": "call_1", "output": screen}
    (sent,) = type(response).tool_message_params(
        [(tool, {"image_url": PNG_URL, "acknowledged_safety_checks": [CHECK]})]
    )
    assert sent["acknowledged_safety_checks"] == [CHECK]


# OpenAI's guide of programmatic tool calling: the result names the program that the call came from.
@odd("responses", [STREAMED[0], WHOLE[0]])
@pytest.mark.parametrize("kind", ["custom", "function"])
def test_the_caller_is_given_back(row: BaseRow, way: Way, kind: str, server: Server) -> None:
    caller = {"type": "program", "caller_id": "prog_1"}
    fields = CALLS["custom"][1]
    if kind == "function":
        fields = {"type": "function_call", "name": "sql", "arguments": '{"query": "a"}', "status": "completed"}
    response = way(row, server, replied(way, item_of({**fields, "caller": caller})), tools=[sql]).response
    (sent,) = type(response).tool_message_params([(response.tools[0], "x")])
    assert (sent["caller"], sent["output"]) == (caller, "x")


@odd("responses", [*STREAMED, *WHOLE])
def test_native_calls_in_a_tool_loop(row: BaseRow, way: Way, server: Server) -> None:
    declared, fields, function, _, output = CALLS["shell"]
    message = {"id": "m", "type": "message", "role": "assistant", "status": "completed"}
    message["content"] = [{"type": "output_text", "text": "done", "annotations": []}]
    found = way(
        row,
        server,
        replied(way, item_of(fields)),
        replied(way, message),
        tools=[declared, function],
        tool_loop=ToolLoop(),
    )
    assert (found.error, found.response.content) == (None, "done")
    assert server.request.json["input"][-2:] == [item_of(fields), output]


# A shell, a patch and a computer in the common form, for `llm` and for other providers.
def test_native_calls_in_the_common_form(server: Server) -> None:
    declared, fields, function, args, _ = CALLS["custom"]
    server.reply(Reply.json(response_of([item_of(fields)])))
    with RESPONSES.client(server) as client:

        @llm.call("openai.responses:m", client=client, tools=[declared, function])
        def ask() -> str:
            return "Hi"

        response = ask()
    tool = response.tools[0]
    assert (tool.name, tool.args) == ("sql", args)
    assert response.message_param.content == [ToolCallPart(name="sql", args={"input": "select 1"}, id="call_1")]
    kinds = openai.responses.OpenAIResponsesCallResponse
    _, fields, _, _, output = CALLS["computer"]
    assert decode_message(kinds, output).content == [
        ToolResultPart(content=[ImagePart(media_type="image/png", image=PNG)], id="call_1")
    ]
    assert decode_message(kinds, CALLS["shell"][4]).content == [ToolResultPart(content="lspwd", id="call_1")]


# The events of a call that was cut before it was done.
@odd("responses", STREAMED)
def test_pieces_of_a_shell_call(row: BaseRow, way: Way, server: Server) -> None:
    place = {"output_index": 0}
    begun = item_of({"type": "shell_call", "status": "in_progress", "action": {"commands": []}})
    events = [
        {"type": "response.created", "response": response_of([], "in_progress")},
        {"type": "response.output_item.added", **place, "item": begun},
        {"type": "response.shell_call_command.added", **place, "command_index": 0, "command": ""},
        {"type": "response.shell_call_command.delta", **place, "command_index": 0, "delta": "ls"},
        {"type": "response.shell_call_command.delta", **place, "command_index": 0, "delta": " -l"},
        {"type": "response.shell_call_command.done", **place, "command_index": 0, "command": "ls -l"},
        {"type": "response.shell_call_command.added", **place, "command_index": 1, "command": "pwd"},
        {"type": "response.completed", "response": response_of([])},
    ]
    found = way(row, server, Reply.messages(*events), tools=[{"type": "shell"}, shell])
    assert found.tools == [("shell", "call_1", {"commands": ["ls -l", "pwd"], "timeout_ms": None})]


def test_partial_custom_calls(server: Server) -> None:
    declared, fields, function, _, _ = CALLS["custom"]

    async def run() -> list[tuple[Any, str | None]]:
        server.reply(replied(STREAMED[0], item_of(fields)))
        async with RESPONSES.aclient(server) as client:
            stream = RESPONSES.astream(client, tools=[declared, function], stream={"partial_tools": True})
            return [(tool.args.get("query"), tool.delta) async for _, tool in stream if tool is not None]

    seen = asyncio.run(run())
    assert seen[:2] == [("s", "s"), ("se", "e")]
    assert seen[-1] == ("select 1", None)


# OpenAI's reference of chat completions: a call of a custom tool has `custom` {name, input}.
@odd("chat", [*STREAMED, *WHOLE], lambda row: row.name in ("openai", "azure", "openrouter"))
@pytest.mark.parametrize("given", [True, False], ids=["function", "typed"])
def test_custom_calls_of_chat_completions(row: BaseRow, way: Way, given: bool, server: Server) -> None:
    declared = {"type": "custom", "custom": {"name": "sql", "description": "Run SQL."}}
    call = {"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    begun = {"index": 0, **call, "custom": {"name": "sql", "input": "sel"}}
    more = {"index": 0, "custom": {"input": "ect 1"}}
    events = [chunk({"tool_calls": [begun]}), chunk({"tool_calls": [more]}), chunk({}, "tool_calls")]
    reply = Reply.chat(*events) if way.stream else Reply.json(completion({"tool_calls": [call]}, "tool_calls"))
    found = way(row, server, reply, tools=[declared, sql] if given else [declared])
    assert (found.error, found.faults) == (None, [])
    assert server.request.json["tools"] == [declared]
    assert found.tools == [("sql", "c", {"query" if given else "input": "select 1"})]
    assert found.response.message_param["tool_calls"] == [call]
    assert found.response.common_message_param.content == [ToolCallPart(name="sql", args={"input": "select 1"}, id="c")]
