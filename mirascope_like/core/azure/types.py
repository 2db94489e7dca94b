"""What calls to Azure OpenAI give."""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.parsing import as_list, as_object
from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

AzureFinishReason = ChatFinishReason
"""Why Azure OpenAI ended a generation."""


class AzureTool(BaseTool):
    """A tool that a model on Azure called."""


class AzureCallResponse(OpenAISDKCallResponse[AzureTool]):
    """Azure OpenAI's answer; `response` is its `ChatCompletion`."""

    provider = "azure"
    tool_base: ClassVar[type[BaseTool]] = AzureTool

    @property
    def prompt_filter_results(self) -> list[Any]:
        """What Azure's content filter found in the prompt."""
        return as_list(getattr(self.response, "prompt_filter_results", None))

    @property
    def content_filter_results(self) -> dict[str, Any]:
        """What Azure's content filter found in the answer."""
        choices = self.response.choices
        return as_object(getattr(choices[0], "content_filter_results", None)) if choices else {}


class AzureCallResponseChunk(OpenAISDKChunk):
    """One event of Azure OpenAI's answer; `chunk` is its `ChatCompletionChunk`."""

    __slots__ = ()
    provider = "azure"


class AzureStream(Stream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """Azure OpenAI's answer, read while it arrives.

    A stream carries all that a whole answer does, but for usage where the API version is older than 2024-09-01-preview:
    such a version refuses to be asked for it, and the call is sent once more without. `obfuscation`, the random padding
    of events, is left out.
    """


class AzureAsyncStream(AsyncStream[AzureCallResponse, AzureCallResponseChunk, AzureTool]):
    """`AzureStream`, to be read with `async for`."""
