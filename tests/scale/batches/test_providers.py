"""The batches of each provider, with servers made from its documentation."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anthropic as anthropic_sdk
import groq as groq_sdk
import openai as openai_sdk
import pytest
from google.genai import Client, types
from mistralai.client import Mistral
from mistralai.client import errors as mistral_errors

from mirascope_like import budget
from mirascope_like.core import (
    BadRequestError,
    ConfigurationError,
    ImagePart,
    Messages,
    MirascopeLikeError,
    RequestTimeoutError,
    anthropic,
    azure,
    bedrock,
    google,
    groq,
    mistral,
    openai,
)
from mirascope_like.integrations.log import SQLiteLog, log_calls
from mirascope_like.integrations.otel import with_otel
from mirascope_like.scale import BedrockStorage, Done, Failed, amap, map_calls
from mirascope_like.scale.batches import google as google_batches
from mirascope_like.scale.batches import service
from mirascope_like.scale.batches.service import BatchLimits
from tests.harness.clocks import eventually, never
from tests.harness.server import CloseEarly, Reply, Request, Server
from tests.integrations.otel.telemetry import Telemetry
from tests.scale.batches.openai_server import FileServer, completion
from tests.scale.batches.servers import AnthropicServer, BedrockServer, GeminiServer, MistralServer
from tests.scale.batches.test_batches import keep_disk


def reply_text(text: str) -> Any:
    """What the servers do with a text: "400" and "500" are errors, "late" expires."""
    return {"400": 400, "500": 500, "late": None}.get(text, f"re {text}")


def of_chat(model: str) -> Callable[[dict[str, Any]], Any]:
    def answer(body: dict[str, Any]) -> Any:
        found = reply_text(body["messages"][-1]["content"])
        return completion(found, model) if isinstance(found, str) else found

    return answer


def of_responses(body: dict[str, Any]) -> Any:
    found = reply_text(body["input"][-1]["content"])
    if not isinstance(found, str):
        return found
    part: dict[str, Any] = {"type": "output_text", "text": found, "annotations": []}
    message: dict[str, Any] = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }
    details = {"output_tokens_details": {"reasoning_tokens": 0}, "input_tokens_details": {"cached_tokens": 0}}
    usage = {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30, **details}
    shared = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-4o-mini"}
    options: dict[str, Any] = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {**shared, "output": [message], "usage": usage, **options}


def of_anthropic(text: str) -> Any:
    found = reply_text(text)
    if not isinstance(found, str):
        return found
    usage = {"input_tokens": 20, "output_tokens": 10, "service_tier": "batch"}
    shared = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5"}
    ended = {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return {**shared, "content": [{"type": "text", "text": found}], **ended}


def of_mistral(text: str) -> Any:
    found = reply_text(text)
    return completion(found, "mistral-small-latest") if isinstance(found, str) else found


def of_gemini(text: str) -> Any:
    found = reply_text(text)
    if not isinstance(found, str):
        return found
    candidate = {"content": {"role": "model", "parts": [{"text": found}]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 20, "candidatesTokenCount": 10, "totalTokenCount": 30}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r"}


def of_bedrock(text: str) -> Any:
    found = reply_text(text)
    if not isinstance(found, str):
        return found
    usage = {"inputTokens": 20, "outputTokens": 10, "totalTokens": 30}
    message = {"role": "assistant", "content": [{"text": found}]}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}


@dataclass
class Case:
    """A provider with batches."""

    serve: Callable[[], Any]
    call: Callable[[str], Any]
    """Decorates a function with a call of the server at a URL."""
    error: type[Exception]
    """The SDK's error of a bad request."""
    cost: float
    """The price in a batch of 20 input and 10 output tokens in US dollars."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Options of the map."""
    in_files: bool = False
    """True if all batches of Google are in files, as if they were large."""


def _mistral(url: str) -> Any:
    return mistral.call("mistral-small-latest", client=lambda: Mistral(api_key="k", server_url=url))


_GEMINI: list[Client] = []
"""The clients of Google's SDK that a test has made."""


@pytest.fixture(autouse=True)
def gemini_clients() -> Iterator[None]:
    """Close the clients: one that is only dropped may close its sockets too late."""
    yield
    while _GEMINI:
        _GEMINI.pop().close()


def _gemini(url: str) -> Any:
    def client() -> Any:
        _GEMINI.append(Client(api_key="k", http_options=types.HttpOptions(base_url=url), vertexai=False))
        return _GEMINI[-1]

    return google.call("gemini-2.5-flash", client=client)


