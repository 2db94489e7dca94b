"""The tools that use the network: requests to public addresses only, limits, web pages and web search."""

from __future__ import annotations

import asyncio
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from mirascope_like import tools
from mirascope_like.core import ConfigurationError, openai
from mirascope_like.core.base.errors import MissingSDKError
from mirascope_like.core.base.tools import BaseTool, ToolCall, tool_name
from mirascope_like.tools.fetching import Body, Fetch, Limits, TooLargeError, is_public
from mirascope_like.tools.web_page import page_text
from tests.harness.clocks import set_clock
from tests.harness.server import Reply, Server

PRIVATE = "Request error occurred: the host {host!r} has an address that is not public"


def called(kind: type[BaseTool], arguments: str) -> Any:
    tool: Any = kind.from_call(ToolCall("call_1", tool_name(kind), arguments))
    assert tool.error is None
    result = tool.call()
    return asyncio.run(result) if asyncio.iscoroutine(result) else result


def local(kind: Any, **config: Any) -> Any:
    """The tool with leave to call this machine."""
    return kind.from_config(type(kind._get_config())(allow_private_networks=True, **config))


both = pytest.mark.parametrize("kind", [tools.HTTPX, tools.AsyncHTTPX], ids=["sync", "async"])


# HTTPX


@both
def test_a_request(kind: Any, server: Server) -> None:
    server.reply(Reply.json({"a": 1}), Reply.json({}, 404))
    arguments = f'{{"url": "{server.url}/x?y=1", "method": "POST", "json": {{"b": 2}}, "params": {{"z": "3"}}}}'
    assert called(local(kind), arguments) == '{"a": 1}'
    request = server.request
    assert (request.method, request.path, request.json) == ("POST", "/x?z=3", {"b": 2})
    assert request.headers["host"] == server.url.removeprefix("http://")
    assert called(local(kind), f'{{"url": "{server.url}/none"}}') == (
        f"HTTP error occurred: 404 for {server.url}/none: {{}}"
    )


@both
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_no_private_address(kind: Any, host: str) -> None:
    bare = host.strip("[]")
    assert called(kind, f'{{"url": "http://{host}/"}}') == PRIVATE.format(host=bare)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::7f00:1", False),  # NAT64 of 127.0.0.1
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@both
def test_a_name_with_one_private_address(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("8.8.8.8", port)), (0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert called(kind, '{"url": "http://example.com/"}') == PRIVATE.format(host="example.com")


@both
def test_the_checked_address_is_called(kind: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that has another address when it is resolved again cannot lead elsewhere."""
    port = server.url.rpartition(":")[2]
    resolved: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **options: Any) -> Any:
        resolved.append(host)
        return real("127.0.0.1" if host == "example.test" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server.reply(Reply.json({}))
    assert called(local(kind), f'{{"url": "http://example.test:{port}/"}}') == "{}"
    assert resolved.count("example.test") == 1
    assert server.request.headers["host"] == f"example.test:{port}"


@both
def test_redirects(kind: Any, server: Server) -> None:
    def moved(to: str, status: int = 302) -> Reply:
        return Reply.json({}, status, headers={"location": to})

    server.reply(moved("/b"), Reply.json({"b": 1}))
    arguments = f'{{"url": "{server.url}/a", "method": "POST", "json": {{"x": 1}}}}'
    assert called(local(kind), arguments) == '{"b": 1}'
    assert [(one.method, one.path) for one in server.requests] == [("POST", "/a"), ("GET", "/b")]
    server.reply(moved("file:///etc/passwd"))
    assert "not an http or https URL" in called(local(kind), f'{{"url": "{server.url}"}}')
    server.reply(*[moved("/again", 307)] * 6)
    assert "more than 5 redirects" in called(local(kind), f'{{"url": "{server.url}"}}')
    server.reply(moved("/b"))
    assert called(local(kind), f'{{"url": "{server.url}", "follow_redirects": false}}') == "{}"


def test_headers_are_not_sent_to_another_host(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    server.reply(Reply.json({}, 302, headers={"location": f"http://localhost:{port}/"}), Reply.json({}))
    arguments = f'{{"url": "{server.url}", "headers": {{"Authorization": "Bearer x", "X-A": "1", "Host": "y"}}}}'
    called(local(tools.HTTPX), arguments)
    first, second = (request.headers for request in server.requests)
    assert (first["authorization"], first["x-a"], first["host"]) == (
        "Bearer x",
        "1",
        server.url.removeprefix("http://"),
    )
    assert ("authorization" in second, second["x-a"]) == (False, "1")


@both
def test_limits(kind: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.reply(Reply((b"x" * 11,)))
    small = local(kind, max_response_size=10)
    assert called(small, f'{{"url": "{server.url}"}}') == (
        "Request error occurred: the response is larger than 10 bytes"
    )
    times = iter([0.0, 4.0, 6.0])
    set_clock(monkeypatch, monotonic=lambda: next(times))
    body = Body(Limits(timeout=5, max_size=10))
    body.add(b"x")
    with pytest.raises(TooLargeError, match="the response took longer than 5 seconds"):
        body.add(b"y")


@both
def test_a_redirect_to_a_private_address(kind: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a redirect is checked too."""
    from mirascope_like.tools import fetching

    public = fetching.is_public
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1" or public(address))
    server.reply(Reply.json({}, 302, headers={"location": "http://127.0.0.2/"}))
    assert called(kind, f'{{"url": "{server.url}"}}') == PRIVATE.format(host="127.0.0.2")


@both
@pytest.mark.parametrize("url", ["ftp://example.com", "file:///etc/passwd", "example.com", "http://", "http://[x"])
def test_urls_that_are_none(kind: Any, url: str) -> None:
    assert called(kind, f'{{"url": "{url}"}}').startswith("Request error occurred: ")


def test_a_model_calls_the_tool() -> None:
    call = openai.call("m", tools=[tools.HTTPX, tools.AsyncHTTPX, tools.ParseURLContent, tools.DuckDuckGoSearch])
    assert callable(call)
    schema = tools.HTTPX.tool_json_schema()
    assert schema["required"] == ["url"]
    assert set(schema["properties"]) == {"url", "method", "data", "json", "params", "headers", "follow_redirects"}
    assert "HTTP request" in tools.HTTPX.usage_description()


# Configurations


def test_from_config() -> None:
    made = tools.HTTPX.from_config(tools.HTTPXConfig(timeout=1))
    assert (made._get_config().timeout, tools.HTTPX._get_config().timeout) == (1, 5)
    assert (tool_name(made), made.__doc__) == ("HTTPX", tools.HTTPX.__doc__)
    assert issubclass(made, tools.HTTPX)
    with pytest.raises(ValueError, match="HTTPXConfig"):
        tools.HTTPX.from_config(tools.DuckDuckGoSearchConfig())  # type: ignore[arg-type]
    assert tools.HTTPXConfig.from_env() == tools.HTTPXConfig()


# Web pages


PAGE = """<!doctype html><html><head><title>T</title><style>a{}</style></head><body>
<nav>Menu</nav><main><h1>The   sea</h1><p>It is <b>salty</b>.<br>Rivers &amp; rain.</p><script>x()</script>
<aside>Advert</aside></main><p>After</p><footer>Bottom</footer></body></html>"""


def test_a_page(server: Server) -> None:
    server.reply(Reply((PAGE.encode(),), 200, {"content-type": "text/html; charset=utf-8"}, "length"))
    text = called(local(tools.ParseURLContent), f'{{"url": "{server.url}"}}')
    assert text == "The   sea\nIt is\nsalty\n.\nRivers & rain."  # as v1 with BeautifulSoup's get_text("\n", strip=True)
    server.reply(Reply.json({}, 500), Reply((b"<p></p>",)))
    failed = called(local(tools.ParseURLContent), f'{{"url": "{server.url}/x"}}')
    assert failed == f"Failed to fetch content from URL: 500 for {server.url}/x"
    assert called(local(tools.ParseURLContent), f'{{"url": "{server.url}"}}') == "No content found on the page"
    refused = called(tools.ParseURLContent, f'{{"url": "{server.url}"}}')
    assert refused == "Failed to fetch content from URL: the host '127.0.0.1' has an address that is not public"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a\nb"),
        ("plain", "plain"),
        ("<article>a</article><article>b</article>", "a"),
        ("<main></main>after", "after"),
        ("<div><nav>x</div>y", "y"),
        ("</p>a<script>x</script>", "a"),
    ],
)
def test_odd_pages(html: str, text: str) -> None:
    assert page_text(html) == text


