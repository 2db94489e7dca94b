"""From a prompt function and a decorator's options to the request that is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from typing_extensions import TypedDict

from .errors import ConfigurationError
from .extract import asked
from .overrides import OVERRIDES
from .prompt import Prompted, PromptFunction
from .provider import Provider
from .request import Request
from .tools import BaseTool, tool_type

if TYPE_CHECKING:
    from .response_model import ResponseModel
    from .tool_loop import ToolLoop

ParamsT = TypeVar("ParamsT")

Tools = Sequence[type[BaseTool] | Callable[..., Any] | Mapping[str, Any]]
"""Functions, tool classes, or tools in the provider's own form."""


class StreamConfig(TypedDict, total=False):
    """How to stream."""

    partial_tools: bool
    """Give tools while their arguments grow."""


class Options(TypedDict, Generic[ParamsT], total=False):
    """What every form of `call` takes."""

    json_mode: bool
    """Ask for JSON text."""
    client: Any
    """The SDK's client to send with, or one with the same interface."""
    call_params: ParamsT | None
    """Parameters of the provider; what is unset is not sent."""
    tool_loop: ToolLoop | None
    """Have the tools that the model calls run, and ask again with what they gave."""
    provider: str
    """Which provider to call, for `llm.call` alone."""


class AskOptions(Options[ParamsT], total=False):
    """`Options`, and the tools."""

    tools: Tools | None


class Prompting:
    """A prompt function with the arguments of one call."""

    def __init__(self, prompt: PromptFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.prompt = prompt
        self._args = args
        self._kwargs = kwargs
        self.arguments: dict[str, Any] = prompt.bind(args, kwargs)
        self.overrides: Mapping[str, Any] = OVERRIDES.get()

    def read(self) -> Prompted:
        """Call the function; make messages of what it returns."""
        return self.prompt.read(self.prompt.fn(*self._args, **self._kwargs), self.arguments)

    async def aread(self) -> Prompted:
        """`read`, awaited."""
        return self.prompt.read(await self.prompt.fn(*self._args, **self._kwargs), self.arguments)


class Ask:
    """Makes requests of prompts, by what the decorator was given."""

    def __init__(
        self,
        provider: Provider[Any, Any, Any],
        model: str,
        options: Mapping[str, Any],
        *,
        tools: Tools | None,
        stream: bool | StreamConfig,
        response_model: ResponseModel[Any] | None,
    ) -> None:
        self._provider = provider
        self._model = model
        self._params: Mapping[str, Any] = options.get("call_params") or {}
        self._json_mode = bool(options.get("json_mode"))
        self._chosen: str | None = options.get("provider")
        self._client = options.get("client")
        self._tool_loop: ToolLoop | None = options.get("tool_loop")
        self._tools = self._split(tools or ())
        self._streaming = stream is not False
        self._partial = isinstance(stream, Mapping) and bool(stream.get("partial_tools"))
        self._response_model = response_model

    def read(self, prompting: Prompting) -> Request:
        """Call the prompt function; return the request."""
        return self._request(prompting, prompting.read())

    async def aread(self, prompting: Prompting) -> Request:
        """`read`, awaited."""
        return self._request(prompting, await prompting.aread())

    def _request(self, prompting: Prompting, prompted: Prompted) -> Request:
        config = prompted.config
        params = config.get("call_params") or {}
        if params:
            check_params(params, self._provider)
        tools, native = self._tools if (given := config.get("tools")) is None else self._split(given)
        template = prompting.prompt.template
        request = Request(
            provider=self._provider.name,
            model=self._model,
            chosen_provider=self._chosen,
            overrides=prompting.overrides,
            messages=prompted.messages,
            call_params={**self._params, **params},
            tools=tools,
            native_tools=native,
            tool_loop=self._tool_loop,
            json_mode=self._json_mode,
            stream=self._streaming,
            partial_tools=self._partial,
            client=config.get("client") or self._client,
            prompt_template=template.text if template is not None else None,
            fn_args=prompted.values,
            dynamic_config=cast("Mapping[str, Any]", config) or None,
            metadata={**prompting.prompt.metadata, **(config.get("metadata") or {})},
        )
        return asked(request, self._response_model, self._provider)

    def _split(self, tools: Sequence[Any]) -> tuple[list[type[BaseTool]], list[Any]]:
        native: list[Any] = [tool for tool in tools if isinstance(tool, Mapping)]
        types = [tool_type(tool, self._provider.tool_type) for tool in tools if not isinstance(tool, Mapping)]
        return types, native


def check_options(options: Mapping[str, Any], params: type[Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for an option or parameter that a call does not take; suggest the right name."""
    _known(options, (*Options.__annotations__, "tools", "stream", *_FORMS), "option")
    if "provider" in options and not provider.neutral:
        raise ConfigurationError(f"{provider.name}.call calls {provider.name}; llm.call takes a provider")
    named = {name for kind in params.__mro__ for name in getattr(kind, "__annotations__", {})}
    known = frozenset(named) | provider.known_params()
    _known(options.get("call_params") or {}, known, f"call parameter of {provider.name}")


_FORMS = ("response_model", "output_parser", "max_retries", "fail_fast")


def check_params(given: Mapping[str, Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for a parameter that a provider does not take; suggest the right name."""
    _known(given, provider.known_params(), f"call parameter of {provider.name}")


def _known(given: Mapping[str, Any], known: Any, what: str) -> None:
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # here, as few programs misspell

            near = get_close_matches(name, list(known), n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"{name!r} is no {what}{hint}")