CASES = {
    "openai.responses": Case(
        lambda: FileServer(of_responses),
        lambda url: openai.responses.call(
            "gpt-4o-mini", client=lambda: openai_sdk.AsyncOpenAI(api_key="k", base_url=url, max_retries=0)
        ),
        openai_sdk.BadRequestError,
        (20 * 0.075 + 10 * 0.3) / 1e6,  # openai.com/api/pricing
    ),
    "azure": Case(
        lambda: FileServer(of_chat("gpt-4o-mini"), prefix="/openai"),
        lambda url: azure.call(
            "gpt-4o-mini",
            client=lambda: openai_sdk.AsyncAzureOpenAI(
                api_key="k", azure_endpoint=url.removesuffix("/openai"), api_version="2024-10-21", max_retries=0
            ),
        ),
        openai_sdk.BadRequestError,
        (20 * 0.15 + 10 * 0.6) / 1e6 / 2,  # half the price of the global standard deployment
    ),
    "groq": Case(
        lambda: FileServer(of_chat("openai/gpt-oss-20b"), prefix="/openai/v1"),
        lambda url: groq.call(
            "openai/gpt-oss-20b",
            client=lambda: groq_sdk.AsyncGroq(api_key="k", base_url=url.removesuffix("/openai/v1"), max_retries=0),
        ),
        groq_sdk.BadRequestError,
        (20 * 0.0375 + 10 * 0.15) / 1e6,  # console.groq.com/docs/models, and half of it in a batch
    ),
    "anthropic": Case(
        lambda: AnthropicServer(of_anthropic),
        lambda url: anthropic.call(
            "claude-haiku-4-5", client=lambda: anthropic_sdk.AsyncAnthropic(api_key="k", base_url=url, max_retries=0)
        ),
        anthropic_sdk.BadRequestError,
        (20 * 0.5 + 10 * 2.5) / 1e6,  # the table of batch prices in Anthropic's guide
    ),
    "mistral": Case(
        lambda: MistralServer(of_mistral),
        _mistral,
        mistral_errors.SDKError,
        (20 * 0.15 + 10 * 0.6) / 1e6 / 2,  # mistral.ai/pricing, and half of it in a batch
    ),
    "google": Case(
        lambda: GeminiServer(of_gemini),
        _gemini,
        import_module("google.genai.errors").ClientError,
        (20 * 0.15 + 10 * 1.25) / 1e6,  # ai.google.dev/gemini-api/docs/pricing
    ),
    "google, in files": Case(
        lambda: GeminiServer(of_gemini),
        _gemini,
        import_module("google.genai.errors").ClientError,
        (20 * 0.15 + 10 * 1.25) / 1e6,
        in_files=True,
    ),
    "bedrock": Case(
        lambda: BedrockServer(of_bedrock),
        lambda url: bedrock.call("amazon.nova-lite-v1:0"),
        import_module("botocore.exceptions").ClientError,
        (20 * 0.06 + 10 * 0.24) / 1e6 / 2,  # aws.amazon.com/bedrock/pricing, and half of it in a batch
        {"bedrock": BedrockStorage(location="s3://bucket/folder", role="arn:aws:iam::123456789012:role/batch")},
    ),
}


