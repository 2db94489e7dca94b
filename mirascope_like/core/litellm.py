"""Calls through LiteLLM, under the names of Mirascope v1: `litellm.completion` and `litellm.acompletion` send them.

LiteLLM is imported when the first request is sent. A `litellm.Router` may be passed as client.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from inspect import getgeneratorlocals, isgenerator
from typing import Any, ClassVar, TypeAlias

from .base.errors import load_sdk
from .base.runtime import Listing

load_sdk("openai", extra="litellm")

import anyio  # noqa: E402  # after the check, whose error names the extra
from openai import OpenAIError  # noqa: E402
from openai.types.chat import ChatCompletionMessageParam  # noqa: E402

from .base.calls import Call  # noqa: E402
from .base.errors import (  # noqa: E402
    ConfigurationError,
    ConnectionFailedError,
    MirascopeLikeError,
    MissingSDKError,
    ProviderError,
    ServerError,
)
from .base.messages import BaseMessageParam  # noqa: E402
from .base.models import Models  # noqa: E402
from .base.parsing import as_list, as_object, at, decode_whole  # noqa: E402
from .base.prompts import BaseDynamicConfig  # noqa: E402
from .base.provider import AsyncSource, Source  # noqa: E402
from .base.request import Request  # noqa: E402
from .base.response import Usage  # noqa: E402
from .base.streams import AsyncStream, Stream  # noqa: E402
from .base.tools import BaseTool  # noqa: E402
from .dialects.chat_completions import (  # noqa: E402
    ChatCallParams,
    ChatFinishReason,
    OpenAISDKCallResponse,
    OpenAISDKChunk,
    OpenAISDKProvider,
    OpenAISDKTool,
)
from .dialects.transport import AsyncObjectSource, ObjectSource, raise_reported, transport_kind  # noqa: E402

LiteLLMFinishReason = ChatFinishReason
"""Why a generation ended, in OpenAI's terms."""


class LiteLLMCallParams(ChatCallParams, total=False):
    """The parameters of `litellm.completion`. Source: LiteLLM's documentation of its input parameters."""

    api_base: str
    api_key: str
    api_version: str
    custom_llm_provider: str
    drop_params: bool
    """True to drop parameters that the model does not accept."""
    fallbacks: Sequence[Any]
    mock_response: Any
    num_retries: int
    thinking: Mapping[str, Any]


LiteLLMMessageParam: TypeAlias = ChatCompletionMessageParam | BaseMessageParam
"""A message in OpenAI's format, or a `BaseMessageParam`."""


class LiteLLMDynamicConfig(BaseDynamicConfig[LiteLLMMessageParam, LiteLLMCallParams, Any], total=False):
    """A dict that a prompt function may return to set options for one call."""


AsyncLiteLLMDynamicConfig: TypeAlias = LiteLLMDynamicConfig
"""The same as `LiteLLMDynamicConfig`, for async prompt functions."""


class LiteLLMTool(OpenAISDKTool):
    """A tool that a model called through LiteLLM."""


log: logging.Logger = logging.getLogger(__name__)


class LiteLLMCallResponse(OpenAISDKCallResponse[LiteLLMTool]):
    """A response of LiteLLM. `response` is a `ModelResponse` of LiteLLM."""

    provider = "litellm"
    _tool_base: ClassVar[type[BaseTool]] = LiteLLMTool

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> Any:
        """Return LiteLLM's response object for a response that is given as JSON bytes or decoded JSON; OpenAI's object
        if LiteLLM is not installed.
        """
        try:
            _sdk()
        except MissingSDKError:
            return super().parse_raw_response(raw)
        fields: Any = decode_whole(raw) if isinstance(raw, bytes) else raw
        made = _sdk().ModelResponse(**fields)
        for choice, given in zip(as_list(at(made, "choices")), as_list(fields.get("choices")), strict=False):
            if at(given, "finish_reason") is None:  # LiteLLM writes "stop", also for a stream that broke
                choice.finish_reason = None
        return made

    @property
    def cost(self) -> float | None:
        """The cost in US dollars that LiteLLM computes; if it knows no price, that of `set_price` or the price list."""
        known = as_object(getattr(self.response, "_hidden_params", None)).get("response_cost")
        if known is None and self.input_tokens is not None:
            known = _computed(lambda sdk: sdk.completion_cost(completion_response=self.response))
        return float(known) if isinstance(known, int | float) and known else super().cost

    @classmethod
    def _price(cls, model: str | None, usage: Usage, terms: Mapping[str, str]) -> float | None:
        known = super()._price(model, usage, terms)
        if known is None and model:
            counts = {"prompt_tokens": usage.input_tokens or 0, "completion_tokens": usage.output_tokens or 0}
            known = _computed(lambda sdk: sum(sdk.cost_per_token(model=model, **counts)))
        return known


