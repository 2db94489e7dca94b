"""`ParseURLContent`: a tool that returns the text of a web page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, ClassVar, Literal

from pydantic import Field

from .base import ConfigurableTool, ToolConfiguration
from .fetching import Fetch, Limits, RefusedURLError, TooLargeError, fetch, httpx
from .http import MAX_SIZE

_SKIPPED = frozenset({"script", "style", "nav", "header", "footer", "aside", "noscript", "template", "svg"})
_MAIN = frozenset({"main", "article"})
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
    }
)


class ParseURLConfig(ToolConfiguration):
    """The configuration of `ParseURLContent`."""

    parser: Literal["html.parser"] = "html.parser"
    """The parser of HTML: Python's own."""
    timeout: int | float | None = 5
    """The time limit of the request in seconds; None for no limit."""
    max_response_size: int = MAX_SIZE
    """The maximum size of a page, in bytes."""
    allow_private_networks: bool = False
    """True to allow addresses that are not public, such as those of this machine."""


class ParseURLContent(ConfigurableTool[ParseURLConfig]):
    """Return the main text of a web page, without its navigation, scripts and styles."""

    __configurable_tool_config__: ClassVar[Any] = ParseURLConfig()
    __prompt_usage_description__: ClassVar[str] = """
    - `ParseURLContent`: returns the main text of the web page at a URL
        - Leaves out scripts, styles and navigation
        - Returns an error message if the page cannot be read
    """

    url: str = Field(description="URL of the page")

    def call(self) -> str:
        """Request the page. Return its text, or an error message."""
        config = self._get_config()
        limits = Limits(config.timeout, config.max_response_size, config.allow_private_networks)
        try:
            page = fetch(Fetch("GET", self.url, limits))
        except (RefusedURLError, TooLargeError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return f"Failed to fetch content from URL: {error}"
        if page.status >= 400:
            return f"Failed to fetch content from URL: {page.status} for {page.url}"
        return page_text(page.text) or "No content found on the page"


def page_text(html: str) -> str:
    """Return the text of the first `main` or `article` of a page that has text; without one, all its text.

    Each piece of text is a line. Scripts, styles and navigation are left out.
    """
    parser = _PageParser()
    parser.feed(html)
    parser.close()
    return "\n".join(parser.main or parser.every)


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.every: list[str] = []
        self.main: list[str] = []
        self._open: list[str] = []
        self._done = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open.pop() != tag:  # tags that were not closed
            pass
        if tag in _MAIN and self.main and not _MAIN.intersection(self._open):
            self._done = True

    def handle_data(self, data: str) -> None:
        lines = [line.strip() for line in data.splitlines() if line.strip()]
        if not lines or _SKIPPED.intersection(self._open):
            return
        self.every += lines
        if not self._done and _MAIN.intersection(self._open):
            self.main += lines
