"""The options of a call, and the check for unknown names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from typing_extensions import TypedDict

from .. import tools as tools_room
from ..errors import ConfigurationError
from ..provider import Provider
from ..request import LIMITS, CommonCallParams
from ..tools import Tools

ParamsT = TypeVar("ParamsT")

RESUMES = 3
"""The maximum number of resumes if the option is `resume=True`."""


class StreamConfig(TypedDict, total=False):
    """Options of a stream."""

    partial_tools: bool
    """True to yield partial tools while their arguments arrive. By default, only complete tools are yielded."""


class Options(TypedDict, Generic[ParamsT], total=False):
    """The options of every provider's `call`. `retry`, `fallback` and `resume` apply to streams only."""

    json_mode: bool
    """Request a response that is JSON text."""
    client: Any
    """The client that sends the requests: a client of the provider's SDK, or an object with the same interface.

    Also accepts a function or class that makes the client when it is needed: one for all threads, and in async code one
    for each event loop. In async calls the function may be async. A pickled call keeps the function, but no client.
    """
    call_params: ParamsT | None
    """Parameters of the provider's API, such as `temperature`. A parameter that is not set, or None, is not sent."""
    tool_loop: tools_room.ToolLoop | None
    """The settings of a tool loop, which runs the tools that the model calls, sends it the results, and repeats."""
    provider: str
    """The name of the provider. Only `llm.call` accepts this option."""
    retry: int
    """The maximum number of retries of a stream that fails before its first output.

    A stream is retried after a connection error, a rate limit, a server error, an interruption, or a deadline `first`
    or `idle`. It is not retried if the provider asks for a wait of more than 60 seconds; shorter waits are observed. If
    the provider asks for no wait, the waits are 0.5 seconds, doubled for each retry, up to 8 seconds.

    With `retry`, the SDKs make no retries of their own: `retry=2` sends at most three requests. In a tool loop, the
    number applies to each round.
    """
    fallback: Sequence[str | Callable[..., Any]]
    """The alternatives to try, in order, if a stream fails before its first output because of the provider, after all
    retries.

    Each is the name of a model (for `llm.call` also "provider:model"), or a call function with the same parameters that
    returns a stream. Raises `FallbackError` if all of them fail.
    """
    resume: bool | int
    """The maximum number of times that an interrupted stream of text is resumed, also after the deadline `idle`. `True`
    means 3.

    The request is sent again, with the received text as the beginning of the response. The new text continues the
    received text without a gap or a repetition. The waits are those of `retry`. `response.resumed` is the number of
    resumes. `max_tokens` applies to each request separately.

    If the response contains more than text, or the model cannot resume, the `StreamInterruptedError` is raised. A
    response is never started from its beginning again.
    """


class AskOptions(Options[ParamsT], total=False):
    """`Options` with the additional option `tools`."""

    tools: Tools | None


def check_options(options: Mapping[str, Any], params: type[Any], provider: Provider[Any, Any, Any]) -> None:
    """Check the names of a call's options and call parameters.

    Raises `ConfigurationError` for an unknown name, and suggests a similar one.
    """
    check_names(options, (*Options.__annotations__, "tools", "stream", *_FORMS), "option")
    if "provider" in options and not provider.open_choice:
        raise ConfigurationError(
            f"option 'provider' is for llm.call only: {provider.name}.call always calls {provider.name}"
        )
    named = {name for kind in params.__mro__ for name in getattr(kind, "__annotations__", {})}
    given: Mapping[str, Any] = options.get("call_params") or {}
    _check_params((name for name in given if name not in named), provider)


def count_of(name: str, given: Any) -> int:
    """Return the value of the option `name` as a number; None and False mean 0. `resume=True` means `RESUMES`.

    Raises `ConfigurationError` for a negative number and for any other value.
    """
    count = (RESUMES if name == "resume" else given) if given is True else given or 0
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ConfigurationError(f"{name} must be a whole number, 0 or more, not {given!r}")
    return count


_IGNORED = frozenset({"model"})
"""Call parameters that have no effect, as in Mirascope v1: the model is the one that the call names."""
_NOT_SENT = frozenset({"NotGiven", "Omit", "Unset"})
"""The names of the classes with which SDKs mark a parameter that is not sent."""
_NULLABLE = frozenset({"timeout"})
"""Call parameters of which None is a value: the SDKs of OpenAI, Anthropic and Groq then wait without a limit."""
_FORMS = ("response_model", "output_parser", "max_retries", "fail_fast")


def accepted_params(
    given: Mapping[str, Any], unchecked: Collection[str], provider: Provider[Any, Any, Any], *, any_provider: bool
) -> dict[str, Any]:
    """Return the call parameters that are sent to the provider: not those that are None, or an SDK's mark for "not
    given". `timeout=None` is sent.

    With `any_provider`, common parameters that the provider does not have are left out, as in Mirascope v1. Raises
    `ConfigurationError` for a name in `unchecked` that is unknown; suggests a similar name.
    """
    if not given and not unchecked:  # most calls
        return {}
    known = provider.known_params() if any_provider else frozenset[str]()
    left_out = {name for name in CommonCallParams.__annotations__ if any_provider and name not in known} - {*LIMITS}
    _check_params((name for name in unchecked if name not in left_out), provider)
    left_out |= _IGNORED
    return {name: one for name, one in given.items() if name not in left_out and _is_given(name, one)}


def _is_given(name: str, value: Any) -> bool:
    if value is None:
        return name in _NULLABLE
    return value is not ... and type(value).__name__ not in _NOT_SENT


def _check_params(given: Iterable[str], provider: Provider[Any, Any, Any]) -> None:
    if not (names := list(given)):
        return
    known = provider.known_params()  # of a new provider in the form of Mirascope v1, a set that contains every name
    unknown = [name for name in names if name not in known and name not in _IGNORED]
    check_names(unknown, known.union(LIMITS), f"call parameter of {provider.name}")


def check_names(given: Iterable[str], known: Any, what: str) -> None:
    """Raise `ConfigurationError` for the first name in `given` that is not in `known`; suggest a similar name.

    `what` is the kind of the names for the message, such as "option".
    """
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # imported here: few programs misspell a name

            near = get_close_matches(name, list(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"unknown {what} {name!r}{hint}")
