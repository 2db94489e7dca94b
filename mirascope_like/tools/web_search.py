"""`DuckDuckGoSearch` and `AsyncDuckDuckGoSearch`: tools that search the web through the package `ddgs`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from pydantic import Field

from ..core.base.errors import load_sdk
from ..core.base.runtime import in_thread
from .base import ConfigurableTool, ToolConfiguration


class DuckDuckGoSearchConfig(ToolConfiguration):
    """The configuration of `DuckDuckGoSearch` and `AsyncDuckDuckGoSearch`."""

    max_results_per_query: int = 2
    """The maximum number of results of each query."""
    timeout: int = 10
    """The time limit of each query, in seconds."""


class _WebSearch(ConfigurableTool[DuckDuckGoSearchConfig]):
    """Search the web. Return the title, the URL and a snippet of each result."""

    __configurable_tool_config__: ClassVar[Any] = DuckDuckGoSearchConfig()
    __prompt_usage_description__: ClassVar[str] = """
    - `DuckDuckGoSearch`: searches the web
        - Returns the title, the URL and a snippet of each result
    """

    queries: list[str] = Field(description="List of search queries")

    def _search(self) -> str:
        config = self._get_config()
        engine = _engine()
        try:
            found = [
                one
                for query in self.queries
                for one in engine(timeout=config.timeout).text(query, max_results=config.max_results_per_query)
            ]
        except Exception as error:  # the package has errors of its own, and those of its HTTP client
            return f"{type(error).__name__}: Failed to search the web for text"
        return "\n\n".join(f"Title: {one['title']}\nURL: {one['href']}\nSnippet: {one['body']}" for one in found)


class DuckDuckGoSearch(_WebSearch):
    """Search the web. Return the title, the URL and a snippet of each result."""

    def call(self) -> str:
        """Search. Return the results as text, or an error message."""
        return self._search()


class AsyncDuckDuckGoSearch(_WebSearch):
    """Search the web. Return the title, the URL and a snippet of each result."""

    async def call(self) -> str:
        """Search in a thread. Return the results as text, or an error message."""
        return await in_thread(self._search)


def _engine() -> Any:
    """Return the class `DDGS` of the package `ddgs`, or of its former name `duckduckgo_search`."""
    try:
        return import_module("duckduckgo_search").DDGS
    except ImportError:
        return load_sdk("ddgs", extra="search").DDGS