_NO_PRICE = ("isn't mapped", "LLM Provider NOT provided")
"""What LiteLLM's errors of a model without a price say. Their class is `Exception`, or that of a wrong request."""


def _computed(compute: Callable[[Any], float]) -> float | None:
    """Return the price that LiteLLM computes; None without one. Another error is logged, and no price either."""
    try:
        return float(compute(_sdk()))
    except MissingSDKError:  # the response was loaded where LiteLLM is not installed
        return None
    except Exception as error:
        if not any(words in str(error) for words in _NO_PRICE):
            log.warning("LiteLLM could not compute a cost", exc_info=True)
        return None


class LiteLLMCallResponseChunk(OpenAISDKChunk):
    """One event of a stream of LiteLLM. `chunk` is a `ModelResponseStream` of LiteLLM."""

    __slots__ = ()
    provider = "litellm"


class LiteLLMStream(Stream[LiteLLMCallResponse, LiteLLMCallResponseChunk, LiteLLMTool]):
    """A streamed response of LiteLLM."""


class LiteLLMAsyncStream(AsyncStream[LiteLLMCallResponse, LiteLLMCallResponseChunk, LiteLLMTool]):
    """Async version of `LiteLLMStream`."""


class Functions:
    """The function of LiteLLM, or the method of a router, that sends the requests of one kind of call."""

    def __init__(self, owner: Any, name: str) -> None:
        self.create: Callable[..., Any] | None = getattr(owner, name, None)
        if self.create is None:
            raise ConfigurationError(
                f"{type(owner).__name__} has no {name}: pass client=litellm.Router(...), or no client"
            )


class LiteLLMSource(ObjectSource):
    """Reads a stream of LiteLLM. Knows the HTTP response below it, so that a deadline can end a read."""

    response: Any

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.response = self.response or _response_of(at(stream, "completion_stream"))


class AsyncLiteLLMSource(AsyncObjectSource):
    """Async version of `LiteLLMSource`. Another task ends a read by its cancel scope."""

    response: Any
    _reading: anyio.CancelScope | None = None

    def __init__(self, stream: Any) -> None:
        super().__init__(self._each(stream))
        self.response = at(stream, "response") or at(stream, "completion_stream.response")

    async def _each(self, stream: Any) -> AsyncGenerator[Any]:
        events = aiter(stream)
        try:
            while True:
                event = None
                with anyio.CancelScope() as self._reading:
                    event = await anext(events, None)
                self._reading = None
                if event is None:
                    return
                yield event
        finally:
            await (getattr(stream, "aclose", None) or stream.close)()

    def interrupt(self) -> None:
        """End a read of another task: it finds the end of the stream."""
        if self._reading is not None:
            self._reading.cancel()


