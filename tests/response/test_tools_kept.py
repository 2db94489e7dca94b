"""The tools of a response after a pickle, a dump or JSON: the calls, typed where their class is known.

Reports: openai-agents-python#2500 and pydantic-ai#1995 (pending calls are saved, and answered in another process),
openai-python#1776 (pickle with multiprocessing), ragas#2553 (disk caches).
"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mirascope_like import llm
from mirascope_like.core import (
    BaseTool,
    BaseToolKit,
    ConfigurationError,
    ToolArgumentsError,
    ToolLoop,
    ToolNotFoundError,
    UnresolvedTool,
    anthropic,
    openai,
    toolkit_tool,
)
from mirascope_like.core.base.tools import ToolCall, UnknownTool, tool_from_function, tool_type
from mirascope_like.llm.answers import wrapped_response
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Call
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.server import Server
from tests.response import in_a_process

HERE = __name__
ADD = Call("call_1", "add", '{"a": 1, ', '"b": 2}')
JOIN = Call("call_1", "join", '{"a": "xy", ', '"b": "z"}')
TITLE = Call("call_1", "Title", '{"title": "emma"}')


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def join(a: str, b: str) -> str:
    """Join two texts."""
    return a + b


class Title(BaseTool):
    """Write a title."""

    title: str

    def call(self) -> str:
        return self.title.title()


class Outer:
    class Inner(Title):
        """Write a title, in a class."""

    @staticmethod
    def add(a: int, b: int) -> int:
        """Add two numbers, in a class."""
        return a + b

    @classmethod
    def of_class(cls, a: int, b: int) -> int:
        """Add two numbers, of a class."""
        return a + b


class Sum(BaseModel):
    """A model as a tool."""

    a: int
    b: int


class Kit(BaseToolKit):
    key: str = "hush"

    @toolkit_tool
    def add(self, a: int, b: int) -> int:
        """Add two numbers."""
        return a + b


def pickled(response: Any) -> Any:
    return pickle.loads(pickle.dumps(response))


def validated(response: Any) -> Any:
    return type(response).model_validate(response.model_dump())


def from_json(response: Any) -> Any:
    return type(response).model_validate_json(response.model_dump_json())


def twice(response: Any) -> Any:
    return pickled(from_json(pickled(response)))


Keep = Callable[[Any], Any]
every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
every_way = pytest.mark.parametrize("keep", [pickled, validated, from_json, twice])
ways_and_copies = pytest.mark.parametrize(
    "keep", [pickled, validated, from_json, twice, copy.copy, copy.deepcopy], ids=lambda keep: keep.__name__
)
whole_or_streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def called(row: BaseRow, server: Server, tools: list[Any], *calls: Call, stream: bool = False, **options: Any) -> Any:
    server.reply((row.wire.streamed if stream else row.wire.answered)(Answer(*calls)))
    with row.client(server) as client:
        options["tools"] = tools
        return row.stream(client, **options).collect() if stream else row.ask(client, **options)


@whole_or_streamed
@every_row
def test_every_provider(row: BaseRow, stream: bool, server: Server) -> None:
    response = called(row, server, [join], JOIN, stream=stream)
    for keep in (pickled, validated, from_json, twice):
        again = keep(response)
        (tool,) = again.tools
        assert (type(tool), tool.call(), tool.args) == (type(response.tool), "xyz", {"a": "xy", "b": "z"})
        assert (tool.name, tool.id) == (response.tool.name, response.tool.id)
        assert again.tool_types == response.tool_types
        assert again.tool_message_params([(tool, 3)]) == response.tool_message_params([(response.tool, 3)])
        assert again == response
        assert pickle.loads(pickle.dumps(tool)) == tool


@ways_and_copies
@pytest.mark.parametrize(
    ("kind", "call", "result"),
    [
        (add, ADD, 3),
        (Title, TITLE, "Emma"),
        (Outer.Inner, Call("call_1", "Inner", '{"title": "emma"}'), "Emma"),
        (Outer.add, ADD, 3),
        (Outer.of_class, Call("call_1", "of_class", '{"a": 1, "b": 2}'), 3),
    ],
    ids=["function", "class", "nested class", "static method", "class method"],
)
def test_kinds_of_tools(kind: Any, call: Call, result: object, keep: Keep, server: Server) -> None:
    response = called(OPENAI, server, [kind], call)
    (tool,) = keep(response).tools
    assert (tool.call(), tool.id) == (result, "call_1")
    assert pickled(tool).call() == result


@ways_and_copies
def test_a_model_as_a_tool(keep: Keep, server: Server) -> None:
    (tool,) = keep(called(OPENAI, server, [Sum], Call("call_1", "Sum", '{"a": 1, "b": 2}'))).tools
    assert isinstance(tool, Sum)
    assert (tool.call().b, pickled(tool)) == (2, tool)


@ways_and_copies
@whole_or_streamed
@pytest.mark.parametrize("row", [OPENAI, RESPONSES, ANTHROPIC], ids=lambda row: row.id)
def test_any_provider(row: BaseRow, stream: bool, keep: Keep, server: Server) -> None:
    server.reply((row.wire.streamed if stream else row.wire.answered)(Answer(ADD)))
    with row.client(server) as client:

        @llm.call(provider=row.id, model="m", client=client, tools=[add, Title], stream=stream)  # type: ignore[call-overload]  # pyright: ignore
        def ask() -> str:
            return "1 + 2?"

        response: Any = ask().collect() if stream else ask()
    again = keep(response)
    (tool,) = again.tools
    assert (type(tool), tool.call()) == (type(response.tool), 3)
    assert isinstance(tool, llm.Tool)
    assert again.tool_types == response.tool_types
    assert len(again.tool_types) == 2


# Tools whose class is not known


def local_tool() -> Any:
    def add(a: int, b: int) -> int:
        """Add two numbers, in a function."""
        return a + b

    return add


UNKNOWN = [local_tool(), Kit().create_tools()[0], Kit().add]


@every_way
@whole_or_streamed
@pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.id)
@pytest.mark.parametrize("kind", UNKNOWN, ids=["function in a function", "toolkit", "method"])
def test_a_tool_without_a_name_in_a_module(kind: Any, row: BaseRow, stream: bool, keep: Keep, server: Server) -> None:
    response = called(row, server, [kind], ADD, stream=stream)
    assert response.tool.call() == 3
    again = keep(response)
    (tool,) = again.tools
    assert isinstance(tool, UnresolvedTool)
    assert isinstance(tool, {"openai": openai.OpenAITool, "anthropic": anthropic.AnthropicTool}[response.provider])
    assert (tool.name, tool.id, tool.args, tool.error) == ("add", response.tool.id, {"a": 1, "b": 2}, None)
    with pytest.raises(ToolNotFoundError, match=r"class of tool 'add' is not known: .*context="):
        tool.call()
    assert again.tool_message_params([(tool, 3)]) == response.tool_message_params([(response.tool, 3)])
    assert again == response
    assert pickled(tool) == tool
    for form in (pickle.dumps(response), response.model_dump_json().encode()):
        assert b"hush" not in form


@pytest.mark.parametrize("neutral", [False, True], ids=["own", "llm"])
@pytest.mark.parametrize("kind", UNKNOWN, ids=["function in a function", "toolkit", "method"])
def test_a_tool_that_is_given(kind: Any, neutral: bool, server: Server) -> None:
    response = called(OPENAI, server, [kind], ADD)
    response = wrapped_response(response) if neutral else response
    context = {"tools": [Title, kind]}
    for again in (
        type(response).model_validate(response.model_dump(), context=context),
        type(response).model_validate_json(response.model_dump_json(), context=context),
        type(response).model_validate_json(response.model_dump_json(), context={"tools": kind}),
    ):
        assert (again.tool.call(), len(again.tool_types), again) == (3, 1, response)


def test_a_tool_given_takes_precedence(server: Server) -> None:
    response = called(OPENAI, server, [add], ADD)
    again = type(response).model_validate(response.model_dump(), context={"tools": [local_tool()]})
    assert "in a function" in again.tool_types[0]._description()
    with pytest.raises(ConfigurationError, match="a tool must be a function or a pydantic class, not 3"):
        type(response).model_validate(response.model_dump(), context={"tools": [3]})
    assert type(response).model_validate(response.model_dump(), context={"other": 1}).tool.call() == 3


def test_mistakes_of_the_model_are_kept(server: Server) -> None:
    calls = [Call("c1", "add", '{"a": "x"}'), Call("c2", "ad", '{"a": 1}'), Call("c3", "functions.add:0", "{}")]
    response = called(OPENAI, server, [local_tool()], *calls)
    for keep in (pickled, validated, from_json, twice):
        one, two, three = keep(response).tools
        assert isinstance(one, UnresolvedTool)  # what does not fit is found by the class alone
        assert isinstance(two, UnknownTool)
        assert "unknown tool 'ad'; known: add; did you mean 'add'?" in str(two.error)
        assert three.name == "add"
    response = called(OPENAI, server, [add], *calls)
    for keep in (pickled, validated, from_json, twice):
        one, two, _ = keep(response).tools
        assert isinstance(one.error, ToolArgumentsError)
        assert str(two.error) == str(response.tools[1].error)


def test_no_tools_were_offered(server: Server) -> None:
    response = called(OPENAI, server, [], ADD)
    for keep in (pickled, validated, from_json, twice):
        assert (response.tools, keep(response).tools) == (None, None)


def test_arguments_named_like_attributes(server: Server) -> None:
    def add(name: str, id: int, args: str, call: int) -> None:
        """Do."""

    given = {"name": "n", "id": 1, "args": "x", "call": 2, "_origin": 3, "model_config": 4}
    response = called(OPENAI, server, [add], Call("call_1", "add", json.dumps(given)))
    (tool,) = pickled(response).tools
    assert (tool.name, tool.id, tool.args) == ("add", "call_1", given)


# Dumps are data: reading one imports nothing, and runs nothing that is no tool


@pytest.mark.parametrize(
    "path",
    [
        "os:system",
        "builtins:eval",
        f"{HERE}:local_tool",
        f"{HERE}:Title.title",
        f"{HERE}:Server",
        f"{HERE}:Sum",
        "mirascope_like.core:openai",
        "antigravity:add",
        "",
        ":",
        "add",
        f"{HERE}:__class__",
        f"{HERE}:add.__globals__",
        f"{HERE}:Title",
    ],
)
def test_a_path_that_is_no_tool_of_this_name(path: str, server: Server) -> None:
    response = called(OPENAI, server, [add], ADD)
    dump = {**response.model_dump(mode="json"), "tool_classes": {"add": path}}
    before = set(sys.modules)
    again = type(response).model_validate_json(json.dumps(dump))
    assert isinstance(again.tool, UnresolvedTool)
    assert set(sys.modules) - before == set()


@pytest.mark.parametrize("classes", ["add", ["add"], {"add": 3}, 3])
def test_a_dump_in_another_form(classes: Any, server: Server) -> None:
    response = called(OPENAI, server, [add], ADD)
    for kind in (type(response), llm.CallResponse):
        with pytest.raises(ValidationError, match="invalid dump of a response: tool_classes is"):
            kind.model_validate({**response.model_dump(), "tool_classes": classes})


def test_what_a_dump_holds(server: Server) -> None:
    response = called(OPENAI, server, [add, Title, Sum], ADD)
    assert response.model_dump()["tool_classes"] == {
        "add": f"{HERE}:add",
        "Title": f"{HERE}:Title",
        "Sum": f"{HERE}:Sum",
    }


PROGRAM = """
import pickle, sys
from mirascope_like.core import UnresolvedTool, openai
kind = openai.OpenAICallResponse
text = open(sys.argv[1]).read()
response = kind.model_validate_json(text)
assert response.tool_types is None
assert isinstance(response.tool, UnresolvedTool), response.tool
assert (response.tool.name, response.tool.args) == ("add", {"a": 1, "b": 2})
assert "kept_tools" not in sys.modules
again = pickle.load(open(sys.argv[2], "rb"))
if len(sys.argv) > 3:
    sys.path.insert(0, sys.argv[3])
    again = pickle.load(open(sys.argv[2], "rb"))
    import kept_tools
    response = kind.model_validate_json(text)
    assert response.tool.call() == again.rounds[0].tool.call() == 3
    assert again.rounds[0].executed[0].tool.call() == 3
