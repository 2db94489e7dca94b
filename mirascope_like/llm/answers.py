"""What `llm.call` gives: the answers of any provider, in words that are the same for all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from pydantic import ModelWrapValidatorHandler, PrivateAttr, ValidationInfo, model_validator

from ..core.base.messages import BaseMessageParam, ToolResultPart
from ..core.base.response import (
    BaseCallResponse,
    BaseCallResponseChunk,
    CommonMetadata,
    CommonUsage,
    ToolDelta,
    Usage,
    check_dump_version,
)
from ..core.base.streams import AsyncStream as BaseAsyncStream
from ..core.base.streams import Stream as BaseStream
from ..core.base.tools import BaseTool, ToolCall, ToolResultEvent, call_of, is_error, tool_name, tool_output_text
from .providers import provider_named


class Tool(BaseTool):
    """A tool that a model of any provider called."""


class Retold(CommonMetadata):
    """What is told by a provider's own answer or event."""

    __slots__ = ()

    @property
    @abstractmethod
    def _told_by(self) -> CommonMetadata: ...

    @property
    def finish_reasons(self) -> list[str] | None:
        """Why the generation ended: "stop", "length", "tool_calls" or "content_filter"."""
        return self._told_by.common_finish_reasons

    @property
    def common_finish_reasons(self) -> list[str] | None:
        """`finish_reasons`."""
        return self.finish_reasons

    @property
    def model(self) -> str | None:
        """The model that answers, as the provider names it."""
        return self._told_by.model

    @property
    def id(self) -> str | None:
        """The answer's id."""
        return self._told_by.id

    @property
    def usage(self) -> CommonUsage | None:
        """The tokens spent."""
        return self._told_by.common_usage

    @property
    def _usage(self) -> Usage | None:
        return self._told_by._usage


