"""`HTTPX` and `AsyncHTTPX`: tools that send HTTP requests to public addresses."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from .base import ConfigurableTool, ToolConfiguration
from .fetching import Fetch, Limits, Page, RefusedURLError, TooLargeError, afetch, fetch, httpx

MAX_SIZE = 1024 * 1024
"""The default maximum size of a response, in bytes."""
_FAILURES: tuple[type[Exception], ...] = (RefusedURLError, TooLargeError, httpx.HTTPError, httpx.InvalidURL, OSError)


class HTTPXConfig(ToolConfiguration):
    """The configuration of `HTTPX` and `AsyncHTTPX`."""

    timeout: int | float | None = 5
    """The time limit of a request in seconds: for connecting, each read, and the whole response; None for no limit."""
    max_response_size: int = MAX_SIZE
    """The maximum size of a response body, in bytes."""
    allow_private_networks: bool = False
    """True to allow requests to addresses that are not public, such as those of this machine."""


class _HTTPRequest(ConfigurableTool[HTTPXConfig]):
    """Send an HTTP request to a URL and return the text of the response."""

    model_config: ClassVar[ConfigDict] = ConfigDict(populate_by_name=True)
    __configurable_tool_config__: ClassVar[Any] = HTTPXConfig()
    __prompt_usage_description__: ClassVar[str] = """
    - `HTTPX`: sends an HTTP request to a URL of the public internet
        - Returns the text of the response, or an error message
        - Redirects are followed, unless that is disabled
    """

    url: str = Field(description="URL to request")
    method: Literal["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"] = Field("GET", description="HTTP method to use")
    data: dict[str, Any] | None = Field(None, description="Form data to send with POST or PUT requests")
    json_: dict[str, Any] | None = Field(None, description="JSON to send with POST or PUT requests", alias="json")
    params: dict[str, Any] | None = Field(None, description="URL parameters of the request")
    headers: dict[str, str] | None = Field(None, description="Headers of the request")
    follow_redirects: bool = Field(True, description="Whether to follow redirects")

    def _request(self) -> Fetch:
        config = self._get_config()
        limits = Limits(config.timeout, config.max_response_size, config.allow_private_networks)
        options = {"params": self.params, "json": self.json_, "data": self.data, "headers": self.headers}
        given = {name: one for name, one in options.items() if one is not None}
        return Fetch(self.method, self.url, limits, self.follow_redirects, given)


class HTTPX(_HTTPRequest):
    """Send an HTTP request to a URL and return the text of the response."""

    def call(self) -> str:
        """Send the request. Return the text of the response, or an error message."""
        try:
            return _text(fetch(self._request()))
        except _FAILURES as error:
            return f"Request error occurred: {error}"


class AsyncHTTPX(_HTTPRequest):
    """Send an HTTP request to a URL and return the text of the response."""

    async def call(self) -> str:
        """Send the request. Return the text of the response, or an error message."""
        try:
            return _text(await afetch(self._request()))
        except _FAILURES as error:
            return f"Request error occurred: {error}"


def _text(page: Page) -> str:
    return page.text if page.status < 400 else f"HTTP error occurred: {page.status} for {page.url}: {page.text[:1000]}"