# Web search


@pytest.mark.parametrize("kind", [tools.DuckDuckGoSearch, tools.AsyncDuckDuckGoSearch], ids=["sync", "async"])
@pytest.mark.parametrize("package", ["ddgs", "duckduckgo_search"])
def test_a_search(kind: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class DDGS:
        def __init__(self, timeout: int) -> None:
            self.timeout = timeout

        def text(self, query: str, max_results: int) -> list[dict[str, str]]:
            asked.append((query, max_results, self.timeout))
            if query == "fail":
                raise RuntimeError("rate limit")
            return [{"title": query, "href": "https://x", "body": "snippet"}]

    for name in ("ddgs", "duckduckgo_search"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(DDGS=DDGS) if name == package else None)
    made = kind.from_config(tools.DuckDuckGoSearchConfig(max_results_per_query=3))
    assert called(made, '{"queries": ["a", "b"]}') == (
        "Title: a\nURL: https://x\nSnippet: snippet\n\nTitle: b\nURL: https://x\nSnippet: snippet"
    )
    assert asked == [("a", 3, 10), ("b", 3, 10)]
    assert called(made, '{"queries": ["fail"]}') == "RuntimeError: Failed to search the web for text"


def test_a_search_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckduckgo_search", None)
    monkeypatch.setitem(sys.modules, "ddgs", None)
    tool: Any = tools.DuckDuckGoSearch(queries=["a"])
    with pytest.raises((MissingSDKError, ImportError)):
        tool.call()


# Not included


@pytest.mark.parametrize(
    "name", ["DockerOperationToolKit", "DockerOperationToolKitConfig", "Requests", "RequestsConfig"]
)
def test_tools_that_are_not_included(name: str) -> None:
    instead = "HTTPX" if "Requests" in name else "a sandbox"
    with pytest.raises(ConfigurationError, match=instead):
        getattr(tools, name)()


def test_a_redirect_to_plain_http_carries_no_key() -> None:
    """Nor does one to another host; names of keys are those that a provider's default client drops."""
    headers = {"Authorization": "Bearer x", "X-Api-Key": "k", "X-A": "1"}
    steps = Fetch("GET", "https://8.8.8.8/a", Limits(5, 100), options={"headers": headers}).steps()  # nothing is sent
    assert next(steps)["headers"] == {**headers, "Host": "8.8.8.8"}
    assert steps.send((302, {"location": "/b"}, ""))["headers"] == {**headers, "Host": "8.8.8.8"}
    assert steps.send((302, {"location": "http://8.8.8.8/c"}, ""))["headers"] == {"X-A": "1", "Host": "8.8.8.8"}
