"""The page of a log in a real browser: hostile texts run nothing, and it fits wide and small screens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest

pytest.importorskip("websockets", reason="Chromium is driven through a web socket")

from mirascope_like.integrations.log.page import LogServer
from tests.harness.browser import MISSING, Page, chromium, opened
from tests.integrations.log.page.rows import hostile, row, tool_call, written

PROGRAM = chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    assert PROGRAM is not None
    with opened(PROGRAM) as page:
        yield page


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogServer]:
    path = tmp_path_factory.mktemp("log") / "calls.db"
    many = [row(number) for number in range(100, 160)]
    with LogServer(written(path, *hostile(), *tool_call(), *many), zone=UTC) as server:
        yield server


@pytest.fixture
def page(browser: Page, server: LogServer) -> Iterator[Page]:
    """The page, opened with the address that the program prints, as on a wide screen."""
    browser.look(1400)
    browser.go(server.url, lands=f"http://127.0.0.1:{server.port}/")
    browser.watch()
    yield browser
    browser.go("about:blank")


PLACES = (
    *("/", "/?requests=1", "/?text=script", "/figures"),
    *("/call/1", "/call/2", "/call/3", "/call/4", "/missing", "/?x=1"),
)
SCRIPT = """{
    const one = document.createElement("script")
    one.textContent = "document.title = 'ran'"
    document.body.append(one)
}"""


@pytest.mark.parametrize("place", PLACES)
def test_nothing_runs_and_nothing_is_reported(page: Page, server: LogServer, place: str) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    page.watch()
    page.go(origin + place)
    assert page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)") is None
    assert page.evaluate("document.title") != "ran"
    assert page.evaluate("getComputedStyle(document.body).display") == "block"  # no style of a row was applied
    assert page.evaluate("document.querySelectorAll('script, img, iframe, style, base').length") == 0
    statuses = {"/missing": 1, "/?x=1": 1}  # the browser reports that the status is 404 and 400
    assert len(page.problems()) == statuses.get(place, 0), page.problems()
    others = [one for one in page.requested() if not one.startswith((f"{origin}/", "data:image/svg+xml"))]
    assert others == []  # data: icons of the browser's own date fields


def test_a_script_would_be_blocked_and_reported(page: Page, server: LogServer) -> None:
    """The test above would see it."""
    page.watch()
    page.evaluate(SCRIPT)
    assert page.evaluate("document.title") != "ran"
    assert "Content Security Policy" in str(page.problems())
    page.watch()
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=https://example.com/x.png>')")
    page.wait("document.images[0].complete")
    assert "img-src" in str(page.problems())


def test_a_link_from_another_site(browser: Page, server: LogServer) -> None:
    """Such as a terminal in the browser. The cookie is sent only to requests that the page itself causes."""
    browser.look(1400)
    browser.go("data:text/html,<body></body>")
    browser.evaluate(f"document.body.innerHTML = '<a href=\"{server.ticket()}\">open</a>'")
    browser.click("a")
    browser.wait(f"location.href == 'http://127.0.0.1:{server.port}/' && document.readyState == 'complete'")
    assert browser.evaluate("document.querySelectorAll('.calls').length") == 1
    browser.go("about:blank")


def test_the_cookie_cannot_be_read_and_the_address_has_no_token(page: Page, server: LogServer) -> None:
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("location.href") == f"http://127.0.0.1:{server.port}/"


@pytest.mark.parametrize("width", [1400, 900, 390, 320])
@pytest.mark.parametrize("place", ["/", "/figures", "/call/1", "/call/4"])
def test_nothing_is_wider_than_the_screen(page: Page, server: LogServer, place: str, width: int) -> None:
    page.look(width)
    page.go(f"http://127.0.0.1:{server.port}{place}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_light_and_dark(page: Page) -> None:
    color = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(color) == "rgb(246, 247, 249)"
    page.look(1400, dark=True)
    assert page.evaluate(color) == "rgb(16, 19, 23)"


def test_search_and_a_call(page: Page) -> None:
    page.click("input[name=text]")
    page.type("Question 117")
    page.click("button")
    page.wait("location.search.includes('Question+117')")
    page.wait("document.readyState == 'complete'")
    assert page.evaluate("document.querySelectorAll('.calls tbody tr').length") == 1
    page.click(".function")
    page.wait("location.pathname.startsWith('/call/') && document.readyState == 'complete'")
    assert "Answer 117" in page.text(".conversation")


def test_older_and_newer(page: Page) -> None:
    first = page.text(".calls tbody tr")
    page.evaluate("document.querySelector('a[rel=next]').scrollIntoView()")
    page.click("a[rel=next]")
    page.wait("location.search.includes('before') && document.readyState == 'complete'")
    assert page.text(".calls tbody tr") != first
    page.evaluate("document.querySelector('a[rel=prev]').scrollIntoView()")
    page.click("a[rel=prev]")
    page.wait("location.search.includes('after') && document.readyState == 'complete'")
    assert page.text(".calls tbody tr") == first


def test_filters_of_a_small_screen(page: Page) -> None:
    page.look(390)
    visible = "document.querySelector('.fields').getBoundingClientRect().height > 0"
    assert page.evaluate(visible) is False
    page.click(".toggle")
    assert page.evaluate(visible) is True
    page.evaluate("document.querySelector('select[name=model]').value = 'gpt-4o'")
    page.click("button")
    page.wait("location.search.includes('model=gpt-4o') && document.readyState == 'complete'")
    assert "more" not in page.evaluate("location.search")
    assert page.evaluate(visible) is True  # a filter is set
