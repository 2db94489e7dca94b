"""A call parameter unknown to the SDK raises an error with its name before anything is sent; `None` means unset."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from mirascope_like.core import BaseTool, ConfigurationError
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, MISTRAL
from tests.conformance.rows import BEDROCK, EVERY, GEMINI, GOOGLE
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK says that it is retired
    import google.generativeai as genai

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

ask_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
stream_ways = pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])


def ask(row: BaseRow, server: Server, *, stream: bool = False, asynchronous: bool = False, **options: Any) -> Any:
    """Make a call; return what was sent."""

    async def main() -> None:
        async with row.aclient(server) as client:
            await (row.astream(client, **options).collect() if stream else row.aask(client, **options))

    server.always(row.wire.streamed(Answer("ok")) if stream else row.wire.answered(Answer("ok")))
    if asynchronous:
        asyncio.run(main())
    else:
        with row.client(server) as client:
            row.stream(client, **options).collect() if stream else row.ask(client, **options)
    return row.wire.body(server.request)


@stream_ways
@ask_ways
@pytest.mark.parametrize(
    ("row", "params", "message"),
    [
        (GOOGLE, {"config": {"temprature": 1}}, "for google: temprature: Extra inputs are not permitted"),
        (GOOGLE, {"temperature": "hot"}, "for google: temperature: Input should be a valid number"),
        (GOOGLE, {"thinking_config": {"budget": 1}}, "for google: thinking_config.budget: Extra inputs"),
        (MISTRAL, {"temperature": "hot"}, "for mistral: temperature"),
        (MISTRAL, {"tool_choice": {"type": "zzz"}}, "for mistral: tool_choice.ToolChoice.function: Field"),
        (MISTRAL, {"seed": "x", "stop": 3}, "for mistral: random_seed"),
        (MISTRAL, {"seed": "x", "stop": 3}, "; stop."),
        (GEMINI, {"temperature": "hot"}, "invalid call parameter temperature for gemini: must be real number, not str"),
        (
            GEMINI,
            {"generation_config": {"temprature": 1}},
            "invalid call parameter temprature for gemini: Unknown field",
        ),
        (GEMINI, {"generation_config": 1}, "invalid call parameter generation_config for gemini: "),
        (GEMINI, {"safety_settings": {"x": "y"}}, "invalid call parameter safety_settings for gemini: "),
        (GEMINI, {"tool_config": {"x": "y"}}, "invalid call parameter tool_config for gemini: "),
    ],
    ids=lambda value: value.id if isinstance(value, BaseRow) else "",
)
def test_refused(
    row: BaseRow, params: dict[str, Any], message: str, asynchronous: bool, stream: bool, server: Server
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ask(row, server, stream=stream, asynchronous=asynchronous, call_params=params)
    assert message in str(caught.value)
    assert caught.value.__cause__ is not None
    assert not server.requests


@stream_ways
def test_refused_by_a_model_of_gemini(stream: bool) -> None:
    options: Any = {"stream": True} if stream else {}
    asked: Callable[[Any], Any] = GEMINI.decorated(
        genai.GenerativeModel("gemini-1.5-flash"), call_params={"temperature": "hot"}, **options
    )
    with pytest.raises(
        ConfigurationError, match="invalid call parameter temperature for gemini: must be real number, not str"
    ):
        asked("Hi").collect()


def test_refused_tool_of_mistrals_own(server: Server) -> None:
    with pytest.raises(ConfigurationError, match=r"for mistral: body\..*function: Field required"):
        ask(MISTRAL, server, tools=[{"type": "function"}])


def test_gemini_takes_no_seed() -> None:
    with pytest.raises(ConfigurationError, match="unknown call parameter of gemini 'seed'"):
        GEMINI.module.call("m", call_params={"seed": 1})


class Weather(BaseTool):
    """Tell the weather."""

    city: str

    def call(self) -> str:
        return self.city


class Marked(Weather):
    """Tell the weather."""

    tool_config: ClassVar[Any] = {"strict": True, "cache_control": {"type": "ephemeral"}, "behavior": "BLOCKING"}


def declared(body: Any) -> dict[str, Any]:
    (tool,) = body["tools"]
    (function,) = tool.get("functionDeclarations") or tool["function_declarations"]
    return {key: value for key, value in function.items() if not key.startswith("parameters")}


def test_tool_settings_of_other_providers_are_left_out(server: Server) -> None:
    words = {"description": "Tell the weather."}
    named = {"name": "Marked", **words, "behavior": "BLOCKING"}
    assert declared(ask(GOOGLE, server, tools=[Marked])) == named
    assert declared(ask(GEMINI, server, tools=[Marked])) == {"name": "Marked", **words}
    assert declared(ask(GOOGLE, server, tools=[Weather])) == {"name": "Weather", **words}


@stream_ways
def test_unset_for_anthropic(stream: bool, server: Server) -> None:
    assert ask(ANTHROPIC, server, stream=stream, call_params={"max_tokens": None})["max_tokens"] == 1024


def test_unset_for_bedrock(server: Server) -> None:
    params = {"temperature": None, "max_tokens": None, "top_p": None, "stop": None, "guardrailConfig": None}
    assert ask(BEDROCK, server, call_params=params).keys() == {"messages"}
    assert ask(BEDROCK, server, call_params={**params, "max_tokens": 5})["inferenceConfig"] == {"maxTokens": 5}


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_unset_everywhere(row: BaseRow, server: Server) -> None:
    ask(row, server, call_params={"temperature": None, "max_tokens": None})
