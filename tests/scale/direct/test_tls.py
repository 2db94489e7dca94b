"""`transport="direct"` over TLS: the certificates that the client trusts, as the SDK itself.

The certificate of the server is for 127.0.0.1 and signs itself. It was made with openssl, and is valid until 2126:
`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out certificate.pem
-days 36500 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai as openai_sdk
import pytest

from mirascope_like.core import openai
from mirascope_like.scale import Done, Failed
from tests.conformance.wires.answer import Answer, Text
from tests.harness.server import Server
from tests.scale.direct.rows import BASE, KEY, ROWS, Row, run

FOLDER = Path(__file__).parent / "certificates"
CERTIFICATE = FOLDER / "certificate.pem"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose certificate no client trusts by default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, FOLDER / "key.pem")
    with Server(tls=context) as server:
        yield server


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def answers(server: Server, row: Row) -> Row:
    server.always(row.wire.answered(Answer(Text("Hello"))))
    return row


@pytest.mark.parametrize("name", ROWS)
def test_the_certificates_of_the_environment(server: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = answers(server, ROWS[name])
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    for transport, directly in (("sdk", 0), ("direct", 1)):
        client = row.client(server)
        (item,), sent = run(row.ask(client), client=client, transport=transport)
        assert isinstance(item, Done), item.error
        assert item.value.content == "Hello"
        assert sent == directly


def test_the_default_client(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(server, BASE)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")

    @openai.call("m")
    async def ask(text: str) -> str:
        return text

    (item,), sent = run(ask)
    assert isinstance(item, Done), item.error
    assert sent == 1


def test_the_settings_of_a_client_on_aiohttp(server: Server) -> None:
    """Its SSL context is used directly."""
    answers(server, BASE)
    client = BASE.client(server, http_client=openai_sdk.DefaultAioHttpClient(verify=trusting()))
    (item,), sent = run(BASE.ask(client), client=client)
    assert isinstance(item, Done), item.error
    assert sent == 1


def test_the_settings_of_an_http_client_of_the_user(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK sends its requests."""
    answers(server, BASE)
    caplog.set_level(logging.DEBUG, "mirascope_like.scale")
    client = BASE.client(server, http_client=openai_sdk.DefaultAsyncHttpxClient(verify=trusting()))
    (item,), sent = run(BASE.ask(client), client=client)
    assert isinstance(item, Done), item.error
    assert sent == 0
    assert "the SDK sends the requests of openai: an HTTP client of the user" in caplog.messages


@pytest.mark.parametrize("name", ROWS)
def test_a_certificate_that_is_not_trusted(server: Server, name: str) -> None:
    """The error is that of the SDK, and nothing is sent."""
    row = answers(server, ROWS[name])
    found: list[Any] = []
    for transport in ("sdk", "direct"):
        client = row.client(server, **({} if name == "mistral" else {"max_retries": 0}))
        (item,), sent = run(row.ask(client), client=client, transport=transport)
        assert isinstance(item, Failed)
        assert sent == 0
        found.append(item.error)
    by_sdk, direct = found
    assert type(direct).__mro__ == type(by_sdk).__mro__
    assert str(direct) == str(by_sdk)
    assert type(direct.__cause__) is type(by_sdk.__cause__)
    assert "CERTIFICATE_VERIFY_FAILED" in str(direct.__cause__)
    assert not server.requests
