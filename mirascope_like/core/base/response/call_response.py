"""The response of a call: one that was not streamed, or one that was built from the events of a stream."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from typing_extensions import TypeVar

from .. import tools as tools_room
from ..errors import ErrorEventError, ToolArgumentsError, ToolExecutionError, reported_error
from ..messages import BaseMessageParam
from ..parsing import VERSION_KEY, as_list, as_received, at, construct, dumped, has_values, json_in
from ..request import Request
from ..tools import BaseTool, ToolCall, find_tool
from .billing import FROM_BATCH, Billed
from .construction import constructed
from .decoded_messages import DecodedMessages, last_user_message
from .dump import READ_FROM_RESPONSE, check_dump_version, plain_json, plain_options, with_properties, without_carried
from .foreign_format import check_format
from .notebook import ShownInNotebooks
from .offered_tools import TOOL_CLASSES, OfferedTools
from .optional_output import OptionalOutput
from .related_responses import RelatedResponses
from .untyped_bases import ResponseMeta

_OPTIONS = frozenset({"call_params", "call_kwargs", "dynamic_config"})
"""The fields with options of the call, which may hold keys."""
_READ = READ_FROM_RESPONSE | {TOOL_CLASSES, VERSION_KEY}
"""The keys of a dump that are not fields."""
V1_PARAMETERS = 8
"""The number of type parameters with which it is the base class of a provider in Mirascope v1's form."""
RawT = TypeVar("RawT")
ToolT = TypeVar("ToolT", bound=BaseTool)
FinishT = TypeVar("FinishT", bound=str, default=Any)
UsageT = TypeVar("UsageT", default=Any)
AnswerT = TypeVar("AnswerT", default=Any)
MessageT = TypeVar("MessageT", default=Any)


