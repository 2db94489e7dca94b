"""The example's page in a real browser: text appears while it streams, Stop closes the provider's connection."""

from __future__ import annotations

import runpy
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="the example is an application of Starlette's")
pytest.importorskip("uvicorn", reason="needs an ASGI server: uvicorn")
pytest.importorskip("websockets", reason="Chromium is driven through a web socket")

from tests.conformance.providers import OPENAI
from tests.harness.browser import MISSING, Page, chromium, opened
from tests.harness.recordings import ROOT
from tests.harness.server import CloseEarly, Gate, Reply, Server, Stall
from tests.integrations.test_asgi import serving

EXAMPLE = ROOT / "examples" / "browser.py"

PROGRAM = chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    assert PROGRAM is not None
    with opened(PROGRAM) as page:
        yield page


@pytest.fixture
def page(browser: Page, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The example's page, its provider scripted."""
    monkeypatch.setenv("MODEL", "openai:m")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    with serving(runpy.run_path(str(EXAMPLE))["app"]) as address:
        browser.go(address)
        yield browser
        browser.go("about:blank")


def ask(page: Page, question: str) -> None:
    page.click("#question")
    page.type(question)
    page.click("#send")


def test_text_appears_while_it_streams(page: Page, server: Server) -> None:
    gate = Gate()
    head, first, *rest = OPENAI.texts("The <b>sea</b>\n", "is wide.")
    server.reply(OPENAI.streamed(head, first, gate, *rest))
    ask(page, "Write about the sea & the sky")
    page.shows("#answer", "The <b>sea</b>\n")
    assert server.served[0].state == "sending"
    assert page.text("#status") == "Answering"
    gate.open()
    page.shows("#answer", "The <b>sea</b>\nis wide.")
    page.shows("#status", "Done: 5 tokens (stop)")
    assert server.request.json["messages"][-1]["content"] == "Write about the sea & the sky"


def test_stop_closes_the_connection_of_the_provider(page: Page, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Once upon", finish=None), Stall()))
    ask(page, "Tell a story")
    page.shows("#answer", "Once upon")
    assert server.open_connections == 1
    page.click("#stop")
    assert server.wait_closed()
    assert server.aborted == 1
    page.shows("#status", "Stopped")
    assert page.text("#answer") == "Once upon"
    assert page.evaluate("[send.disabled, stop.disabled]") == [False, True]


def test_leaving_the_page_closes_it_too(page: Page, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Once upon", finish=None), Stall()))
    ask(page, "Tell a story")
    page.shows("#answer", "Once upon")
    page.go("about:blank")
    assert server.wait_closed()


def test_second_question_after_a_stop(page: Page, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Once upon", finish=None), Stall()), OPENAI.text("Hel", "lo"))
    ask(page, "Tell a story")
    page.shows("#answer", "Once upon")
    page.click("#stop")
    page.click("#send")
    page.shows("#status", "Done: 5 tokens (stop)")
    assert page.text("#answer") == "Hello"


def test_a_failure_is_shown_and_no_request_is_repeated(page: Page, server: Server) -> None:
    server.reply(OPENAI.streamed(*OPENAI.texts("Once upon", finish=None), CloseEarly()), Reply.error(400, "a secret"))
    for name in ("StreamInterruptedError", "BadRequestError"):
        ask(page, "Tell a story")
        page.shows("#status", f"Failed: {name}")
    assert "secret" not in page.text("body")
    assert page.evaluate("source === null || source.readyState") in (True, 2)  # an EventSource that is closed
    assert len(server.requests) == 2


def test_embedded_model(browser: Page) -> None:
    pytest.importorskip("xllamacpp", reason="needs the embedded model (the extra `local`)")
    with serving(runpy.run_path(str(EXAMPLE))["app"]) as address:
        browser.go(address)
        ask(browser, "Say hello")
        browser.wait("status.textContent.startsWith('Done: ')", 120)
        assert browser.text("#answer")
        browser.go("about:blank")