class CallResponse(Retold, BaseCallResponse[Any, Tool]):
    """Any provider's answer, in neutral words.

    `response` is the SDK's own object, and `provider_response` the answer as the provider's own `call` would have given
    it. Messages are `BaseMessageParam`s, so that one provider's answer can be sent to another.
    """

    tool_base: ClassVar[type[BaseTool]] = Tool

    _inner: BaseCallResponse[Any, Any] = PrivateAttr()

    @classmethod
    def of(cls, inner: BaseCallResponse[Any, Any]) -> Self:
        """Wrap a provider's answer."""
        self = cls.model_construct(**dict(inner))
        self._inner = inner
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _of_dump(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(value, Mapping):
            return value if isinstance(value, cls) else handler(value)
        told = cast("Mapping[str, Any]", value)
        check_dump_version(told)  # before the provider is looked up: a later version may know more of them
        if not (name := told.get("provider")):
            raise ValueError("a dump of a response names its provider")
        provider = provider_named(f"{name}.{told['form']}" if told.get("form") else name)
        return cls.of(provider.response_type.model_validate(told, context=info.context))

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return all that a log wants, and no secret."""
        return self._inner.model_dump(**options)

    def model_dump_json(self, **options: Any) -> str:
        """Return all that a log wants as JSON, and no secret."""
        return self._inner.model_dump_json(**options)

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> Any:
        raise TypeError("a provider's own response class knows how its SDK's object is made")

    def attach_tools(self, tools: list[Any]) -> None:
        self._inner.attach_tools(tools)

    @property
    def _told_by(self) -> CommonMetadata:
        return self._inner

    @property
    def provider_response(self) -> BaseCallResponse[Any, Any]:
        """The answer as the provider's own `call` would have given it."""
        return self._inner

    @property
    def provider_name(self) -> str:
        """The provider that answered, such as "openai"."""
        return self._inner.provider

    @property
    def content(self) -> str:
        """The text of the answer; empty where there is none."""
        return self._inner.content

    @property
    def answer(self) -> str:
        """The text of a structured answer: the arguments of its call, or else `content`."""
        return self._inner.answer

    @property
    def thinking(self) -> str | None:
        return self._inner.thinking

    @property
    def refusal(self) -> str | None:
        """What the model said when it refused to answer, where the provider tells that apart."""
        return self._inner.refusal

    def correction_messages(self, complaint: str) -> list[Any]:
        """Return the messages that give this answer back to its own model, and say what is wrong with it."""
        return self._inner.correction_messages(complaint)

    @property
    def cost(self) -> float | None:
        """US dollars spent; None where the usage, or the model's price, is unknown."""
        return self._inner.cost

    @property
    def message_param(self) -> BaseMessageParam:
        """The answer as a message to send back."""
        return self._inner.common_message_param

    @property
    def user_message_param(self) -> BaseMessageParam | None:
        """The user's last message."""
        return self._inner.common_user_message_param

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return self._inner._tool_calls

    @property
    def tools(self) -> list[Tool] | None:
        """The tools that the model called. One that cannot be called carries its `error`."""
        return cast("list[Tool] | None", self._inner.tools)

    @classmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[BaseMessageParam]:
        """Return the message that gives the model the outputs of its tools; an exception is told as an error."""
        results = [
            ToolResultPart(
                name=tool_name(cast("type[BaseTool]", type(tool))),
                content=tool_output_text(output),
                id=call_of(tool).id,
                is_error=is_error(output),
            )
            for tool, output in tools_and_outputs
        ]
        return [BaseMessageParam(role="tool", content=results)]

    def tool_round_messages(self, results: Sequence[ToolResultEvent[Any]]) -> list[Any]:
        """Return the messages that give this answer back to its own model, in the provider's own form."""
        self._executed = tuple(results)
        return self._inner.tool_round_messages(results)

    @classmethod
    def decode_message(cls, message: BaseMessageParam) -> BaseMessageParam:
        return message

    @property
    def common_message_param(self) -> BaseMessageParam:
        """`message_param`."""
        return self.message_param

    @property
    def common_messages(self) -> list[BaseMessageParam]:
        """The messages sent, in neutral words."""
        return self._inner.common_messages


class CallResponseChunk(Retold, BaseCallResponseChunk[Any, str, CommonUsage]):
    """One event of any provider's answer; `chunk` is the SDK's own object."""

    __slots__ = ("_inner",)
    _inner: BaseCallResponseChunk[Any, Any, Any]

    @classmethod
    def of(cls, inner: BaseCallResponseChunk[Any, Any, Any]) -> Self:
        """Wrap a provider's event."""
        self = cls.__new__(cls)
        self._inner = inner
        self.content = inner.content
        return self

    def spent(self) -> Self:
        return type(self).of(self._inner.spent())

    @property
    def _told_by(self) -> CommonMetadata:
        return self._inner

    @property
    def provider_chunk(self) -> BaseCallResponseChunk[Any, Any, Any]:
        """The event as the provider's own stream would have given it."""
        return self._inner

    @property
    def data(self) -> dict[str, Any]:
        """The event, decoded."""
        return self._inner.data

    @property
    def chunk(self) -> Any:
        """The event as an object of the provider's SDK."""
        return self._inner.chunk

    @classmethod
    def _type(cls, raw: bytes) -> Any:
        raise TypeError("a provider's own chunk class knows how its SDK's object is made")

    def _text(self) -> str:
        return self._inner.content

    @property
    def thinking(self) -> str:
        """The piece of the model's thinking that this event adds."""
        return self._inner.thinking

    @property
    def tool_deltas(self) -> Sequence[ToolDelta]:
        """The pieces of tool calls that this event adds."""
        return self._inner.tool_deltas


class Stream(BaseStream[CallResponse, CallResponseChunk, Tool]):
    """Any provider's answer, read while it arrives, in neutral words."""


class AsyncStream(BaseAsyncStream[CallResponse, CallResponseChunk, Tool]):
    """`Stream`, to be read with `async for`."""
