"""The options of a call, and the check that none is misspelt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from typing_extensions import TypedDict

from .. import tools as tools_room
from ..errors import ConfigurationError
from ..provider import Provider
from ..request import LIMITS
from ..tools import Tools

ParamsT = TypeVar("ParamsT")

RESUMES = 3
"""How often `resume=True` goes on."""


class StreamConfig(TypedDict, total=False):
    """How to stream."""

    partial_tools: bool
    """Give tools while their arguments grow."""


class Options(TypedDict, Generic[ParamsT], total=False):
    """What every form of `call` takes. `retry`, `fallback` and `resume` are for streams."""

    json_mode: bool
    """Ask for JSON text."""
    client: Any
    """The SDK's client to send with, or one with the same interface."""
    call_params: ParamsT | None
    """Parameters of the provider; what is unset is not sent."""
    tool_loop: tools_room.ToolLoop | None
    """Have the tools that the model calls run, and ask again with what they gave."""
    provider: str
    """Which provider to call, for `llm.call` alone."""
    retry: int
    """How often to ask again where a stream fails before anything has been said: no connection, a rate limit, a server
    error, an interruption, a `first` or `idle` deadline. In between it waits as long as the provider asks for, up to 60
    seconds (it does not wait for more), else 0.5 seconds, then twice as long each time, up to 8.

    The SDKs of OpenAI, Anthropic and Groq then make no retries of their own, so that 2 means at most three requests;
    those of other SDKs come within each of ours. In a tool loop it counts for each round.
    """
    fallback: Sequence[str | Callable[..., Any]]
    """What to ask instead where a stream fails, for any reason that is the provider's, before anything has been said,
    and after the retries: names of models (for `llm.call` also "provider:model"), or call functions that take the same
    arguments and give a stream. Raises `FallbackError` where all fail."""
    resume: bool | int
    """How often to go on where a stream breaks off, or falls silent for its `idle` deadline, within a text: the same is
    asked again with that text as the beginning of the answer. `True` is three times; waits are those of `retry`.

    The text goes on without a gap or a repeat, and the response says that it was `resumed`. `max_tokens` counts for
    each request. What is not text alone, and what a model refuses to go on from, raises the `StreamInterruptedError`
    that there would have been; nothing is ever begun anew.
    """


class AskOptions(Options[ParamsT], total=False):
    """`Options`, and the tools."""

    tools: Tools | None


def check_options(options: Mapping[str, Any], params: type[Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for an option or parameter that a call does not take; suggest the right name."""
    check_names(options, (*Options.__annotations__, "tools", "stream", *_FORMS), "option")
    if "provider" in options and not provider.open_choice:
        raise ConfigurationError(f"{provider.name}.call calls {provider.name}; llm.call takes a provider")
    named = {name for kind in params.__mro__ for name in getattr(kind, "__annotations__", {})}
    known = provider.known_params().union(named, LIMITS)
    check_names(options.get("call_params") or {}, known, f"call parameter of {provider.name}")


def count_of(name: str, given: Any) -> int:
    """Return how often something may be done, as it was given."""
    count = (RESUMES if name == "resume" else given) if given is True else given or 0
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ConfigurationError(f"{name} is a number of times, not {given!r}")
    return count


_FORMS = ("response_model", "output_parser", "max_retries", "fail_fast")


def check_params(given: Mapping[str, Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for a parameter that a provider does not take; suggest the right name."""
    check_names(given, provider.known_params().union(LIMITS), f"call parameter of {provider.name}")


def check_names(given: Iterable[str], known: Any, what: str) -> None:
    """Raise `ConfigurationError` for a name that is not among `known`; suggest the nearest one."""
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # here, as few programs misspell

            near = get_close_matches(name, list(known), n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"{name!r} is no {what}{hint}")