else:
    assert isinstance(again.rounds[0].tool, UnresolvedTool), again.rounds[0].tool
    assert again.rounds[0].executed[0].name == "add"
assert again.rounds[0] == response
"""

MODULE = """
from mirascope_like.core import openai

def add(a: int, b: int) -> int:
    return a + b

@openai.call("m", tools=[add])
def ask() -> str:
    return "1 + 2?"
"""


@pytest.mark.parametrize("has_module", [False, True], ids=["without the module", "with the module"])
def test_in_another_process(has_module: bool, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept_tools.py").write_text(MODULE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import kept_tools  # type: ignore[import-not-found]  # pyright: ignore

    server.reply(OPENAI.wire.answered(Answer(ADD)))
    response = called(OPENAI, server, [kept_tools.add], ADD, tool_loop=ToolLoop(max_rounds=2))
    (tmp_path / "a.json").write_text(response.rounds[0].model_dump_json(), "utf-8")
    (tmp_path / "a.pickle").write_bytes(pickle.dumps(response))
    monkeypatch.delitem(sys.modules, "kept_tools")
    given = [str(tmp_path / "a.json"), str(tmp_path / "a.pickle"), *([str(tmp_path)] if has_module else [])]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *given],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=10 * PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_multiprocessing(server: Server) -> None:
    response = called(OPENAI, server, [in_a_process.add], ADD)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(in_a_process.call_tool, response).result() == 3


# Tools themselves


def test_tools_that_no_model_called() -> None:
    assert pickled(Title(title="emma")).call() == "Emma"
    assert pickled(Title(title="emma")) == Title(title="emma")
    kind = tool_from_function(add)
    assert pickled(kind(a=1, b=2)).call() == 3  # type: ignore[call-arg]  # pyright: ignore


def test_partial_tools(server: Server) -> None:
    server.reply(OPENAI.wire.streamed(Answer(ADD)))
    with OPENAI.client(server) as client:
        tools = [tool for _, tool in OPENAI.stream(client, tools=[add], stream={"partial_tools": True}) if tool]
    assert [(one.args, one.delta) for one in map(pickled, tools)] == [(one.args, one.delta) for one in tools]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (local_tool(), "'add' is defined inside a function: define it in a module"),
        (Kit().create_tools()[0], r"it is a bound method, and its Kit object may hold secrets or connections"),
        (Kit().add, r"it is a bound method, and its Kit object"),
    ],
)
def test_the_error_of_a_tool_that_cannot_be_pickled_gives_the_reason(kind: Any, reason: str) -> None:
    tool = (kind if isinstance(kind, type) else tool_from_function(kind)).from_call(
        ToolCall("c", "add", '{"a": 1, "b": 2}')
    )
    with pytest.raises(pickle.PicklingError, match=f"tool 'add' cannot be pickled: {reason}"):
        pickle.dumps(tool)
    assert copy.deepcopy(tool).call() == copy.copy(tool).call() == 3


def test_the_error_of_a_local_class_gives_the_reason() -> None:
    class Add(BaseTool):
        """Add."""

    with pytest.raises((AttributeError, pickle.PicklingError), match=r"Can't (pickle|get) local object"):
        pickle.dumps(Add())  # Python's own error
    with pytest.raises(pickle.PicklingError, match="tool 'Add' cannot be pickled: 'Add' is defined inside a function"):
        pickle.dumps(tool_type(Add, OPENAI.module.OpenAITool)())


def test_the_pickle_method_of_a_class_is_used() -> None:
    assert pickled(Own(title="a")).title == "own"


class Own(BaseTool):
    title: str

    def __reduce__(self) -> Any:
        return made_own, ()


def made_own() -> Own:
    return Own(title="own")


def test_tool_loops(server: Server) -> None:
    server.reply(OPENAI.wire.answered(Answer(ADD)))
    response = called(OPENAI, server, [local_tool()], ADD, tool_loop=ToolLoop(max_rounds=2))
    for again in (pickled(response), pickled(pickled(response))):
        assert again.rounds[0].tool.name == "add"
    (event,) = pickled(response).rounds[0].executed
    assert (event.name, event.result, event.arguments) == ("add", 3, {"a": 1, "b": 2})
    assert isinstance(event.tool, UnresolvedTool)


def test_async(server: Server) -> None:
    server.reply(OPENAI.wire.streamed(Answer(ADD)))

    async def main() -> Any:
        async with OPENAI.aclient(server) as client:
            return await OPENAI.astream(client, tools=[add]).collect()

    response = asyncio.run(main())
    assert [keep(response).tool.call() for keep in (pickled, validated, from_json)] == [3, 3, 3]
