"""The project's own recordings, of the embedded model: a stream is rebuilt to the answer that came unstreamed.

They need neither the shared recordings nor the model; `record.py` makes them anew.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from mirascope_like.core import anthropic, openai
from mirascope_like.core.base.parsing import dumped
from tests.harness.oracles import same
from tests.harness.server import Reply, Server

FOLDER = Path(__file__).parent
VARYING = ("id", "created", "timings")
FORMATS: list[Any] = [
    pytest.param("chat-completions", openai, openai_sdk.OpenAI, openai_sdk.AsyncOpenAI, "/v1", id="openai"),
    pytest.param("messages", anthropic, anthropic_sdk.Anthropic, anthropic_sdk.AsyncAnthropic, "", id="anthropic"),
]


def reply(exchange: dict[str, Any], cut: int | None) -> Reply:
    response = exchange["response"]
    whole = Reply((response["body"].encode(),), response["status"], response["headers"])
    return whole if cut is None else whole.cut(cut)


def constant(response: Any) -> dict[str, Any]:
    return {key: value for key, value in dumped(response).items() if key not in VARYING}


@pytest.mark.parametrize("cut", [None, 1, 2])
@pytest.mark.parametrize(("name", "provider", "client", "async_client", "base"), FORMATS)
def test_a_stream_is_rebuilt_to_the_unstreamed_answer(
    server: Server, name: str, provider: Any, client: Any, async_client: Any, base: str, cut: int | None
) -> None:
    recorded = json.loads((FOLDER / f"{name}.json").read_text())
    expected = constant(json.loads(recorded["whole"]["response"]["body"]))
    server.reply(reply(recorded["stream"], cut), reply(recorded["stream"], cut), reply(recorded["whole"], None))

    with client(base_url=server.url + base, api_key="k") as sync:

        @provider.call("smollm2-135m", stream=True, client=sync)
        def streamed() -> str:
            return "Recommend a fantasy book"

        @provider.call("smollm2-135m", client=sync)
        def whole() -> str:
            return "Recommend a fantasy book"

        same(constant(streamed().collect().response), expected)

        async def main() -> Any:
            async with async_client(base_url=server.url + base, api_key="k") as open_client:

                @provider.call("smollm2-135m", stream=True, client=open_client)
                async def astreamed() -> str:
                    return "Recommend a fantasy book"

                return await astreamed().collect()

        same(constant(asyncio.run(main()).response), expected)
        same(constant(whole().response), expected)
