"""Gemini over gRPC, which is how the SDK's default client sends: streams, whole calls, errors, and what is left."""

from __future__ import annotations

import gc
import pickle
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamState,
)
from tests.conformance.rows import api_errors, gemini, generativelanguage
from tests.harness.clocks import PATIENCE

Transport: Any = generativelanguage.GenerativeServiceClient.get_transport_class("grpc")

STATUSES = {
    # Source: google/rpc/code.proto, which names the HTTP status of each code.
    "INVALID_ARGUMENT": (BadRequestError, api_errors.InvalidArgument),
    "UNAUTHENTICATED": (AuthenticationError, api_errors.Unauthenticated),
    "NOT_FOUND": (NotFoundError, api_errors.NotFound),
    "RESOURCE_EXHAUSTED": (RateLimitError, api_errors.ResourceExhausted),
    "INTERNAL": (ServerError, api_errors.InternalServerError),
    "UNAVAILABLE": (OverloadedError, api_errors.ServiceUnavailable),
}


def event_of(text: str, finish: int = 0) -> Any:
    content = {"parts": [{"text": text}], "role": "model"}
    return generativelanguage.GenerateContentResponse({"candidates": [{"content": content, "finish_reason": finish}]})


class Model(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Does what the prompt says: "Hel" and then "lo", nothing more ("hold"), or an error ("begin STATUS", "STATUS")."""

    def service(self, details: Any) -> Any:
        def read(data: bytes) -> str:
            request = generativelanguage.GenerateContentRequest.deserialize(data)
            return str(request.contents[-1].parts[0].text)

        if "Stream" in details.method:
            return grpc.unary_stream_rpc_method_handler(
                self.stream, read, generativelanguage.GenerateContentResponse.serialize
            )
        return grpc.unary_unary_rpc_method_handler(
            self.whole, read, generativelanguage.GenerateContentResponse.serialize
        )

    def whole(self, prompt: str, context: Any) -> Any:
        if prompt.isupper():
            context.abort(grpc.StatusCode[prompt], "no")
        return event_of("Hello", 1)

    def stream(self, prompt: str, context: Any) -> Iterator[Any]:
        *begin, status = prompt.split()
        if not status.isupper() or begin:
            yield event_of("Hel")
        if status.isupper():
            context.abort(grpc.StatusCode[status], "no")
        if status == "hold":
            over = threading.Event()
            context.add_callback(over.set)
            over.wait(PATIENCE)
            return
        yield event_of("lo", 1)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with ThreadPoolExecutor(8) as threads:
        server = grpc.server(threads, handlers=[Model()])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            transport = Transport(channel=channel)
            yield generativelanguage.GenerativeServiceClient(transport=transport)
        server.stop(None).wait(PATIENCE)


def stream(client: Any, prompt: str) -> Any:
    @gemini.call("m", stream=True, client=client, call_params={"request_options": {"retry": None}})
    def say() -> str:
        return prompt

    return say()


def test_answers(client: Any) -> None:
    @gemini.call("m", client=client)
    def say() -> str:
        return "Hi"

    assert say().content == "Hello"
    assert stream(client, "Hi").collect().content == "Hello"


@pytest.mark.parametrize("status", STATUSES)
def test_errors(client: Any, status: str) -> None:
    """The error of a call has no HTTP response: the SDK attaches the gRPC call in its place."""

    @gemini.call("m", client=client, call_params={"request_options": {"retry": None}})
    def say() -> str:
        return status

    ours, theirs = STATUSES[status]
    for call in (say, stream(client, status).collect):
        with pytest.raises(ours) as caught:
            call()
        assert isinstance(caught.value, theirs)
        assert "no" in str(caught.value)
        assert type(pickle.loads(pickle.dumps(caught.value))) is type(caught.value)


def test_error_in_the_middle(client: Any) -> None:
    failing = stream(client, "begin INTERNAL")
    with pytest.raises(StreamInterruptedError, match="no"):
        failing.collect()
    assert (failing.state, failing.content) == (StreamState.FAILED, "Hel")


def end(client: Any, ending: str) -> None:
    if ending == "read":
        stream(client, "Hi").collect()
        return
    if ending == "failed":
        with pytest.raises(StreamInterruptedError):
            stream(client, "begin INTERNAL").collect()
        return
    begun = stream(client, "hold")
    assert next(begun.text()) == "Hel"
    if ending == "closed":
        begun.close()


def counted() -> Counter[str]:
    gc.collect()
    kinds = [str(type(one).__module__) + "." + type(one).__qualname__ for one in gc.get_objects()]
    return Counter(kind for kind in kinds if kind.partition(".")[0] in ("mirascope_like", "grpc", "proto", "google"))


def test_streams_leave_nothing(client: Any) -> None:
    endings = ("read", "failed", "closed", "dropped")
    for ending in endings * 2:
        end(client, ending)
    before = counted()
    for ending in endings * 5:
        end(client, ending)
    assert {kind: count for kind, count in (counted() - before).items() if count >= 5} == {}
