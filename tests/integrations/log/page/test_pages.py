"""What the pages show, and that no text of a person, a program or a model becomes a part of their structure."""

from __future__ import annotations

import re
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mirascope_like.integrations.log import SQLiteLog
from mirascope_like.integrations.log.page.layout import Site
from mirascope_like.integrations.log.page.log_reader import LogReader
from mirascope_like.integrations.log.page.markup import VOID, element
from mirascope_like.integrations.log.page.routes import answer
from tests.integrations.log.page.rows import HOSTILE, MARKS, Row, hostile, row, tool_call, written


class Text(HTMLParser):
    """What a browser shows, and which elements and attributes a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())


class Pages:
    """The pages of a log."""

    def __init__(self, path: Path, *rows: Row, zone: Any = UTC) -> None:
        self.reader = LogReader(written(path / "calls.db", *rows))
        self.site = Site("calls.db", zone)

    def page(self, place: str) -> str:
        path, _, query = place.partition("?")
        return answer(self.reader, self.site, path, query).body

    def shows(self, place: str) -> str:
        return Text(self.page(place)).text


def test_the_table(tmp_path: Path) -> None:
    values: Row = {"streamed": True, "first_ms": 320, "duration_ms": 2410, "cost": 0.000123, "tags": {"team": "a"}}
    text = Pages(tmp_path, row(1, input_tokens=12345, **values)).shows("/")
    assert text.endswith(
        "Time Call Model State Tokens Cost First chunk Duration "
        "08:01:00 1 Nov 2026 summarize stream Question 1 team=a gpt-4o-mini openai done "
        "12,345 → 5 $0.00012 320 ms 2.41 s"
    )


def test_times_are_those_of_the_zone(tmp_path: Path) -> None:
    assert "04:01:00 1 Nov 2026" in Pages(tmp_path, row(1), zone=ZoneInfo("Atlantic/Bermuda")).shows("/")  # UTC-4


def test_a_failed_call_shows_its_error_in_the_table(tmp_path: Path) -> None:
    text = Pages(tmp_path, row(1, state="failed", error="RateLimitError: slow down")).shows("/")
    assert "RateLimitError: slow down" in text
    assert "Question 1" not in text


def test_a_response_without_a_text_shows_its_tool_calls(tmp_path: Path) -> None:
    calls = [{"name": "Book", "arguments": {"title": "Dune"}}]
    long = [{"name": "Book", "arguments": {"title": "x" * 5000}}]
    none: Row = {"response_text": ""}
    rows = [row(1, tool_calls=calls), row(2, tool_calls=calls, **none), row(3, tool_calls=long, **none)]
    shown = Pages(tmp_path, *rows).shows("/")
    assert shown.count("Dune") == 1  # the first has a text
    assert 'Question 2 \u2192 Book {"title":"Dune"} gpt-4o-mini' in shown
    assert "xxx\u2026" in shown


def test_a_call_has_the_tokens_of_all_its_requests(tmp_path: Path) -> None:
    pages = Pages(tmp_path, *tool_call())
    assert "answer_ticket 2 requests stream" in pages.shows("/")
    assert "2,880 → 76 $0.0080 420 ms 2.04 s" in pages.shows("/")  # 1480 + 1400, 58 + 18, 0.00428 + 0.0037
    both = pages.shows("/?requests=1")
    assert "answer_ticket request 1 Where" in both
    assert "1,480 → 58 $0.0043" in both
    assert "1,400 → 18 $0.0037" in both


def test_a_call(tmp_path: Path) -> None:
    text = Pages(tmp_path, *tool_call()).shows("/call/1")
    conversation = text.partition("Conversation ")[2]
    assert conversation.startswith(
        "system You help customers of a shoe shop. Be brief and friendly. "
        "user Where is my order 4711? The photo shows the label. Attached image/png image: 33,000 bytes "
        'assistant Tool call find_order { "number": 4711 } '
        'tool Tool result find_order {"state": "in transit", "eta": "2026-12-02"} '
        "assistant Thinking The order is in transit. I should give the date. "
        "Your order is on its way. It should arrive on **2 December**. Is there anything else? Stream"
    )
    assert "The last request: 83 events in 41 reads; longest gap 361 ms" in text
    assert "Earlier requests of this call" in text
    assert "Calls made by this call" in text
    assert "Cost $0.0080 in 2 requests" in text
    assert "session customer-81" in text


def test_the_parent_of_a_call(tmp_path: Path) -> None:
    text = Pages(tmp_path, *tool_call()).shows("/call/3")
    assert "Made by" in text
    assert "answer_ticket" in text


def test_tools_that_ran(tmp_path: Path) -> None:
    calls = [{"name": "f", "arguments": {"x": 1}, "result": "two"}, {"name": "g", "arguments": {}, "error": "E: no"}]
    text = Pages(tmp_path, row(1, tool_calls=calls)).shows("/call/1")
    assert 'Tool call f { "x": 1 } Tool result f two Tool call g {} Tool error g E: no' in text


def test_a_row_without_content(tmp_path: Path) -> None:
    names = ("prompt", "response_text", "messages", "settings", "input_tokens", "cost", "model", "function")
    pages = Pages(tmp_path, row(1, **dict.fromkeys(names)))
    assert "The log has no content of this call." in pages.shows("/call/1")
    assert "call \u2013 openai done \u2013 → 5 \u2013" in pages.shows("/")
    assert "Failed 0" in pages.shows("/figures")


def test_the_filter_keeps_its_values(tmp_path: Path) -> None:
    page = Pages(tmp_path, row(1)).page("/?text=a+%26+b&model=other&state=failed&tag=x%3Dy&since=2026-11-29&age=2h")
    assert 'value="a &amp; b"' in page
    assert '<option value="other" selected>other</option>' in page
    assert '<option value="failed" selected>failed</option>' in page
    assert '<option value="x=y" selected>x=y</option>' in page
    assert '<option value="2h" selected>last 2h</option>' in page
    assert '<input type="date" name="since" value="2026-11-29" class="set">' in page
    assert "No call fulfils all filters." in page
    link = "/figures?text=a+%26+b&amp;model=other&amp;state=failed&amp;tag=x%3Dy&amp;age=2h&amp;since=2026-11-29"
    assert f'<a href="{link}">Figures</a>' in page


def test_an_empty_log(tmp_path: Path) -> None:
    pages = Pages(tmp_path, row(1))
    with SQLiteLog(tmp_path / "calls.db") as log:
        assert log.delete(id=1) == 1
    assert "No call is logged yet." in pages.shows("/")
    assert "No call fulfils all filters." in pages.shows("/figures")


def test_a_long_text_is_cut(tmp_path: Path) -> None:
    pages = Pages(tmp_path, row(1, response_text="x" * 1_000_000 + "END"))
    page = pages.page("/call/1")
    assert len(page) < 100_000
    assert '<a href="/call/1/part/1" class="more">980,003 more characters: show the whole text</a>' in page
    assert pages.page("/call/1/part/1") == "x" * 1_000_000 + "END"
    assert pages.page("/call/1/raw").count("x") > 1_000_000


def test_a_long_conversation_is_cut(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": f"<{number}>"} for number in range(500)]
    pages = Pages(tmp_path, row(1, messages=messages))
    text = pages.shows("/call/1")
    assert "441 earlier messages: show all user <441>" in text  # the last 60 turns: 59 messages and the response
    assert "<440>" not in text
    assert "user <0> user <1>" in pages.shows("/call/1?messages=all")
    assert pages.page("/call/1/part/441") == "<441>"


PLACES = ("/", "/figures", "/call/1", "/call/1?messages=all", "/call/2", "/call/3", "/?requests=1", "/?text=script")


@pytest.fixture(scope="module")
def hostile_pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("hostile"), *hostile())


@pytest.mark.parametrize("place", PLACES)
def test_hostile_texts_are_only_text(hostile_pages: Pages, place: str) -> None:
    page = Text(hostile_pages.page(place))
    assert not page.elements & {"script", "img", "iframe", "style", "base", "object", "embed", "foreignobject", "use"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("style", "srcdoc")]
    links = [value or "" for name, value in page.attributes if name in ("href", "src", "action", "xlink:href")]
    assert all(re.match(r"/(?![/\\])", link) for link in links)


@pytest.mark.parametrize("place", PLACES)
def test_no_control_character_is_sent(hostile_pages: Pages, place: str) -> None:
    page = hostile_pages.page(place)
    assert not re.search(r"[^\n\t\x20-\x7e\xa0-\u2027\u2030-\u2065\u206a-\ufefe\uff00-\U0010ffff]", page)
    assert not re.search(r"[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", page)


def test_hostile_texts_can_be_read(hostile_pages: Pages) -> None:
    text = hostile_pages.shows("/call/1")
    for mark in MARKS[:7]:
        assert " ".join(mark.split()) in text
    assert r"\x1b[31mred\x1b[0m \x07\x00\x08 \x9b31m" in text
    assert r"abc\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff" in text
    assert hostile_pages.page("/call/1/error") == HOSTILE


@pytest.mark.parametrize("query", ["text", "model", "provider", "function"])
def test_hostile_parameters(hostile_pages: Pages, query: str) -> None:
    page = Text(hostile_pages.page(f"/?{query}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27%20onfocus%3D1"))
    assert "script" not in page.elements
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_half_characters(tmp_path: Path) -> None:
    pages = Pages(tmp_path, row(1, messages=[{"role": "user", "content": "\ud83d"}], settings={"\udc00": "\ud800"}))
    assert r"\ud83d" in pages.shows("/call/1")
    assert pages.page("/call/1/part/0").encode("utf-8", "replace") == b"?"


def test_attributes_with_code_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="not an address on this page"):
        element("a", "x", href="javascript:alert(1)")
    for place in ("//example.com", "/\\example.com", "http://example.com", ""):
        with pytest.raises(ValueError, match="not an address on this page"):
            element("a", "x", href=place)
    with pytest.raises(ValueError, match="is not allowed"):
        element("p", "x", onclick="alert(1)")
    with pytest.raises(ValueError, match="is not allowed"):
        element("p", "x", style="color: red")


def test_line_ends_are_not_shown_as_characters(tmp_path: Path) -> None:
    page = Pages(tmp_path, row(1, response_text="a\r\nb\rc")).page("/call/1")
    assert "<bdi>a\nb\\rc</bdi>" in page


def test_joined_emoji_and_scripts_are_whole(tmp_path: Path) -> None:
    text = "שלום \U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301 می\u200cخ"
    assert text in Pages(tmp_path, row(1, response_text=text)).page("/call/1")
