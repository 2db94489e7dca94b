"""The types that calls to Azure OpenAI return."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.parsing import as_list, as_object
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

AzureFinishReason = ChatFinishReason
"""Why Azure OpenAI ended the generation."""


class AzureTool(BaseTool):
    """A tool call by a model on Azure."""


class AzureCallResponse(OpenAISDKCallResponse[AzureTool]):
    """A response of Azure OpenAI; `response` is a `ChatCompletion`."""

    provider = "azure"
    tool_base: ClassVar[type[BaseTool]] = AzureTool

    @property
    def prompt_filter_results(self) -> list[Any]:
        """The findings of Azure's content filter in the prompt."""
        return as_list(getattr(self.response, "prompt_filter_results", None))

    @property
    def content_filter_results(self) -> dict[str, Any]:
        """The findings of Azure's content filter in the answer."""
        choices = self.response.choices
        return as_object(getattr(choices[0], "content_filter_results", None)) if choices else {}


class AzureCallResponseChunk(OpenAISDKChunk):
    """One event of a stream of Azure OpenAI; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "azure"


class AzureStream(Stream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """A response of Azure OpenAI, streamed.

    A stream contains everything that an unstreamed response contains. Exception: API versions older than
    2024-09-01-preview reject the request for usage, so it is sent again without. `obfuscation`, random padding, is
    dropped.
    """


class AzureAsyncStream(AsyncStream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """The async form of `AzureStream`, read with `async for`."""