class LiteLLMProvider(OpenAISDKProvider[LiteLLMCallResponse, LiteLLMCallResponseChunk, LiteLLMTool]):
    """Sends requests through LiteLLM, or through the router that was passed."""

    name = "litellm"
    method = "create"
    environment: tuple[str, ...] = ("OPENAI_API_KEY",)
    response_type = LiteLLMCallResponse
    chunk_type = LiteLLMCallResponseChunk
    tool_type = LiteLLMTool
    params_type = LiteLLMCallParams
    takes_developer = True

    def _client(self, request: Request) -> Any:
        return Functions(_sdk() if request.client is None else request.client, "completion")

    async def _aclient(self, request: Request) -> Any:
        return Functions(_sdk() if request.client is None else request.client, "acompletion")

    def open(self, request: Request, payload: dict[str, Any]) -> Source:
        source = LiteLLMSource(self.create(self._client(request))(**payload, stream=True))
        if _is_json(source.response):
            raise_reported(source.response.read())
        return source

    async def aopen(self, request: Request, payload: dict[str, Any]) -> AsyncSource:
        source = AsyncLiteLLMSource(await self.create(await self._aclient(request))(**payload, stream=True))
        if _is_json(source.response):
            raise_reported(await source.response.aread())
        return source

    def opens_here(self, request: Request) -> bool:
        return request.deadline is None

    def identify(self, error: Exception) -> type[MirascopeLikeError] | None:
        found = super().identify(error)
        if found not in (ServerError, ConnectionFailedError, ProviderError):
            return found
        # LiteLLM raises these also for errors of other kinds: the error that it has caught last decides.
        kinds = [super(LiteLLMProvider, self).identify(one) or _lost(one) for one in _caught(error)]
        return next((kind for kind in reversed(kinds) if kind is not None), found)

    def failure(self, error: Exception, request: Request, source: Any = None) -> Exception:
        last: Any = _caught(error)[-1]
        carried: dict[str, Any] = last.__dict__
        sent = carried.get("request") or carried.get("_request")
        if sent is not None and "request" in vars(error):
            vars(error)["request"] = sent  # LiteLLM's own has another address
        return super().failure(error, request, source)

    def missing_key_error(self, error: Exception) -> Exception | None:
        # LiteLLM names the variable that is missing, which depends on the model.
        return error if type(_caught(error)[-1]) is OpenAIError else None


def _response_of(reader: Any) -> Any:
    """Return the HTTP response that an iterator of LiteLLM reads; None if it cannot be found. It is an attribute of the
    stream of an SDK; where LiteLLM uses no SDK, it is below generators of lines and texts.
    """
    lines = at(reader, "streaming_response")
    while isgenerator(lines):
        held = getgeneratorlocals(lines)
        if hasattr(held.get("self"), "extensions"):
            return held["self"]
        lines = next(filter(isgenerator, held.values()), None)
    return at(reader, "response")


def _is_json(response: Any) -> bool:
    """Return True if the response to a streaming request is JSON. LiteLLM reads no error in it, and ends the stream as
    if it was complete.
    """
    headers = getattr(response, "headers", None)
    return headers is not None and "application/json" in str(headers.get("content-type"))


def _caught(error: BaseException) -> list[Any]:
    """Return an error, the errors of LiteLLM that it was made of, and the error of another library that LiteLLM caught
    first, the last one last.
    """
    found = [error]
    while type(found[-1]).__module__.partition(".")[0] == "litellm":
        last: Any = found[-1]
        following = getattr(last, "original_exception", None) or last.__cause__ or last.__context__
        if following is None or following in found:
            break
        found.append(following)
    return found


def _lost(error: Any) -> type[MirascopeLikeError] | None:
    """Return our class for an error of an HTTP library that has no response; None for any other error."""
    return transport_kind(error) if getattr(error, "response", None) is None else None


def _sdk() -> Any:
    return load_sdk("litellm", extra="litellm")


call: Call[LiteLLMCallResponse, LiteLLMStream, LiteLLMAsyncStream, LiteLLMCallParams] = Call(
    LiteLLMProvider(), LiteLLMStream, LiteLLMAsyncStream, LiteLLMCallParams
)
"""Return a decorator that turns a prompt function into a call through LiteLLM."""
litellm_call: Call[LiteLLMCallResponse, LiteLLMStream, LiteLLMAsyncStream, LiteLLMCallParams] = call
"""Another name of `call`."""
model: Models[LiteLLMCallResponse, LiteLLMStream, LiteLLMAsyncStream, LiteLLMCallParams] = Models(call)
"""Make a model object. Its settings apply to every call that is made with it."""

__path__: list[str] = []  # a package for the import system: v1 had modules below it, such as `call_params`

__all__ = [
    "AsyncLiteLLMDynamicConfig",
    "LiteLLMAsyncStream",
    "LiteLLMCallParams",
    "LiteLLMCallResponse",
    "LiteLLMCallResponseChunk",
    "LiteLLMDynamicConfig",
    "LiteLLMFinishReason",
    "LiteLLMMessageParam",
    "LiteLLMProvider",
    "LiteLLMStream",
    "LiteLLMTool",
    "call",
    "litellm_call",
    "model",
]

__dir__: Listing = Listing(__all__)
