"""What calls to hosts that speak OpenAI's chat completions give."""

from __future__ import annotations

from typing import ClassVar

from ..base.streams import AsyncStream, Stream
from ..base.tools import BaseTool
from ..dialects.chat_completions import ChatCallParams, ChatFinishReason, OpenAISDKCallResponse, OpenAISDKChunk

HostFinishReason = ChatFinishReason
"""Why a host ended a generation; hosts may have reasons of their own."""


class HostCallParams(ChatCallParams, total=False):
    """What hosts take: the parameters of OpenAI's chat completions. A host's own go into `extra_body`."""


class HostTool(BaseTool):
    """A tool that a model of a host called."""


class HostCallResponse(OpenAISDKCallResponse[HostTool]):
    """A host's answer; `response` is a `ChatCompletion`, with what the host adds to one."""

    tool_base: ClassVar[type[BaseTool]] = HostTool

    @property
    def cost(self) -> float | None:
        """US dollars spent, as the host says (OpenRouter does), or by the price list; None where both are silent."""
        said = getattr(self.usage, "cost", None)
        if isinstance(said, int | float):
            return float(said)
        return super().cost


class HostCallResponseChunk(OpenAISDKChunk):
    """One event of a host's answer; `chunk` is a `ChatCompletionChunk`."""

    __slots__ = ()


class HostStream(Stream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """A host's answer, read while it arrives.

    A stream carries all that the host puts into one; usage is asked for, unless the host refuses to be asked. Pieces
    are taken for pieces: from a host that repeats what it has sent (some versions of LM Studio did, in the arguments
    of tools) the repetitions are kept, as nothing tells them from a model that repeats itself.
    """


class HostAsyncStream(AsyncStream[HostCallResponse, HostCallResponseChunk, HostTool]):
    """`HostStream`, to be read with `async for`."""
