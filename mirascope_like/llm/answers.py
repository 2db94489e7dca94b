"""The responses, chunks and streams of `llm.call`, which have the same form for all providers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from pydantic import PrivateAttr, ValidationInfo, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from ..core.base.messages import BaseMessageParam, MediaPart
from ..core.base.response import (
    BaseCallResponse,
    BaseCallResponseChunk,
    CommonMetadata,
    CommonUsage,
    ToolDelta,
    Usage,
    attach_tools,
    check_dump_version,
    set_tool_base,
    tool_results,
)
from ..core.base.streams import AsyncStream as BaseAsyncStream
from ..core.base.streams import Stream as BaseStream
from ..core.base.tools import BaseTool, CalledTool, ToolCall, ToolResultEvent
from .providers import provider_named


class Tool(CalledTool[Any]):
    """A tool that a model of any provider called."""


class _InnerProvider:
    """Reads the name of the provider from the response of that provider. Not a property, because the responses of one
    provider have it on their class.
    """

    def __get__(self, response: CallResponse | None, owner: type[CallResponse]) -> str:
        if response is None:
            raise AttributeError("'provider' exists on instances only")
        return response.provider_response.provider


class DelegatedMetadata(CommonMetadata):
    """Base class of the responses and chunks of `llm`. Reads its values from the response or chunk of one provider."""

    __slots__ = ()

    @property
    @abstractmethod
    def _metadata(self) -> CommonMetadata: ...

    @property
    def finish_reasons(self) -> list[str] | None:
        """Why the generation ended, in the common form, such as "stop", "length", "tool_calls" or
        "content_filter"; None if the provider has given no reason (yet).
        """
        return self._metadata.common_finish_reasons

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """The same as `finish_reasons`."""
        return self.finish_reasons

    @property
    def model(self) -> str | None:
        """The name of the model that responded, in the provider's spelling."""
        return self._metadata.model

    @property
    def id(self) -> str | None:
        """The id of the response."""
        return self._metadata.id

    @property
    def usage(self) -> CommonUsage | None:
        """The number of tokens, in the common form."""
        return self._metadata.common_usage

    @property
    def _usage(self) -> Usage | None:
        return self._metadata._usage


