"""A missing or misspelt setting raises an error before anything is sent; the message names what to do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from pydantic import create_model

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, Messages, MirascopeLikeError, openai
from tests.conformance.providers import OPENAI, Row, openai_like
from tests.harness.clocks import PATIENCE
from tests.harness.recordings import ROOT
from tests.harness.server import Reply, Server


def ask(row: Row, *, stream: bool, asynchronous: bool) -> Any:
    if asynchronous:

        async def main() -> Any:
            return await (row.astream().collect() if stream else row.aask())

        return asyncio.run(main())
    return row.stream().collect() if stream else row.ask()


@openai_like
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_missing_key(
    row: Row, stream: bool, asynchronous: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # SDKs look for profiles there
    monkeypatch.setenv(row.base_url, "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=row.key) as caught:
        ask(row, stream=stream, asynchronous=asynchronous)
    assert isinstance(caught.value, row.base_error)
    assert "client=" in str(caught.value)


@openai_like
def test_key_that_comes_later_is_taken(
    row: Row, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(row.base_url, row.url(server))
    with pytest.raises(ConfigurationError):
        row.ask()
    for name, value in row.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(row.key, "sk-later")
    server.reply(Reply.json(row.whole("Hello")))
    assert row.ask().content == "Hello"
    assert "sk-later" in str(server.request.headers)


@openai_like
def test_async_client_for_a_sync_call(row: Row, server: Server) -> None:
    client = row.aclient(server)
    for stream in (False, True):
        with pytest.raises(ConfigurationError, match="sync call") as caught:
            list(row.stream(client)) if stream else row.ask(client)
        assert f"{row.sdk.__name__}." in str(caught.value)
    asyncio.run(client.close())


@openai_like
def test_sync_client_for_an_async_call(row: Row, server: Server) -> None:
    async def main(stream: bool) -> None:
        await (row.astream(client).collect() if stream else row.aask(client))

    with row.client(server) as client:
        for stream in (False, True):
            with pytest.raises(ConfigurationError, match="async call") as caught:
                asyncio.run(main(stream))
            assert f"{row.sdk.__name__}.Async" in str(caught.value)


@openai_like
def test_unknown_call_parameter(row: Row) -> None:
    with pytest.raises(ConfigurationError, match=r"'temprature'.*did you mean 'temperature'"):
        row.module.call("m", call_params={"temprature": 0.5})


@openai_like
def test_unknown_call_parameter_of_a_dynamic_config(row: Row) -> None:
    @row.module.call("m")
    def say() -> Any:
        return {"messages": [{"role": "user", "content": "Hi"}], "call_params": {"temprature": 0.5}}

    with pytest.raises(ConfigurationError, match=r"'temprature'.*did you mean 'temperature'"):
        say()


@openai_like
def test_unknown_option_of_stream(row: Row) -> None:
    with pytest.raises(
        ConfigurationError, match="unknown option of stream 'partial_tool'; did you mean 'partial_tools'"
    ):
        row.module.call("m", stream={"partial_tool": True})


@openai_like
def test_what_is_no_tool(row: Row) -> None:
    with pytest.raises(ConfigurationError, match="a tool must be a function or a pydantic class, not 'search'"):
        row.module.call("m", tools=["search"])


@openai_like
def test_unknown_option(row: Row) -> None:
    with pytest.raises((ConfigurationError, TypeError), match="call_parms"):
        row.module.call("m", call_parms={})


@openai_like
def test_missing_argument_is_the_functions_own(row: Row) -> None:
    async def awaited(*args: Any, **kwargs: Any) -> None:
        await row.adecorated()(*args, **kwargs)

    def arun(*args: Any, **kwargs: Any) -> None:
        asyncio.run(awaited(*args, **kwargs))

    for call in (row.decorated(), row.adecorated(stream=True), arun):
        with pytest.raises(TypeError, match="'prompt'") as caught:
            call()  # type: ignore[call-arg]
        assert not isinstance(caught.value, MirascopeLikeError)
        with pytest.raises(TypeError, match="'promt'"):
            call("x", promt="x")  # type: ignore[call-arg]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which some packages cannot be imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE,
        env=environment,
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_missing_sdk(name: str) -> None:
    ran = run(f"""
        import sys
        sys.modules[{name!r}] = None
        from mirascope_like.core import ConfigurationError
        import mirascope_like.core
        try:
            from mirascope_like.core import {name}
        except ImportError as error:
            assert isinstance(error, ConfigurationError), type(error)
            assert error.name == {name!r}
            print(error)
        try:
            mirascope_like.core.{name}
        except ImportError as error:
            print(error)
    """)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert len(lines) == 2
    assert all(f"pip install 'mirascope-like[{name}]'" in line for line in lines)


def test_missing_dependency_of_an_sdk_raises_the_original_error() -> None:
    ran = run("""
        import sys
        sys.modules["httpx2"] = sys.modules["httpx"] = None
        try:
            from mirascope_like.core import openai
        except ModuleNotFoundError as error:
            print(error.name, type(error).__name__)
    """)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split()[0] in ("httpx2", "httpx")
    assert ran.stdout.split()[1] == "ModuleNotFoundError"


def test_unknown_name_of_the_package() -> None:
    import mirascope_like.core

    with pytest.raises(AttributeError, match="no attribute 'opanai'"):
        mirascope_like.core.opanai  # noqa: B018


def test_key_given_to_the_client_needs_no_environment(server: Server) -> None:
    server.reply(Reply.json(OPENAI.whole("Hello")))
    with OPENAI.client(server, api_key="sk-given") as client:
        assert OPENAI.ask(client).content == "Hello"
    assert server.request.headers["authorization"] == "Bearer sk-given"


def find(title: str) -> str:
    """Find a book."""
    return title


class Library:
    def find(self, title: str) -> str:
        """Find a book."""
        return title


def answer(text: str) -> str:
    """Answer."""
    return text


answer.__name__ = "list"  # as the answer of `response_model=list[str]` is requested


@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_two_tools_of_one_name(stream: bool, server: Server) -> None:
    with pytest.raises(ConfigurationError, match="duplicate tool name 'find'"):
        OPENAI.decorated(tools=[find, Library().find], stream=stream)

    @openai.call("m", stream=stream)
    def ask() -> Any:
        return {"messages": [Messages.User("Hi")], "tools": [find, find]}

    with pytest.raises(ConfigurationError, match="duplicate tool name 'find'"):
        ask()


@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
@pytest.mark.parametrize(
    ("kind", "tool"), [(list[str], answer), (create_model("find", title=(str, ...)), find)], ids=["list", "model"]
)
def test_a_tool_named_like_the_answer(stream: bool, kind: Any, tool: Any) -> None:
    message = f"duplicate tool name '{tool.__name__}'"
    with pytest.raises(ConfigurationError, match=message):
        openai.call("m", response_model=kind, tools=[tool], stream=stream)

    @openai.call("m", response_model=kind, stream=stream)
    def ask() -> Any:
        return {"messages": [Messages.User("Hi")], "tools": [tool]}

    @llm.call("openai:m", response_model=kind, tools=[tool], stream=stream)
    def ask_any() -> str:
        return "Hi"

    for call in (ask, ask_any):
        with pytest.raises(ConfigurationError, match=message):
            call()


def test_a_tool_named_like_an_answer_that_is_given_as_text(server: Server) -> None:
    server.reply(Reply.json(OPENAI.whole('{"value": ["a"]}')))
    with OPENAI.client(server) as client:
        found = OPENAI.ask(client, response_model=list[str], json_mode=True, tools=[answer])
    assert found == ["a"]


@pytest.mark.parametrize("stream", [None, 0, "", {}])
def test_what_is_false_is_not_streamed(stream: Any, server: Server) -> None:
    server.reply(Reply.json(OPENAI.whole("Hello")), Reply.json(OPENAI.whole("Hello")))
    with OPENAI.client(server) as client:
        assert OPENAI.ask(client, stream=stream).content == "Hello"
        assert OPENAI.ask(client, stream=stream, output_parser=str) == "Hello"
    assert "stream" not in server.request.json


@pytest.mark.parametrize("stream", [1, "yes", ["partial_tools"], object])
def test_what_is_no_choice_of_streaming(stream: Any) -> None:
    with pytest.raises(ConfigurationError, match="stream must be True, False, or options such as"):
        openai.call("m", stream=stream)
