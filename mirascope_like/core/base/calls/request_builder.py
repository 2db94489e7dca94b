"""Builds the request of a call from its prompt function and the options of its decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .. import observation, streams
from .. import request as request_room
from .. import tools as tools_room
from ..errors import Caught, ConfigurationError, ProviderError, StreamInterruptedError, StreamTimeoutError
from ..flows import choose_strategy, with_structure
from ..prompts import Prompted, PromptFunction, Sent
from ..provider import Provider, Target, awith_client, is_factory, with_client, with_layers
from ..request import (
    CALL_MODEL,
    OVERRIDES,
    RACE,
    SENT_ONCE,
    Race,
    Request,
    other_calls,
    overridden,
    without_call_settings,
)
from ..runtime import NO_EFFECT
from ..tools import BaseTool, Tools, tool_name, tool_type
from .options import StreamConfig, accepted_params, check_names, count_of
from .preparing import PREPARING, sent_meanwhile, unless_preparing

if TYPE_CHECKING:
    from ..observation import ObservedCall

AnyStreamT = TypeVar("AnyStreamT", bound="streams.BaseStream[Any, Any, Any]")
RESUMABLE = "anthropic, deepseek, local (without tools), mistral, openrouter (models of Anthropic) and vllm"
"""The providers with models that can resume a response, for an error message."""
_FAILURES: Caught = (ProviderError, StreamInterruptedError, StreamTimeoutError)
"""The errors of a stream after which its next fallback is tried."""


class BoundPrompt:
    """A prompt function together with the arguments of one call."""

    def __init__(self, prompt: PromptFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.prompt = prompt
        self._args = args
        self._kwargs = kwargs
        self.arguments: dict[str, Any] = prompt.bind(args, kwargs)
        self.overrides: Mapping[str, Any] = OVERRIDES.get()
        """The settings of `llm.context` and `llm.override` that were active when the call was made."""
        self.observed: tuple[ObservedCall, ...] = ()
        """What observers see of the call; more than one if the call is a fallback of a call with other observers."""

    def call(self, function: Callable[..., Any]) -> Any:
        """Call another function with the same arguments, and with the same settings of `llm.context` and
        `llm.override`. For observers, it is a part of this call.
        """
        joining = self.observed[0].joining(self.observed) if self.observed else NO_EFFECT
        with overridden(without_call_settings(self.overrides, CALL_MODEL, RACE)), joining:
            return function(*self._args, **self._kwargs)

    def inside(self) -> AbstractContextManager[None]:
        """Return the context manager to enter while the prompt function runs."""
        if PREPARING.get():
            return sent_meanwhile()
        return self.observed[0].inside() if self.observed else NO_EFFECT

    def read(self) -> Prompted:
        """Call the prompt function; return its result converted to messages and a config."""
        with self.inside(), other_calls():
            result = self.prompt.fn(*self._args, **self._kwargs)
        return self.prompt.read(result, self.arguments)

    async def aread(self) -> Prompted:
        """Async version of `read`."""
        with self.inside(), other_calls():
            result = await self.prompt.fn(*self._args, **self._kwargs)
        return self.prompt.read(result, self.arguments)


class RequestBuilder:
    """Builds the requests of one decorated function from the options of its decorator. Made when the function is
    decorated.
    """

    def __init__(
        self,
        provider: Provider[Any, Any, Any],
        model: str,
        options: Mapping[str, Any],
        *,
        tools: Tools | None,
        stream: bool | StreamConfig,
        response_model: request_room.ResponseModel[Any] | None,
    ) -> None:
        self._provider = provider
        self.model = model
        """The model that the decorator names."""
        self._params: Mapping[str, Any] = options.get("call_params") or {}
        self._json_mode = bool(options.get("json_mode"))
        self._named: str | None = options.get("provider")
        self._client = options.get("client")
        self._tool_loop: tools_room.ToolLoop | None = options.get("tool_loop")
        self._tools = self._split(tools or ())
        if stream and not isinstance(cast("Any", stream), bool | Mapping):
            raise ConfigurationError(
                f"stream must be True, False, or options such as {{'partial_tools': True}}, not {stream!r}"
            )
        self._streaming = bool(stream)
        self._partial = isinstance(stream, Mapping) and bool(stream.get("partial_tools"))
        check_names(stream if isinstance(stream, Mapping) else (), StreamConfig.__annotations__, "option of stream")
        self._response_model = response_model
        if response_model is not None and self._tools[0] and not provider.open_choice:
            choose_strategy(self._bare(), response_model, provider)  # raise errors now, not in the call
        self._retry = count_of("retry", options.get("retry"))
        self._resume = count_of("resume", options.get("resume"))
        self._fallback: Sequence[str | Callable[..., Any]] = options.get("fallback") or ()
        self._fixed: tuple[str, ...] = ()
        """The names of the settings that a fallback defines ("model", "provider", "client"); `llm.context` and
        `llm.override` do not change these.
        """
        self._check_again()

    def __getstate__(self) -> dict[str, Any]:
        # A client holds locks and connections, and cannot be pickled; a factory makes it again.
        return {**vars(self), "_client": self._client if is_factory(self._client) else None}

    def _check_again(self) -> None:
        given = {"retry": self._retry, "fallback": self._fallback, "resume": self._resume}
        if not self._streaming and (named := [name for name, one in given.items() if one]):
            raise ConfigurationError(
                f"{' and '.join(named)} can be used with streams only: without stream=True use the retries of the "
                "SDK's client, `retries.fallback` or tenacity"
            )
        if self._resume and (self._json_mode or self._response_model is not None):
            raise ConfigurationError(
                "resume cannot be used with response_model or json_mode: it continues plain text only"
            )
        self._check_structured("fallback", self._fallback)
        if self._resume and not self._provider.open_choice:
            _check_prefill(self._provider, self._bare())

    def _check_structured(self, name: str, others: Sequence[str | Callable[..., Any]]) -> None:
        if self._response_model is not None and not all(isinstance(one, str) for one in others):
            raise ConfigurationError(f"with a response_model, {name} must be a list of model names, not of functions")

    def _bare(self) -> Request:
        """Return a request without messages: everything that is known when the function is decorated."""
        tools, native = self._tools
        return Request(
            provider=self._provider.name,
            model=self.model,
            messages=(),
            call_params=self._params,
            tools=tools,
            native_tools=native,
            json_mode=self._json_mode,
            stream=self._streaming,
        )

    def instead(self, model: str) -> RequestBuilder:
        """Return a builder of the same call for another model, used as a fallback.

        A name such as "anthropic:claude-..." also changes the provider; the call then uses the default client of that
        provider.
        """
        other = RequestBuilder.__new__(RequestBuilder)
        other.__dict__.update(vars(self))
        other.model, other._fallback, other._fixed = model, (), ("model",)
        named, name = self._provider.named(model)
        if named is not None:
            other.model, other._named, other._fixed = name, named, ("model", "provider", "client")
        elif self._named is None:
            other._named, _ = self._provider.named(self.model)
        return other

    def resolve(self, bound_prompt: BoundPrompt) -> Target:
        """Return the provider and the model of a call, and the settings that replace the call's own.

        They come from the decorator's options and the active `llm.context` and `llm.override`. The layers of the call,
        such as a budget, are around the provider.
        """
        target = with_layers(self._resolve(bound_prompt), bound_prompt.overrides)
        for call in bound_prompt.observed:
            call.provider, call.model = target.provider.name, target.model
            target = Target(observation.observed_provider(target.provider, call), target.model, target.settings)
        return target

    def _resolve(self, bound_prompt: BoundPrompt) -> Target:
        if not self._fixed and (model := bound_prompt.overrides.get(CALL_MODEL)) is not None:
            return self.instead(model)._resolve(bound_prompt)
        if not self._fixed:
            return self._provider.resolve(self.model, self._named, bound_prompt.overrides)
        overrides = {name: one for name, one in bound_prompt.overrides.items() if name not in self._fixed}
        target = self._provider.resolve(self.model, self._named, overrides)
        return target._replace(settings={**target.settings, "client": None}) if "client" in self._fixed else target

    def with_fallbacks(
        self, make: Callable[[RequestBuilder, BoundPrompt], AnyStreamT], bound_prompt: BoundPrompt
    ) -> AnyStreamT:
        """Call `make` and return its stream, after setting the fallbacks of the call on the stream, or the other
        candidates of a race.
        """
        stream = make(self, bound_prompt)
        if self._fallback:
            others = self._others(self._fallback, make, bound_prompt)
            stream.otherwise([_FAILURES] * (len(others) + 1), others)
        race: Race | None = bound_prompt.overrides.get(RACE)
        if race is not None:
            if self._fallback:
                raise ConfigurationError("race cannot be used with fallback: name all candidates in race(others=[...])")
            self._check_structured("others of race", race.others)
            streams.race_stream(stream, self._others(race.others, make, bound_prompt), race.after)
        return stream

    def _others(
        self,
        others: Sequence[str | Callable[..., Any]],
        make: Callable[[RequestBuilder, BoundPrompt], AnyStreamT],
        bound_prompt: BoundPrompt,
    ) -> list[Callable[[], Any]]:
        """Return functions that make the streams of other models and calls, for the same arguments."""
        return [
            partial(make, self.instead(one), bound_prompt) if isinstance(one, str) else partial(bound_prompt.call, one)
            for one in others
        ]

    def read(self, target: Target, bound_prompt: BoundPrompt) -> Request:
        """Call the prompt function and return the request that is sent to the target's provider."""
        request = self._request(target, bound_prompt, bound_prompt.read())
        return with_client(unless_preparing(target.provider, request))

    async def aread(self, target: Target, bound_prompt: BoundPrompt) -> Request:
        """Async version of `read`."""
        request = self._request(target, bound_prompt, await bound_prompt.aread())
        return await awith_client(unless_preparing(target.provider, request))

    def _request(self, target: Target, bound_prompt: BoundPrompt, prompted: Prompted) -> Request:
        provider, model, settings = target
        if clients := bound_prompt.overrides.get("clients"):
            home = provider.name.partition(".")[0]  # `llm` names a format too: "openai.responses"
            settings = {**settings, "client": clients[home]} if home in clients else settings
        config = prompted.config
        added = {**(config.get("call_params") or {}), **settings.get("call_params", {})}
        params = {**self._params, **added}
        any_provider = self._provider.open_choice
        unchecked = params if any_provider else added  # others were checked by the decorator
        params = accepted_params(params, unchecked, provider, any_provider=any_provider)
        given = settings.get("tools", config.get("tools"))
        tools, native = self._tools if given is None else self._split(given)
        if self._provider.open_choice:
            tools = [tool_type(kind, provider.tool_type) for kind in tools]
        if native:
            known = {tool_name(kind) for kind in tools}
            runnable = [kind for kind in provider.native_tool_types(native) if tool_name(kind) not in known]
            tools = [*tools, *(tool_type(kind, provider.tool_type) for kind in runnable)]
        messages = prompted.messages
        if isinstance(messages, Sent) and messages.origin != (origin := provider.origin(model)):
            messages = messages.to(origin)
        request = Request(
            provider=provider.name,
            model=model,
            messages=messages,
            call_params=params,
            tools=tools,
            native_tools=native,
            tool_loop=self._observed_loop(bound_prompt),
            json_mode=settings.get("json_mode", self._json_mode),
            stream=self._streaming,
            partial_tools=self._partial,
            retry=self._retry,
            resume=self._resume,
            sent_once=self._retry > 0 or (not self._streaming and SENT_ONCE in bound_prompt.overrides),
            client=settings["client"] if "client" in settings else config.get("client") or self._client,
            prompt_template=prompted.template,
            fn_args=prompted.values,
            dynamic_config=cast("Mapping[str, Any]", config) or None,
            metadata={**bound_prompt.prompt.metadata, **(config.get("metadata") or {})},
        )
        if self._resume and self._provider.open_choice and not self._fixed:
            _check_prefill(provider, request)
        return with_structure(request, self._response_model, provider)

    def _observed_loop(self, bound_prompt: BoundPrompt) -> tools_room.ToolLoop | None:
        loop = self._tool_loop
        if loop is not None:
            for call in bound_prompt.observed:
                loop = observation.observed_loop(loop, call)
        return loop

    @property
    def has_tools(self) -> bool:
        """True if the decorator has tools."""
        return any(self._tools)

    def _split(self, tools: Sequence[Any]) -> tuple[list[type[BaseTool]], list[Any]]:
        native: list[Any] = [tool for tool in tools if isinstance(tool, Mapping)]
        types = [tool_type(tool, self._provider.tool_type) for tool in tools if not isinstance(tool, Mapping)]
        names = [tool_name(kind) for kind in types]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigurationError(
                f"duplicate tool name {twice!r}: rename one of the tools, or give toolkits a `__namespace__`"
            )
        return types, native


def _check_prefill(provider: Provider[Any, Any, Any], request: Request) -> None:
    if provider.prefill(request) is None:
        raise ConfigurationError(
            f"{request.model} of {request.provider} cannot resume this request: use a model of {RESUMABLE}"
        )
