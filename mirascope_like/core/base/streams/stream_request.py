"""What a stream knows of its call before anything has arrived: the values of the request, as a response has them."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar

from ..request import Request
from ..response import BaseCallResponse, without_carried
from ..tools import BaseTool
from .transcript import Transcript

ResponseT_co = TypeVar("ResponseT_co", bound="BaseCallResponse[Any, Any]", covariant=True)


class StreamRequest(Generic[ResponseT_co]):
    """Base class of streams with the values of the request, by the names that responses use.

    They are known at once; those of an async stream, when it was awaited or first read. After a retry, a fallback or a
    round of a tool loop they are those of the last request.
    """

    _transcript: Transcript

    @property
    def _request(self) -> Request | None:
        attempt = self._transcript.attempt
        return attempt.request if attempt is not None else None

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the call and its prompt function."""
        request = self._request
        return dict(request.metadata) if request is not None else {}

    @property
    def prompt_template(self) -> str | None:
        """The text of the prompt template; None if the prompt had no template."""
        request = self._request
        return request.prompt_template if request is not None else None

    @property
    def fn_args(self) -> dict[str, Any]:
        """The arguments of the call, and the computed fields of its prompt, by name."""
        request = self._request
        return dict(request.fn_args) if request is not None else {}

    @property
    def dynamic_config(self) -> dict[str, Any] | None:
        """The dynamic config that the prompt function returned, or the messages that it returned, under "messages";
        None if it returned neither.
        """
        request = self._request
        return dict(request.dynamic_config) if request is not None and request.dynamic_config is not None else None

    @property
    def call_params(self) -> dict[str, Any]:
        """The call parameters of the request."""
        request = self._request
        return dict(request.call_params) if request is not None else {}

    @property
    def call_kwargs(self) -> dict[str, Any]:
        """The keyword arguments of the SDK's method, with the messages. The values of headers and URL parameters are
        replaced by "***".
        """
        attempt = self._transcript.attempt
        payload: dict[str, Any] = without_carried(attempt.payload) if attempt is not None else {}
        return payload

    @property
    def tool_types(self) -> list[type[BaseTool]] | None:
        """The tool types that were offered to the model; None if there were none."""
        request = self._request
        return list(request.tools) or None if request is not None else None

    @property
    def call_response_type(self) -> type[ResponseT_co]:
        """The class of the response that `construct_call_response` returns."""
        kind: type[ResponseT_co] = self._transcript.provider.response_type
        return kind

    @property
    def provider(self) -> str:
        """The name of the provider, such as "openai"."""
        attempt = self._transcript.attempt
        provider = attempt.provider if attempt is not None else self._transcript.provider
        name: str = getattr(provider.response_type, "provider", None) or provider.name.partition(".")[0]
        return name

    @property
    def stream(self) -> Self:
        """The stream itself, which yields (chunk, tool) pairs. Named as in Mirascope v1."""
        return self