AWS = {
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def server(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with case.serve() as made:
        if case.in_files:
            monkeypatch.setattr(google_batches, "_INLINE", BatchLimits(0, 0))
        for name, value in {**AWS, "AWS_ENDPOINT_URL": made.url}.items():
            monkeypatch.setenv(name, value)
        yield made


def asking(case: Case, server: Any) -> Any:
    """A call that asks the server."""

    async def ask(text: str) -> str:
        return text

    return case.call(server.url)(ask)


def run(case: Case, server: Any, inputs: Any, path: Path, **options: Any) -> list[Any]:
    return run_call(asking(case, server), inputs, path, **case.options, **options)


def run_call(call: Any, inputs: Any, path: Path, **options: Any) -> list[Any]:
    return map_calls(call, inputs, store=path / "run.db", via="batch", **options).results()


def test_results(case: Case, server: Any, tmp_path: Path) -> None:
    """Values, responses and errors are those of a live call, at the price of batches."""
    good, bad = run(case, server, ["a", "400"], tmp_path)
    assert [type(good), type(bad)] == [Done, Failed]
    assert good.value.content == "re a"
    assert good.source == "batch"
    assert good.usage.input_tokens == 20
    assert good.cost == good.value.cost == pytest.approx(case.cost)
    assert isinstance(bad.error, BadRequestError)
    assert isinstance(bad.error, case.error)
    assert "no good" in str(bad.error)
    (again,) = run(case, server, ["a"], tmp_path)
    assert (again.source, again.cost, again.value.cost) == ("store", good.cost, good.cost)
    assert again.value.raw == good.value.raw
    assert len(server.batches) == 1


def test_the_cost_is_the_same_everywhere(case: Case, server: Any, tmp_path: Path) -> None:
    """In the budget, the dump, the pickle, the log and the span of a response of a batch."""
    telemetry, limit = Telemetry(), budget(usd=1.0)
    ask = with_otel(**telemetry.options)(asking(case, server))
    with SQLiteLog(tmp_path / "log.db") as log, log_calls(log):
        (item,) = run_call(ask, ["a"], tmp_path, budget=limit, **case.options)
        log.flush()
        (row,) = log.find()
        logged = log.get(row.id)
    response = item.value
    loaded = type(response).model_validate_json(response.model_dump_json())
    assert (loaded, logged) == (response, response)
    assert response.model_dump()["cost"] == item.cost
    (span,) = [one for one in telemetry.spans if "mirascope_like.cost" in (one.attributes or {})]
    found = loaded.cost, pickle.loads(pickle.dumps(response)).cost, logged.cost, row.cost, limit.spent.usd
    assert [*found, (span.attributes or {})["mirascope_like.cost"]] == [pytest.approx(case.cost)] * 6


def test_what_expires_is_submitted_again(case: Case, server: Any, tmp_path: Path) -> None:
    good, late = run(case, server, ["a", "late"], tmp_path, attempts=3)
    assert isinstance(good, Done)
    assert isinstance(late.error, RequestTimeoutError)
    assert late.attempts == 3
    assert len(server.batches) == 3


def test_a_crash_after_submitting(case: Case, server: Any, tmp_path: Path) -> None:
    """The id of the batch is not known when the program ends; the next one finds the batch."""
    reached = threading.Event()
    found = service.service_for

    def stopping(*given: Any) -> Any:
        made: Any = found(*given)
        submit = made.submit

        async def stop(token: str, uploaded: Any) -> str:
            await submit(token, uploaded)
            reached.set()
            await never()
            return ""

        made.submit = stop
        return made

    async def main() -> None:
        made = amap(asking(case, server), ["a", "b"], store=store, via="batch", **case.options)
        reading = asyncio.ensure_future(_items(made))
        assert await eventually(reached.is_set)
        keep_disk(store, tmp_path / "run.db")
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    store = tmp_path / "first.db"
    with patch("mirascope_like.scale.batches.answering.service_for", stopping):
        asyncio.run(main())
    items = run(case, server, ["a", "b"], tmp_path)
    assert [item.value.content for item in items] == ["re a", "re b"]
    assert len(server.batches) == 1


async def _items(made: Any) -> list[Any]:
    return [item async for item in made]


def test_a_submission_that_the_provider_has_not_received(case: Case, server: Any, tmp_path: Path) -> None:
    def failing(request: Request) -> Reply | None:
        paths = ("batches", "jobs", "batchGenerateContent", "model-invocation-job")
        wanted = request.method == "POST" and request.path.partition("?")[0].endswith(paths)
        return Reply.error(503, x_should_retry="false") if wanted else None

    server.scripted = [failing]
    (item,) = run(case, server, ["a"], tmp_path)
    assert isinstance(item, Done)
    assert len(server.batches) == 1


def test_cancelling(case: Case, server: Any, tmp_path: Path) -> None:
    async def main() -> None:
        made = amap(asking(case, server), ["a"], store=tmp_path / "run.db", via="batch", **case.options)
        reading = asyncio.ensure_future(_items(made))
        assert await eventually(lambda: looked(server))
        await made.cancel_batches()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    server.slow = 10**9
    asyncio.run(main())
    assert cancelled(server)


def looked(server: Any) -> bool:
    """Whether the batch was looked at, so that the map knows its id."""
    return any(one["looks"] for one in server.batches) if isinstance(server, FileServer) else bool(server.looks)


def cancelled(server: Any) -> bool:
    return any("cancel" in path for path in server.paths) if isinstance(server, FileServer) else server.cancelled()


# What a provider may do to a batch


def results(server: Any, request: Request) -> Reply | None:
    """The usual reply to a request for the results of a batch; None for other requests."""
    path = request.path.partition("?")[0]
    if request.method != "GET":
        return None
    if path.endswith(("/content", "/results", ":download", ".jsonl.out")):
        return server.usual(request)
    inline = isinstance(server, GeminiServer) and path.endswith("/batches/0") and not server.files
    return server.usual(request) if inline and server.looks else None


def with_lines(reply: Reply, change: Callable[[list[bytes]], list[bytes]]) -> Reply:
    """A reply with results, whose lines are changed."""
    if b'"inlinedResponses"' not in reply.body:
        return replace(reply, pieces=(b"\n".join(change(reply.body.splitlines())),))
    batch = json.loads(reply.body)
    held = batch["metadata"]["output"]["inlinedResponses"]
    lines = change([json.dumps(one).encode() for one in held["inlinedResponses"]])
    held["inlinedResponses"] = [json.loads(line) for line in lines]
    return Reply.json(batch)


def requests(server: Any) -> list[Request]:
    """All requests that a server has received."""
    return (server.server if isinstance(server, FileServer) else server).requests


def names(server: Any) -> dict[str, bytes]:
    """The names of the requests of the first batch, by their texts."""
    if not isinstance(server, FileServer):
        return {text: name.encode() for name, text in server.batches[0]["texts"].items()}
    bodies = [(one["custom_id"].encode(), one["body"]) for one in server.inputs(0)]
    return {(body.get("messages") or body["input"])[-1]["content"]: name for name, body in bodies}


def test_lines_that_are_missing_twice_or_unknown(case: Case, server: Any, tmp_path: Path) -> None:
    """A missing one is sent again, an unknown one is ignored, and of two the one with a response counts."""

    def change(lines: list[bytes]) -> list[bytes]:
        known = names(server)
        failed = [line.replace(known["400"], known["a"]) for line in lines if known["400"] in line]
        return [*failed, *(line.replace(known["b"], b"0" * 64) for line in lines), *failed]

    def reply(request: Request) -> Reply | None:
        found = results(server, request) if len(server.batches) == 1 else None
        return None if found is None else with_lines(found, change)

    server.scripted = [reply] * 2  # of OpenAI's kind, errors are in another file
    a, b, bad = run(case, server, ["a", "b", "400"], tmp_path)
    assert (a.value.content, b.value.content) == ("re a", "re b")
    assert (a.attempts, b.attempts) == (1, 2)
    assert isinstance(bad.error, case.error)
    assert len(server.batches) == 2


@pytest.mark.parametrize("what", ["results", "connection", "status"])
def test_what_is_cut_is_read_again(what: str, case: Case, server: Any, tmp_path: Path, waited: list[float]) -> None:
    """Results whose body or connection ends too early, and a status that does."""

    def reply(request: Request) -> Reply | None:
        found = results(server, request)
        if what == "status" and server.batches and request.method == "GET":
            found = server.usual(request)
        if found is None:
            return None
        rest = (CloseEarly(), found.body[-20:]) if what == "connection" else ()
        return replace(found, pieces=(found.body[:-20], *rest))

    server.scripted = [reply, reply]
    (item,) = run(case, server, ["a"], tmp_path)
    assert not isinstance(item, Failed), repr(item.error)
    assert item.value.content == "re a"
    assert len(server.batches) == 1
    assert what != "results" or waited == [10.0, 10.0, 15.0]  # after the first status, and after each cut


def test_results_that_cannot_be_read_are_not_paid_twice(case: Case, server: Any, tmp_path: Path) -> None:
    def reply(request: Request) -> Reply | None:
        found = results(server, request)
        return None if found is None else replace(found, pieces=(found.body[:-20],))

    server.scripted = [reply] * 5
    (item,) = run(case, server, ["a"], tmp_path)
    assert isinstance(item.error, ValueError)
    (item,) = run(case, server, ["a"], tmp_path)
    assert item.value.content == "re a"
    assert len(server.batches) == 1


def test_a_batch_that_somebody_else_cancels(case: Case, server: Any, tmp_path: Path) -> None:
    server.cancelling = True
    (item,) = run(case, server, ["a"], tmp_path)
    assert isinstance(item.error, MirascopeLikeError)
    assert "was cancelled at the provider" in str(item.error)
    assert len(server.batches) == 1
    server.cancelling = False
    (item,) = run(case, server, ["a"], tmp_path)
    assert item.value.content == "re a"
    assert len(server.batches) == 2


def test_a_rate_limit_while_submitting(case: Case, server: Any, tmp_path: Path, waited: list[float]) -> None:
    """The batch is submitted until there is room, which counts as no attempt. Its file is uploaded once."""

    def refused(request: Request) -> Reply | None:
        paths = ("batches", "jobs", "batchGenerateContent", "model-invocation-job")
        wanted = request.method == "POST" and request.path.partition("?")[0].endswith(paths)
        return Reply.error(429, retry_after="90") if wanted else None

    server.scripted = [refused] * 7
    (item,) = run(case, server, ["a"], tmp_path, attempts=1)
    assert not isinstance(item, Failed), repr(item.error)
    assert (item.attempts, len(server.batches)) == (1, 1)
    assert len(waited) == 8
    uploads = [one for one in requests(server) if one.method == "PUT" or "/files" in one.path.partition("?")[0]]
    assert len([one for one in uploads if one.method != "GET"]) <= (2 if case.in_files else 1)
    assert min(waited[:7]) >= (10 if isinstance(server, GeminiServer) else 90)


def test_vertex_ai_is_refused(tmp_path: Path) -> None:
    credentials: Any = import_module("google.auth.credentials").AnonymousCredentials

    @google.call(
        "gemini-2.5-flash",
        client=lambda: Client(vertexai=True, project="p", location="l", credentials=credentials()),
    )
    async def ask(text: str) -> str:
        return text

    with pytest.raises(ConfigurationError, match="Vertex AI"):
        run_call(ask, ["a"], tmp_path)


def test_what_is_sent_to_gemini(tmp_path: Path) -> None:
    """The settings of a call are in the request, as the SDK sends them."""
    seen: list[Any] = []

    def reply(request: Request) -> Reply | None:
        seen.append(request)
        return None

    with GeminiServer(of_gemini) as server:
        server.scripted = [reply]

        @google.call("gemini-2.5-flash", client=_client(server.url), call_params={"temperature": 0.5})
        async def ask(text: str) -> str:
            return text

        run_call(ask, ["a"], tmp_path)
    (one,) = json.loads(seen[0].body)["batch"]["inputConfig"]["requests"]["requests"]
    assert one["request"]["generationConfig"] == {"temperature": 0.5}


def test_a_line_of_a_file_is_what_the_sdk_sends_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a file a request has the format of the API, which the SDK makes of its own names."""
    monkeypatch.setattr(google_batches, "_INLINE", BatchLimits(0, 0))

    def weather(city: str) -> str:
        """The weather in a city."""
        return city

    with GeminiServer(of_gemini) as server, Server() as live:
        live.always(Reply.json(of_gemini("a")))

        def ask(text: str) -> Any:
            image = ImagePart(image=b"1", media_type="image/png")
            return [Messages.System("Be brief."), Messages.User([text, image])]

        def asking(url: str) -> Any:
            options: Any = {"tools": [weather], "call_params": {"temperature": 0.5}}
            return google.call("gemini-2.5-flash", client=_client(url), **options)(ask)

        run_call(asking(server.url), ["a"], tmp_path)
        asking(live.url)("a")
        (line,) = server.files["files/0"].splitlines()
    request = json.loads(line)["request"]
    assert request == live.requests[0].json
    assert request["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert request["generationConfig"] == {"temperature": 0.5}
    assert request["contents"][0]["parts"][1]["inlineData"]["data"] == "MQ=="


def test_an_upload_that_is_not_accepted_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK raises a `ValueError`, as of a wrong argument."""
    monkeypatch.setattr(google_batches, "_INLINE", BatchLimits(0, 0))

    def cancelled(request: Request) -> Reply | None:
        return Reply((b"{}",), headers={"x-goog-upload-status": "cancelled"}, framing="length")

    case = CASES["google, in files"]
    with case.serve() as server:
        server.scripted = [cancelled]
        (item,) = run(case, server, ["a"], tmp_path)
    assert isinstance(item, Done), item.error
    assert len(server.batches) == 1


def _client(url: str) -> Any:
    return lambda: Client(api_key="k", http_options=types.HttpOptions(base_url=url), vertexai=False)


def test_what_bedrock_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)

    async def ask(text: str) -> str:
        return text

    with pytest.raises(ConfigurationError, match="BedrockStorage"):
        run_call(bedrock.call("amazon.nova-lite-v1:0")(ask), ["a"], tmp_path)
    with pytest.raises(ConfigurationError, match="s3://bucket/folder"):
        BedrockStorage(location="bucket", role="r")


def test_azure_without_metadata(tmp_path: Path) -> None:
    """Azure's API of 2024-10-21 has no metadata of batches: the batch is found by the name of its file."""
    case = CASES["azure"]
    with case.serve() as server:

        def lost(request: Request) -> Reply | None:
            if request.method == "POST" and request.path.partition("?")[0].endswith("/batches"):
                server.create(request.json | {"metadata": None})
                return Reply.error(503, x_should_retry="false")
            return None

        server.scripted = [lost]
        (item,) = run(case, server, ["a"], tmp_path)
        assert isinstance(item, Done)
        assert len(server.batches) == 1
