"""The options of a call, and the check for unknown names."""

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
"""The number of resumes that `resume=True` allows."""


class StreamConfig(TypedDict, total=False):
    """Options of a stream."""

    partial_tools: bool
    """Yield tools while their arguments arrive."""


class Options(TypedDict, Generic[ParamsT], total=False):
    """The options that every form of `call` takes. `retry`, `fallback` and `resume` apply to streams only."""

    json_mode: bool
    """Request a response that is JSON text."""
    client: Any
    """The SDK's client to send requests with, or an object with the same interface."""
    call_params: ParamsT | None
    """Parameters of the provider. A parameter that is not set is not sent."""
    tool_loop: tools_room.ToolLoop | None
    """Run the tools that the model calls, send it the results, and repeat."""
    provider: str
    """The provider to call. Only for `llm.call`."""
    retry: int
    """The maximum number of retries of a stream that fails before any output: no connection, a rate limit, a server
    error, an interruption, or a `first` or `idle` deadline. It waits as long as the provider asks for, up to 60
    seconds (it does not retry if that is longer), else 0.5 seconds, doubling each time up to 8.

    With `retry`, the SDKs of OpenAI, Anthropic and Groq make no retries of their own, so 2 means at most three
    requests; the retries of other SDKs happen within each of ours. In a tool loop it counts per round.
    """
    fallback: Sequence[str | Callable[..., Any]]
    """What to call if a stream fails before any output, after the retries, because of the provider: names of models
    (for `llm.call` also "provider:model"), or call functions that take the same arguments and return a stream.
    Raises `FallbackError` if all fail.
    """
    resume: bool | int
    """The maximum number of times to resume a stream that is interrupted within its text, or exceeds its `idle`
    deadline there: the request is sent again with the received text as the beginning of the response. `True` means
    3. The waits are those of `retry`.

    The text continues without a gap or repetition, and the response counts it in `resumed`. `max_tokens` applies to
    each request. A response that is not text only, or a model that cannot resume, raises the
    `StreamInterruptedError`; a response is never restarted.
    """


class AskOptions(Options[ParamsT], total=False):
    """`Options`, and the tools."""

    tools: Tools | None


def check_options(options: Mapping[str, Any], params: type[Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for an option or call parameter that the call does not take; suggest the right
    name.
    """
    check_names(options, (*Options.__annotations__, "tools", "stream", *_FORMS), "option")
    if "provider" in options and not provider.open_choice:
        raise ConfigurationError(
            f"option 'provider' is for llm.call only: {provider.name}.call always calls {provider.name}"
        )
    named = {name for kind in params.__mro__ for name in getattr(kind, "__annotations__", {})}
    known = provider.known_params().union(named, LIMITS)
    check_names(options.get("call_params") or {}, known, f"call parameter of {provider.name}")


def count_of(name: str, given: Any) -> int:
    """Return the number of times that an option such as `retry` allows; `True` means the default."""
    count = (RESUMES if name == "resume" else given) if given is True else given or 0
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ConfigurationError(f"{name} must be a number of times, not {given!r}")
    return count


_FORMS = ("response_model", "output_parser", "max_retries", "fail_fast")


def check_params(given: Mapping[str, Any], provider: Provider[Any, Any, Any]) -> None:
    """Raise `ConfigurationError` for a call parameter that the provider does not take; suggest the right name."""
    check_names(given, provider.known_params().union(LIMITS), f"call parameter of {provider.name}")


def check_names(given: Iterable[str], known: Any, what: str) -> None:
    """Raise `ConfigurationError` for a name that is not in `known`; suggest the nearest one."""
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # imported here: few programs misspell a name

            near = get_close_matches(name, list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"unknown {what} {name!r}{hint}")
