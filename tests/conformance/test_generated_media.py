"""Images that models generate: `media` of every provider that returns them, the history, and dumps."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core.base.messages import BaseMessageParam, ImagePart
from tests.conformance.contract import BaseRow
from tests.conformance.odd_wire import JSON, STREAMED, WHOLE, Way, chunk, completion, format_of, odd, response_of
from tests.conformance.rows import OPENROUTER
from tests.conformance.wires.answer import PNG_64, Answer
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, start, stop
from tests.harness.server import Reply, Server

URL = f"data:image/png;base64,{PNG_64}"
OTHER = "https://example.com/b.png"
USER = {"role": "user", "content": "Draw"}


def image(url: str, **fields: Any) -> JSON:
    return {"type": "image_url", "image_url": {"url": url}, **fields}


def kinds_of(response: Any) -> list[tuple[str, str]]:
    return [
        (type(part).__name__, part.media_type if isinstance(part, ImagePart) else part.url) for part in response.media
    ]


# OpenRouter's guide to image generation: `images` of the message or the delta. Its schema of an assistant's message is
# the same "for requests and responses". OpenRouterTeam/ai-sdk-provider#167 shows deltas, each with its index 0.
SCRIPTS: dict[str, list[JSON]] = {
    "one event": [{"content": "A", "images": [image(URL, index=0), image(OTHER, index=1)]}],
    "an event each": [{"content": "A"}, {"images": [image(URL, index=0)]}, {"images": [image(OTHER, index=1)]}],
    "one index": [{"content": "A", "images": [image(URL, index=0)]}, {"images": [image(OTHER, index=0)]}],
    "no index": [{"images": [image(URL)]}, {"content": "A"}, {"images": [image(OTHER)]}],
    "repeated": [{"content": "A", "images": [image(URL)]}, {"images": [image(URL), image(OTHER)]}, {"images": []}],
}


@odd("chat", [*STREAMED, *WHOLE], lambda row: row.name == "openrouter")
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_images_beside_the_content(row: BaseRow, way: Way, script: list[JSON], server: Server) -> None:
    images = list({one["image_url"]["url"]: one for delta in script for one in delta.get("images", ())}.values())
    whole = Reply.json(completion({"content": "A", "images": images}))
    found = way(row, server, Reply.chat(*map(chunk, script), chunk({}, "stop")) if way.stream else whole)
    response = found.response
    assert (found.error, found.text) == (None, "A")
    assert kinds_of(response) == [("ImagePart", "image/png"), ("ImageURLPart", OTHER)]
    assert response.raw["choices"][0]["message"]["images"] == images
    assert json.loads(response.model_dump_json())["response"]["choices"][0]["message"]["images"] == images
    assert response.message_param["images"] == images
    assert kinds_of(type(response).model_validate_json(response.model_dump_json())) == kinds_of(response)
    assert [part.type for part in response.common_message_param.content] == ["text", "image", "image_url"]


# An answer of an image alone is an answer: it is neither sent again nor left out of the history.
@odd("chat", [*STREAMED, *WHOLE], lambda row: row.name == "openrouter")
def test_an_image_alone_in_the_history(row: BaseRow, way: Way, server: Server) -> None:
    message = {"content": None, "images": [image(URL, index=0)]}
    reply = Reply.chat(chunk(message), chunk({}, "stop")) if way.stream else Reply.json(completion(message))
    response = way(row, server, reply).response
    server.reply(Reply.json(completion({"content": "It is blue."})))
    with row.client(server) as client:
        row.ask(client, [USER, response.message_param, USER])
    sent = server.request.json["messages"][1]
    assert (sent["role"], sent["images"]) == ("assistant", [image(URL, index=0)])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_images_in_the_common_form(stream: bool, server: Server) -> None:
    message = {"content": "A", "images": [image(URL), image(OTHER)]}
    first = Reply.chat(chunk(message), chunk({}, "stop")) if stream else Reply.json(completion(message))
    server.reply(first, Reply.json(completion({"content": "Blue."})))
    with OPENROUTER.client(server) as client:

        @llm.call("openrouter:m", client=client, stream=stream)
        def draw() -> str:
            return "Draw"

        answer: Any = draw()
        response = answer.collect() if stream else answer
        assert kinds_of(response) == [("ImagePart", "image/png"), ("ImageURLPart", OTHER)]

        @llm.call("openrouter:m", client=client)
        def go_on() -> list[BaseMessageParam]:
            return [response.message_param, BaseMessageParam(role="user", content="Which colour?")]

        go_on()
    expected = {"role": "assistant", "content": "A", "images": [image(URL), image(OTHER)]}
    assert server.request.json["messages"][0] == expected


# Google's inline data, Responses' image_generation_call (its result is base64) and Bedrock's image blocks.
@odd("gemini responses bedrock", [*STREAMED, *WHOLE])
def test_images_of_other_formats(row: BaseRow, way: Way, server: Server) -> None:
    found = way(row, server, REPLIES[format_of(row)](row, way))
    assert found.error is None
    assert kinds_of(found.response) == [("ImagePart", "image/png")]
    assert found.response.media[0].image == b64decode(PNG_64)
    again = type(found.response).model_validate_json(found.response.model_dump_json())
    assert kinds_of(again) == [("ImagePart", "image/png")]


def gemini_image(row: BaseRow, way: Way) -> Reply:
    part = {"inlineData": {"mimeType": "image/png", "data": PNG_64}}
    content = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    whole = {"candidates": [content], "modelVersion": "m"}
    return row.wire.stream(whole) if way.stream else Reply.json(whole)


def responses_image(row: BaseRow, way: Way) -> Reply:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG_64}
    if not way.stream:
        return Reply.json(response_of([item]))
    return Reply.messages(
        {"type": "response.created", "response": response_of([], "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response_of([])},
    )


def bedrock_image(row: BaseRow, way: Way) -> Reply:
    block = {"image": {"format": "png", "source": {"bytes": PNG_64}}}
    if not way.stream:
        return Reply.json(
            {**row.wire.whole(Answer("x")), "output": {"message": {"role": "assistant", "content": [block]}}}
        )
    data = b64decode(PNG_64)
    halves = [b64encode(half).decode() for half in (data[:10], data[10:])]
    pieces = [delta(0, image={"source": {"bytes": half}}) for half in halves]
    return row.wire.stream(START, start(0, image={"format": "png"}), *pieces, stop(0), ended(), METADATA)


REPLIES = {"gemini": gemini_image, "responses": responses_image, "bedrock": bedrock_image}
