"""No key is ever in a recording, however a provider or a program sends it, and however it comes back."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config

from mirascope_like.testing import record, replay
from mirascope_like.testing.wires import frame
from tests.harness.server import Reply, Server
from tests.testing.senders import BODY, PATH

KEY = "7f3KeyOfNobody91c"
"""Has no form that is known: it is found by where it is."""

HEADERS = {
    "openai": {"authorization": f"Bearer {KEY}", "openai-organization": f"org-{KEY}", "openai-project": f"proj_{KEY}"},
    "anthropic": {"x-api-key": KEY},
    "anthropic with a token": {"authorization": f"Bearer {KEY}", "anthropic-workspace-id": KEY},
    "azure": {"api-key": KEY},
    "azure with a token": {"authorization": f"Bearer {KEY}"},
    "azure api management": {"ocp-apim-subscription-key": KEY},
    "google": {"x-goog-api-key": KEY, "x-goog-user-project": KEY},
    "bedrock": {
        "authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20261129/us-east-1/bedrock/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={KEY}",
        "x-amz-security-token": KEY,
    },
    "basic": {"authorization": f"Basic {b64encode(f'user:{KEY}'.encode()).decode()}"},
    "a proxy": {"proxy-authorization": f"Basic {KEY}"},
    "a cookie": {"cookie": f"session={KEY}"},
    "a header that nobody knows": {"x-my-gateway": KEY},
}
QUERIES = [f"key={KEY}", f"api-key={KEY}", f"access_token={KEY}", f"X-Amz-Signature={KEY}&X-Amz-Credential={KEY}%2F1"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.jsonl"


Send = Callable[..., httpx2.Response]


@pytest.fixture
def recorded(server: Server, file: Path) -> Callable[..., str]:
    """Records one request and returns the file, after a look for the key."""

    def send(reply: Reply | None = None, *, query: str = "", body: Any = BODY, **options: Any) -> str:
        server.reply(reply or Reply.json({"a": 1}))
        with record(file):
            httpx2.post(f"{server.url}{PATH}?{query}", json=body, **options)
        found = file.read_text()
        assert KEY not in found
        assert b64encode(KEY.encode()).decode()[:-3] not in found
        return found

    return send


def row(text: str, kind: str) -> dict[str, Any]:
    return next(found for line in text.splitlines() if kind in (found := json.loads(line)))


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers(headers: dict[str, str], recorded: Callable[..., str]) -> None:
    text = recorded(headers=headers)
    assert set(row(text, "request")["headers"]) == {"accept", "content-type"}


@pytest.mark.parametrize("query", QUERIES)
def test_queries(query: str, recorded: Callable[..., str]) -> None:
    text = recorded(query=f"alt=sse&{query}")
    assert row(text, "request")["url"].startswith("http://127.0.0.1/v1/chat/completions?alt=sse&")


def test_user_and_password_of_the_url(server: Server, file: Path) -> None:
    server.reply(Reply.json({"a": 1}))
    with record(file):
        httpx2.post(f"http://user:{KEY}@127.0.0.1:{server.port}{PATH}", json=BODY)
    assert row(file.read_text(), "request")["url"] == "http://127.0.0.1/v1/chat/completions"
    assert KEY not in file.read_text()


def test_headers_of_the_response(recorded: Callable[..., str]) -> None:
    headers = {
        "set-cookie": f"session={KEY}; HttpOnly",
        "openai-organization": KEY,
        "anthropic-organization-id": KEY,
        "x-goog-anything": KEY,
        "location": f"https://user:{KEY}@example.org/?token={KEY}",
        "x-request-id": "r1",
    }
    text = recorded(Reply.json({"error": f"organization {KEY} has no money"}, 402, headers=headers))
    assert row(text, "response")["headers"] == {
        "content-type": "application/json",
        "location": "https://example.org/?token=***",
        "x-request-id": "r1",
    }
    assert row(text, "body")["json"] == {"error": "organization *** has no money"}


BODIES = {
    "an MCP server": {"mcp_servers": [{"type": "url", "url": "https://x", "authorization_token": KEY}]},
    "an MCP tool": {"tools": [{"type": "mcp", "headers": {"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY}}]},
    "its address": {"tools": [{"server_url": f"https://user:{KEY}@example.org/mcp"}]},
    "a field": {"api_key": KEY, "nested": [{"client_secret": KEY, "aws_session_token": KEY}]},
    "a bearer in a text": {"messages": [{"role": "user", "content": f"curl -H 'Authorization: Bearer {KEY}'"}]},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_of_requests(body: dict[str, Any], recorded: Callable[..., str], file: Path) -> None:
    recorded(body={**BODY, **body})
    other = json.loads(json.dumps({**BODY, **body}).replace(KEY, "another-k3y-of-nobody"))
    with replay(file, pace=0):  # a replay needs no key, and gets another one in the body
        assert httpx2.post(f"http://127.0.0.1:9{PATH}", json=other).json() == {"a": 1}


SHAPED = [
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789_-AB",
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-abcd************wxyz",
    "gsk_abcdefghijklmnopqrstuvwxyz0123456789",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz012345",
    "AKIAABCDEFGHIJKLMNOP",
    "ASIAABCDEFGHIJKLMNOP",
    "xai-abcdefghijklmnopqrstuvwxyz0123456789",
    "hf_abcdefghijklmnopqrstuvwxyz0123456789",
    "pplx-abcdefghijklmnopqrstuvwxyz0123456789",
    "ya29.a0abcdefghijklmnopqrstuvwxyz0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "org-abcdefgh12345678abcdefgh",
]


@pytest.mark.parametrize("key", SHAPED)
def test_texts_of_the_form_of_a_key(key: str, recorded: Callable[..., str]) -> None:
    text = recorded(
        Reply.json({"error": f"Incorrect API key: {key}."}, 401), body={**BODY, "user": f"my key is '{key}'"}
    )
    assert key not in text
    assert row(text, "request")["json"]["user"] == "my key is '***'"
    assert row(text, "body")["json"] == {"error": "Incorrect API key: ***."}


def test_what_is_no_key_is_kept(recorded: Callable[..., str]) -> None:
    """Opaque blocks are sent back byte for byte; a token of a text, and a schema of a key, are none."""
    kept = {
        "signature": b64encode(bytes(range(256))).decode(),
        "encrypted_content": "gAAAAABo" + "x-sk-abcdefgh12345678_abc" * 4,
        "logprobs": [{"token": " Hello", "bytes": [1]}],
        "schema": {
            "properties": {"api_key": {"type": "string"}, "password": {"type": "string"}},
            "required": ["api_key"],
        },
        "usage": {"prompt_tokens": 3, "cached_tokens": 1},
        "max_tokens": 7,
        "text": "risk-management, org-documentation, hf_hub_download_model, the sk-learn package",
    }
    text = recorded(Reply.json(kept), body={**BODY, **kept})
    assert {key: row(text, "request")["json"][key] for key in kept} == kept
    assert row(text, "body")["json"] == kept


def test_a_key_that_comes_back(recorded: Callable[..., str], server: Server, file: Path) -> None:
    events = [f'data: {{"a": "you sent {KEY}"}}\n\n'.encode(), b"data: [DONE]\n\n"]
    whole = b"".join(events)
    place = whole.index(KEY.encode()) + 4
    pieces = (whole[:place], whole[place : place + 3], whole[place + 3 :])  # in three pieces
    recorded(Reply(pieces, 200, {"content-type": "text/event-stream"}), headers={"authorization": f"Bearer {KEY}"})
    with replay(file, pace=0), httpx2.stream("POST", f"{server.url}{PATH}", json=BODY) as response:
        assert list(response.iter_raw()) == [b'data: {"a": "you sent ***', b'"}\n\ndata: [DONE]\n\n']


def test_a_key_of_the_body_that_comes_back(recorded: Callable[..., str]) -> None:
    """Responses repeats the tools of a request in its events."""
    tool = {"type": "mcp", "headers": {"Authorization": f"Bearer {KEY}"}}
    event = f'data: {{"type": "response.created", "tools": [{json.dumps(tool)}]}}\n\n'.encode()
    text = recorded(Reply((event,), 200, {"content-type": "text/event-stream"}), body={**BODY, "tools": [tool]})
    assert '"Authorization": "Bearer ***"' in row(text, "piece")["text"]


def test_a_compressed_key_that_comes_back(recorded: Callable[..., str]) -> None:
    body = gzip.compress(json.dumps({"a": f"you sent {KEY}"}).encode())
    kind = {"content-type": "application/json", "content-encoding": "gzip"}
    text = recorded(Reply((body,), 200, kind), headers={"x-api-key": KEY})
    assert row(text, "body")["json"] == {"a": "you sent ***"}


def test_a_key_in_a_binary_stream(recorded: Callable[..., str], server: Server, file: Path) -> None:
    pieces = tuple(frame({":event-type": "x"}, text.encode()) for text in (f'{{"a": "{KEY}"}}', '{"b": 1}'))
    kind = {"content-type": "application/vnd.amazon.eventstream"}
    text = recorded(Reply(pieces, 200, kind), headers={"x-api-key": KEY})
    assert row(text, "piece")["frames"] == [{"headers": {":event-type": "x"}, "text": '{"a": "***"}'}]
    with replay(file, pace=0), httpx2.stream("POST", f"{server.url}{PATH}", json=BODY) as response:
        # With the checksum of what it is now.
        assert list(response.iter_raw()) == [frame({":event-type": "x"}, b'{"a": "***"}'), pieces[1]]


def test_fields_of_a_response_that_are_keys(server: Server, file: Path) -> None:
    """Of addresses that are not for a model: such as one that makes a key for a realtime session."""
    server.reply(Reply.json({"client_secret": KEY, "access_token": KEY, "id": "x"}))
    with record(file, hosts=["127.0.0.1"]):
        httpx2.post(f"{server.url}/v1/realtime/sessions", json={})
    assert KEY not in file.read_text()
    assert row(file.read_text(), "body")["json"] == {"client_secret": "***", "access_token": "***", "id": "x"}


def test_arguments_of_tools_are_kept(server: Server, file: Path) -> None:
    """What a model has written is the same in a replay, whatever its names are."""
    answer = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"password": "mellon"}}}]}}]}
    server.reply(Reply.json(answer))
    with record(file):
        httpx2.post(f"{server.url}/v1beta/models/m:generateContent", json={"contents": []})
    assert row(file.read_text(), "body")["json"] == answer


def test_keys_of_the_environment(recorded: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that puts one into a prompt; but not every text that some variable has."""
    monkeypatch.setenv("MY_SERVICE_TOKEN", KEY)
    monkeypatch.setenv("SSH_KEY", "/home/someone/key1")
    monkeypatch.setenv("MODE_OF_KEY", "production")
    message = f"{KEY} /home/someone/key1 production"
    text = recorded(body={**BODY, "messages": [{"role": "user", "content": message}]})
    assert row(text, "request")["json"]["messages"][0]["content"] == "*** /home/someone/key1 production"


def test_the_signature_of_aws(server: Server, file: Path) -> None:
    keys = {"aws_access_key_id": "AKIAABCDEFGHIJKLMNOP", "aws_secret_access_key": KEY, "aws_session_token": f"t{KEY}"}
    client: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
        **keys,
    )
    server.reply(Reply.json({"message": "The security token t" + KEY + " is invalid"}, 403))
    with record(file), pytest.raises(client.exceptions.ClientError, match="security token"):
        client.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "Hi"}]}])
    client.close()
    assert "AWS4-HMAC-SHA256" in server.request.headers["authorization"]
    text = file.read_text()
    assert not [key for key in (*keys.values(), "AWS4", "Signature") if key in text]
    assert row(text, "body")["json"] == {"message": "The security token *** is invalid"}


def test_the_requests_of_a_block_have_no_keys(server: Server, file: Path) -> None:
    server.reply(Reply.json({"a": 1}))
    with record(file) as made:
        httpx2.post(f"{server.url}{PATH}?key={KEY}", json={**BODY, "api_key": KEY}, headers={"x-api-key": KEY})
        assert KEY not in repr(made.requests) + str(made.requests[0].body)
    assert made.requests[0]["model"] == "m"