class BaseCallResponse(
    Billed,
    RelatedResponses[ToolT],
    OfferedTools[ToolT],
    DecodedMessages,
    ShownInNotebooks,
    OptionalOutput,
    BaseModel,
    Generic[RawT, ToolT, FinishT, UsageT, AnswerT, MessageT],
    metaclass=ResponseMeta,
):
    """A provider's response, together with the messages and parameters of its request.

    `response` is the object of the provider's SDK. A value that the provider did not report is None. A dump has no
    secrets. Validating a dump returns an equal response; a dump of a later version of the library raises `StoreError`.
    """

    # Validators are built on first use, as in the models of SDKs, because few programs dump a response.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        defer_build=True, arbitrary_types_allowed=True, extra="forbid", protected_namespaces=()
    )

    if TYPE_CHECKING:
        response: RawT
        """The provider's own response object."""
    else:
        response: Any  # no schema is built for the SDK's class
    metadata: dict[str, Any] = {}
    """The metadata of the call and its prompt function."""
    prompt_template: str | None = None
    """The text of the prompt template; None if the prompt had no template."""
    fn_args: dict[str, Any] = {}
    """The arguments of the call, and the computed fields of its prompt, by name."""
    dynamic_config: dict[str, Any] | None = None
    """The dynamic config that the prompt function returned, or the messages that it returned, under "messages"; None if
    it returned neither.
    """
    messages: list[MessageT] = []
    """The messages that were sent, in the provider's own format."""
    call_params: dict[str, Any] = {}
    """The call parameters of the request."""
    call_kwargs: dict[str, Any] = {}
    """The keyword arguments of the SDK's method. The values of headers and URL parameters are replaced by "***". A
    dump has the messages only once, under `messages`.
    """
    json_mode: bool = False
    """True if JSON mode was requested."""
    answer_name: str | None = None
    """The name of the structured output that was requested; None for plain text. The model may return it as a tool
    call of this name.
    """
    start_time: float
    """When the request was sent, in milliseconds since 1970."""
    end_time: float
    """When the response was complete, in milliseconds since 1970."""

    provider: ClassVar[str]
    _raw_type: ClassVar[type[Any]]
    """The SDK's class of a response."""
    _tool_base: ClassVar[type[BaseTool]]
    form: ClassVar[str | None] = None
    """The name of the message format, such as "responses", if the provider has several formats; else None."""
    _messages_key: ClassVar[str] = "messages"
    """The name of the SDK's parameter for the messages."""

    _tool_types: Sequence[type[BaseTool]] = PrivateAttr(default=())
    _tool_paths: Mapping[str, str | None] | None = PrivateAttr(default_factory=dict[str, str | None])
    _tools: list[Any] | None = PrivateAttr(default=None)
    _earlier: Sequence[Any] = PrivateAttr(default=())
    _before: Sequence[Any] = PrivateAttr(default=())
    _executed: Sequence[Any] = PrivateAttr(default=())
    _interrupted: Sequence[Any] = PrivateAttr(default=())
    _from_cache: bool = PrivateAttr(default=False)
    _from_batch: bool = PrivateAttr(default=False)

    if not TYPE_CHECKING:

        @classmethod
        def __class_getitem__(cls, parameters: Any) -> type[Self]:
            if cls is BaseCallResponse and isinstance(parameters, tuple) and len(parameters) == V1_PARAMETERS:
                return import_module(f"{__package__}.v1_form").V1CallResponse  # which imports this class
            return cls  # no field depends on a type parameter, so all parameters share one class

    @classmethod
    def _make(cls, request: Request, payload: Mapping[str, Any], raw: Any, start_time: float, end_time: float) -> Self:
        """Return the response for `raw`, the SDK's response object. The times are in milliseconds since 1970."""
        key = cls._messages_key
        messages = list(payload.get(key, ()))
        made: Self = constructed(
            cls,
            {"_tool_types": request.tools},
            response=raw,
            metadata=dict(request.metadata),
            prompt_template=request.prompt_template,
            fn_args=dict(request.fn_args),
            dynamic_config=dict(request.dynamic_config) if request.dynamic_config is not None else None,
            messages=messages,
            call_params=dict(request.call_params),
            call_kwargs=without_carried({**payload, key: messages} if key in payload else payload),
            json_mode=request.json_mode,
            answer_name=request.structure.name if request.structure is not None else None,
            start_time=start_time,
            end_time=end_time,
        )
        return made

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> RawT:
        """Return the SDK's response object for a response that is given as JSON bytes or decoded JSON."""
        return cast("RawT", construct(cls._raw_type, raw))

    @classmethod
    def _top_of(cls, response: RawT) -> Any:
        """Return the part of the SDK's response object in which the paths of `facts` start."""
        return response

    @classmethod
    def _check(cls, response: RawT) -> None:
        """Raise the error of a body that is not a response: `ErrorEventError` if it reports an error (with status 200),
        `MalformedEventError` if it has no output, finish reason or usage, or another format.
        """
        top, facts = cls._top_of(response), cls._facts
        for place in facts.output_paths:
            if has_values(at(top, place)) and at(top, "error") is None:
                return
        fields, places = as_received(top), (*facts.output_paths, facts.finish, facts.usage)
        if (error := reported_error(fields, places)) is not None:
            raise ErrorEventError(error)
        check_format(fields, facts.output_paths, places, cls.provider)

    @field_validator("response", mode="plain")
    @classmethod
    def _validate_response(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.parse_raw_response(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value

    @field_serializer("response", mode="plain")
    def _dump_response(self, value: Any) -> Any:
        return dumped(value) if isinstance(value, BaseModel) or hasattr(value, "as_dict") else plain_json(value)

    @field_serializer("fn_args", "metadata", "messages", mode="plain")
    def _dump_value(self, value: Any) -> Any:
        return plain_json(value)

    @field_serializer("call_params", "dynamic_config", mode="plain")
    def _dump_options(self, value: Any) -> Any:
        return plain_options(value)

    @field_serializer("call_kwargs", mode="plain")
    def _dump_kwargs(self, value: Any) -> Any:
        return plain_options(self._without_messages(value))

    def _without_messages(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in kwargs.items() if key != self._messages_key}

    @model_serializer(mode="wrap")
    def _dump_read(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        return with_properties(self, handler(self), info)

    @model_validator(mode="before")
    @classmethod
    def _drop_read(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            fields = cast("Mapping[str, Any]", value)
            check_dump_version(fields)
            return {key: one for key, one in fields.items() if key not in _READ}
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _with_tools(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        self = handler(value)
        if isinstance(value, Mapping):
            self._find_tools(cast("Mapping[str, Any]", value), info.context)
            self._from_batch = FROM_BATCH in value
            if self.messages:
                self.call_kwargs.setdefault(self._messages_key, self.messages)
        return self

    @property
    @abstractmethod
    def content(self) -> str:
        """The text of the response; empty if there is none."""

    @property
    def _top(self) -> Any:
        return self._top_of(self.response)

    @property
    def finish_reasons(self) -> list[FinishT] | None:
        """The finish reasons in the provider's own terms; None if there is none."""
        return super().finish_reasons

    @property
    def usage(self) -> UsageT | None:
        """The usage object of the provider's SDK."""
        return cast("UsageT | None", at(self.response, self._facts.usage))

    @property
    @abstractmethod
    def message_param(self) -> AnswerT:
        """The response as a message in the provider's own format, for the next request. Has everything that the
        provider requires, such as thinking signatures.
        """

    @property
    @abstractmethod
    def _tool_calls(self) -> list[ToolCall]: ...

    @classmethod
    @abstractmethod
    def tool_message_params(cls, tools_and_outputs: Sequence[tuple[Any, Any]]) -> list[MessageT]:
        """Return the messages that send the outputs of tools to the model, in the provider's own format.

        An output that is an exception is sent as an error.
        """

    @property
    def user_message_param(self) -> MessageT | None:
        """The last message of the request, in the provider's own format; None if its role is not "user"."""
        return cast("MessageT | None", last_user_message(self.messages))

    @property
    def raw(self) -> dict[str, Any]:
        """The response as JSON, including fields that the SDK does not know. For a stream, the sum of its events."""
        return dumped(self.response)

    def _as_content(self, text: str) -> str:
        """Return a text in the form in which `content` shows it. For a provider without a JSON mode, this is only
        the JSON in the text if JSON mode was requested.
        """
        return json_in(text) if self.json_mode and self.answer_name is None else text

    @property
    def answer(self) -> str:
        """The text of the structured output: the arguments of its tool call, or else `content`. Empty if the response
        ended before the arguments.
        """
        calls = self._calls
        answers = [call for call in calls if call.name == self.answer_name]
        if answers and answers[0] is self._cut_call(calls):
            return ""
        return answers[0].arguments if answers else self.content

    @property
    def provider_response(self) -> BaseCallResponse[Any, Any]:
        """The response as an object of the provider's own class: for `llm.call` another object, else this one."""
        return self

    def _tool_round_messages(self, results: Sequence[tools_room.ToolResultEvent[Any]]) -> list[Any]:
        """Return the messages of a round of a tool loop: this response, followed by the results of its tools. Sets
        `executed`.
        """
        self._executed = tuple(results)
        early = ToolExecutionError("answer in a turn of its own, once the tools have been run")
        answers = [call for call in self._calls if call.name == self.answer_name]
        outputs: list[tuple[Any, Any]] = [(find_tool((), call, self._tool_base), early) for call in answers]
        outputs += [(one.tool, one.result if one.error is None else one.error) for one in results]
        message = self.message_param
        return [*(as_list(message) or [message]), *self.tool_message_params(outputs)]

    def _correction_messages(self, complaint: str) -> list[Any]:
        """Return messages with this response and a request to correct it. `complaint` is the text of the errors."""
        if calls := self._calls:
            # Providers require a result for every tool call before the next request.
            error = ToolArgumentsError(complaint)
            tools = [(find_tool((), call, self._tool_base), error) for call in calls]
            return [self.message_param, *self.tool_message_params(tools)]
        request = BaseMessageParam(role="user", content=f"That does not fit: {complaint}. Answer again.")
        return [self.message_param, request] if self.content else [request]

    def _instructions(self) -> Sequence[Any]:
        """Return the system prompt as messages, if the provider keeps it separate from the messages; else nothing."""
        system = self.call_kwargs.get("system")
        return [{"role": "system", "content": system}] if system else ()

    def _as_tool_output(self) -> str:
        return self.content

    def __str__(self) -> str:
        return self.content

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            shown = self._without_messages(value) if name == "call_kwargs" else value
            plain = plain_options if name in _OPTIONS else plain_json
            yield name, value if name == "response" else plain(shown)

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        given: dict[str, Any] = state["__dict__"]
        hidden = {name: without_carried(given[name]) for name in ("call_params", "dynamic_config") if name in given}
        return {**state, "__dict__": {**given, **hidden}}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.model_dump() == cast("BaseModel", other).model_dump()
