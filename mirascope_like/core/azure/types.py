"""The types of responses, chunks, tools and streams of Azure OpenAI."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.parsing import as_list, as_object, dumped
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import (
    ChatFinishReason,
    OpenAISDKCallResponse,
    OpenAISDKChunk,
    OpenAISDKTool,
    is_inference,
)

AzureFinishReason = ChatFinishReason
"""Why a generation ended, in Azure OpenAI's terms."""


class AzureTool(OpenAISDKTool):
    """A tool that a model on Azure called."""


class AzureCallResponse(OpenAISDKCallResponse[AzureTool]):
    """A response of Azure OpenAI. `response` is a `ChatCompletion` of OpenAI's SDK; if a client of `azure-ai-inference`
    was passed, it is a `ChatCompletions` of that package.
    """

    provider = "azure"
    _tool_base: ClassVar[type[BaseTool]] = AzureTool
    _batch_part: ClassVar[float | None] = 0.5
    """Source: Azure's guide of batches: half of the price of a global standard deployment."""

    @property
    def prompt_filter_results(self) -> list[Any]:
        """What Azure's content filter found in the prompt."""
        return as_list(getattr(self.response, "prompt_filter_results", None))

    @property
    def content_filter_results(self) -> dict[str, Any]:
        """What Azure's content filter found in the response."""
        choices = self.response.choices
        return as_object(getattr(choices[0], "content_filter_results", None)) if choices else {}


class AzureCallResponseChunk(OpenAISDKChunk):
    """One event of a stream of Azure OpenAI. `chunk` is a `ChatCompletionChunk` of OpenAI's SDK; if a client of
    `azure-ai-inference` was passed, it is a `StreamingChatCompletionsUpdate` of that package.
    """

    __slots__ = ()
    provider = "azure"

    def __init__(self, chunk: Any) -> None:
        event: Any = dumped(chunk) if is_inference(chunk) else chunk
        super().__init__(event)
        if is_inference(chunk):
            self._chunk = chunk


class AzureStream(Stream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """A streamed response of Azure OpenAI.

    It has everything that an unstreamed response has. Exception: API versions before 2024-09-01-preview reject the
    option that requests the usage, so the request is sent again without it. The random padding of events
    (`obfuscation`) is only in its chunks.
    """


class AzureAsyncStream(AsyncStream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """Async version of `AzureStream`."""