class CallResponse(
    DelegatedMetadata, BaseCallResponse[Any, Tool, str, CommonUsage, BaseMessageParam, BaseMessageParam]
):
    """A response of any provider, in the common form.

    `response` is the object of the provider's SDK. `provider_response` is the response that the provider's own `call`
    would return. Messages are `BaseMessageParam`s, so the response of one provider can be sent to another.
    """

    provider: ClassVar[str] = cast("str", _InnerProvider())
    """The name of the provider that responded, such as "openai"."""
    _tool_base: ClassVar[type[BaseTool]] = Tool

    _inner: BaseCallResponse[Any, Any] = PrivateAttr()
    _decoded: list[BaseMessageParam] | None = PrivateAttr(default=None)

    @classmethod
    def _of(cls, inner: BaseCallResponse[Any, Any]) -> Self:
        self = cls.model_construct(**dict(inner))
        self._inner = inner
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _of_dump(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(value, Mapping):
            return value if isinstance(value, cls) else handler(value)
        data = cast("Mapping[str, Any]", value)
        check_dump_version(data)  # before looking up the provider: a later library version may have more providers
        if not (name := data.get("provider")):
            raise ValueError("invalid dump of a response: it has no provider name")
        provider = provider_named(f"{name}.{data['form']}" if data.get("form") else name)
        inner = provider.response_type.model_validate(data, context=info.context)
        set_tool_base(inner, cls._tool_base)  # so that `tools` are instances of `llm.Tool` too
        return cls._of(inner)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the response as a dict, without secrets."""
        return self._inner.model_dump(**options)

    def model_dump_json(self, **options: Any) -> str:
        """Return the response as JSON, without secrets."""
        return self._inner.model_dump_json(**options)

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> Any:
        raise TypeError(
            "llm's CallResponse cannot parse a raw response: use the provider's response class, such as "
            "openai.OpenAICallResponse"
        )

    def _attach_tools(self, tools: list[Any]) -> None:
        attach_tools(self._inner, tools)

    @property
    def _metadata(self) -> CommonMetadata:
        return self._inner

    @property
    def provider_response(self) -> BaseCallResponse[Any, Any]:
        """The response that the provider's own `call` would return."""
        return self._inner

    @property
    def _response(self) -> BaseCallResponse[Any, Any]:
        # v1's name for it
        return self._inner

    @property
    def provider_name(self) -> str:
        """The name of the provider that responded, such as "openai"."""
        return self._inner.provider

    @property
    def content(self) -> str:
        """The text of the response; empty if there is none."""
        return self._inner.content

    @property
    def answer(self) -> str:
        """The text of the structured output: the arguments of its tool call, or else `content`."""
        return self._inner.answer

    @property
    def thinking(self) -> str | None:
        return self._inner.thinking

    @property
    def refusal(self) -> str | None:
        """The text with which the model refused to answer; None if it did not refuse, or if the provider does not
        report refusals separately.
        """
        return self._inner.refusal

    def _correction_messages(self, complaint: str) -> list[Any]:
        """Return this response and a request to correct it, as messages for the next request to the same provider.

        `complaint` says what is wrong with the response. If the response has tool calls, the request is sent as their
        result.
        """
        return self._inner._correction_messages(complaint)

    @property
    def media(self) -> list[MediaPart]:
        """The images, audio and documents that the model generated."""
        return self._inner.media

    @property
    def raw(self) -> dict[str, Any]:
        """The response as JSON, including fields that the SDK does not know. For a stream, the sum of its events."""
        return self._inner.raw

    @property
    def usage_missing(self) -> bool:
        """True if the response is complete and its usage was requested, but did not arrive."""
        return self._inner.usage_missing

    @property
    def cost(self) -> float | None:
        """The cost in US dollars; None if the usage or the price of the model is unknown."""
        return self._inner.cost

    @property
    def message_param(self) -> BaseMessageParam:
        """The response as an assistant message for the next request, in the common form."""
        return self._inner.common_message_param

    @property
    def user_message_param(self) -> BaseMessageParam | None:
        """The last message of the request, in the common form; None if its role is not "user"."""
        return self._inner.common_user_message_param

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return self._inner._tool_calls

    @property
    def tool_types(self) -> list[type[BaseTool]] | None:
        """The tool types that were offered to the model; None if there were none."""
        return self._inner.tool_types

    @property
    def tools(self) -> list[Tool] | None:
        """The tools that the model called; None if it called none. A tool that cannot run has an `error`."""
        return cast("list[Tool] | None", self._inner.tools)

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[BaseMessageParam]:
        """Return a message with the results of tools, in the common form. An output that is an exception is sent as
        an error.
        """
        return [BaseMessageParam(role="tool", content=tool_results(tools_and_outputs))]

    def _tool_round_messages(self, results: Sequence[ToolResultEvent[Any]]) -> list[Any]:
        """Return messages, in the provider's own format, with this response and the results of its tools. Sets
        `executed`.
        """
        self._executed = tuple(results)
        return self._inner._tool_round_messages(results)

    @classmethod
    def _decode_message(cls, message: BaseMessageParam) -> BaseMessageParam:
        return message

    @property
    def common_message_param(self) -> BaseMessageParam:
        """The same as `message_param`."""
        return self.message_param

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The messages of the request, in the common form."""
        return self._inner.common_messages


def _messages(self: Any) -> list[BaseMessageParam]:
    """The messages of the request, in the common form, beginning with the system prompt."""
    decoded: list[BaseMessageParam] | None = getattr(self, "_decoded", None)  # an old pickle has none
    if decoded is None:
        self._decoded = decoded = list(self.common_messages)
    return decoded


# The field `messages` holds the provider's messages, for dumps. It cannot be replaced inside the class body, in which
# pydantic would take the property for the default value of the field.
cast("Any", CallResponse).messages = property(_messages)


class CallResponseChunk(DelegatedMetadata, BaseCallResponseChunk[Any, str, CommonUsage]):
    """One event of a stream of any provider, in the common form. `chunk` is the event as an object of the provider's
    SDK.
    """

    __slots__ = ("_inner",)
    _inner: BaseCallResponseChunk[Any, Any, Any]

    @classmethod
    def _of(cls, inner: BaseCallResponseChunk[Any, Any, Any]) -> Self:
        self = cls.__new__(cls)
        self._inner = inner
        self.content = inner.content
        return self

    def _without_content(self) -> Self:
        return type(self)._of(self._inner._without_content())

    @property
    def _metadata(self) -> CommonMetadata:
        return self._inner

    @property
    def provider_chunk(self) -> BaseCallResponseChunk[Any, Any, Any]:
        """The chunk that the provider's own stream would yield."""
        return self._inner

    @property
    def data(self) -> dict[str, Any]:
        """The event as decoded JSON."""
        return self._inner.data

    @property
    def chunk(self) -> Any:
        """The event as an object of the provider's SDK."""
        return self._inner.chunk

    @classmethod
    def _type(cls, raw: bytes) -> Any:
        raise TypeError("llm's CallResponseChunk cannot parse a raw event: use the provider's own chunk class")

    def _text(self) -> str:
        return self._inner.content

    @property
    def thinking(self) -> str:
        """The piece of thinking that this event adds; empty if it adds none."""
        return self._inner.thinking

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        return self._inner.tool_deltas


def wrapped_response(inner: BaseCallResponse[Any, Any]) -> CallResponse:
    """Return a response in the common form that wraps a provider's response."""
    own: Any = CallResponse
    return cast("CallResponse", own._of(inner))


def wrapped_chunk(inner: BaseCallResponseChunk[Any, Any, Any]) -> CallResponseChunk:
    """Return a chunk in the common form that wraps a provider's chunk."""
    own: Any = CallResponseChunk
    return cast("CallResponseChunk", own._of(inner))


class Stream(BaseStream[CallResponse, CallResponseChunk, Tool]):
    """A streamed response of any provider. Yields chunks and tools in the common form."""


class AsyncStream(BaseAsyncStream[CallResponse, CallResponseChunk, Tool]):
    """Async version of `Stream`."""
