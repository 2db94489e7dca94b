"""The usage of a response, in tokens, in the form that is common to all providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict

from ..parsing import as_object, at


class CommonUsage(BaseModel):
    """The number of tokens of a call, in the common form. A number that the provider did not report is None."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=True)

    input_tokens: int | None = None
    """Tokens in the prompt, including cached ones."""
    cached_tokens: int | None = None
    """Tokens that were read from the provider's cache. They are part of `input_tokens`."""
    cache_write_tokens: int | None = None
    """Tokens that were written to the provider's cache. They are part of `input_tokens`."""
    output_tokens: int | None = None
    """Generated tokens, including reasoning."""
    reasoning_tokens: int | None = None
    """Tokens that were generated for reasoning. They are part of `output_tokens`."""
    total_tokens: int | None = None
    """`input_tokens` plus `output_tokens`."""

    def __setstate__(self, state: dict[Any, Any]) -> None:
        # A pickle of an older version lacks the fields that were added since.
        unset = dict.fromkeys(type(self).model_fields)
        super().__setstate__({**state, "__dict__": {**unset, **state["__dict__"]}})

    @classmethod
    def sum(cls, usages: Sequence[CommonUsage]) -> Self:
        """Return the sum of the usages of several calls. A number that no call reported is None."""
        totals: dict[str, int | None] = {}
        for name in cls.model_fields:
            known = [count for one in usages if (count := getattr(one, name)) is not None]
            totals[name] = sum(known) if known else None
        return cls(**totals)


_MOST = 2**63
"""No count is so large: databases and prices do not hold it. A host that reports one has made a mistake."""
_LONG = 20
"""The number of characters of a text that is not read as a count."""


class Usage(NamedTuple):
    """The number of tokens of a call, with all counts that prices need. A number that the provider did not report is
    None.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cache_write_tokens: int | None = None
    """Tokens that were written to the cache. They are part of `input_tokens`."""
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    """Tokens that were generated for reasoning. They are part of `output_tokens`."""
    cache_write_1h_tokens: int | None = None
    """Tokens that were written to the cache for one hour. They are part of `cache_write_tokens`."""
    web_searches: int | None = None
    """Web searches that the provider ran and charges in addition to the tokens."""

    def common(self) -> CommonUsage:
        """Return the counts that are common to all providers."""
        known = self.input_tokens is not None and self.output_tokens is not None
        return CommonUsage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            cache_write_tokens=self.cache_write_tokens,
            output_tokens=self.output_tokens,
            reasoning_tokens=self.reasoning_tokens,
            total_tokens=(self.input_tokens or 0) + (self.output_tokens or 0) if known else None,
        )


class Counts(NamedTuple):
    """The paths of each count in a provider's usage object. If a count has several paths, the first is read that has
    a number other than zero.
    """

    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """Tokens that were written to the cache."""
    input_audio: tuple[str, ...] = ()
    output_audio: tuple[str, ...] = ()
    apart: bool = False
    """True if the provider's input tokens do not include the tokens read from and written to the cache."""
    reasoning: tuple[str, ...] = ()
    total: tuple[str, ...] = ()
    """Input and output tokens together. Shows whether the output tokens include reasoning: see `with_reasoning`, and
    `Counts.read` for a usage without a count of reasoning.
    """
    written_1h: tuple[str, ...] = ()
    """Tokens that were written to the cache for one hour."""
    searches: tuple[str, ...] = ()
    """Web searches that the provider ran."""
    uncounted: tuple[str, ...] = ()
    """Fields that show that the total also counts input which no other count includes."""

    def read(self, raw: Any) -> Usage:
        """Return the usage in the common form for a provider's usage object, given as JSON."""
        found = _by_path(raw)
        prompt, cached, written = _first(found, self.input), _first(found, self.cached), _first(found, self.written)
        reasoning, total = _first(found, self.reasoning), _first(found, self.total)
        output = with_reasoning(_first(found, self.output), reasoning, prompt, total)
        if not reasoning and None not in (prompt, output, total):
            # Gemini's OpenAI endpoint counts thinking in the total only. Some gateways count cached tokens, or those of
            # media, there only.
            rest = (total or 0) - (prompt or 0) - (output or 0)
            if rest > 0 and not any(at(raw, path) for path in self.uncounted):
                details = [*_values(at(raw, "prompt_tokens_details")), *_values(at(raw, "input_tokens_details"))]
                if rest not in (cached, written, (cached or 0) + (written or 0), *details):
                    output, reasoning = (output or 0) + rest, rest
        if self.apart and prompt is not None:
            prompt += (cached or 0) + (written or 0)
        return Usage(
            input_tokens=prompt,
            cached_tokens=cached,
            output_tokens=output,
            cache_write_tokens=written,
            input_audio_tokens=_first(found, self.input_audio),
            output_audio_tokens=_first(found, self.output_audio),
            reasoning_tokens=reasoning,
            cache_write_1h_tokens=_first(found, self.written_1h),
            web_searches=_first(found, self.searches),
        )


def with_reasoning(output: int | None, reasoning: int | None, prompt: int | None, total: int | None) -> int | None:
    """Return the number of output tokens, including reasoning.

    Some hosts do not count reasoning as output. This is recognized if `total` is larger than prompt and output
    together; without a total, only if there are more reasoning tokens than output tokens. Source: xAI's documentation
    of rate limits (`completion_tokens` excludes reasoning tokens, `total_tokens` includes them); OpenAI includes them
    in both.
    """
    if output is None or not reasoning:
        return output
    if prompt is None or total is None:
        return output + reasoning if reasoning > output else output
    return output + min(max(total - prompt - output, 0), reasoning)


def token_count(value: Any) -> int | None:
    """Return a token count as an int; None for a value that is not a count, such as NaN, a negative number or 2**63."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value) if len(value) < _LONG else _MOST
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < _MOST else None  # False for NaN


def newer_usage(known: Mapping[str, Any], reported: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage `known` so far, updated by the usage of a later event.

    The counts in a stream are cumulative, so a later number replaces an earlier one. Zero and null do not replace a
    number.
    """
    merged = dict(known)
    for key, value in reported.items():
        old: Any = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = newer_usage(cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", value))
        elif value or key not in merged or (not old and value is not None):
            merged[key] = value
    return merged


def _values(details: Any) -> list[Any]:
    return list(cast("Mapping[str, Any]", details).values()) if isinstance(details, Mapping) else []


def _by_path(raw: Any) -> dict[str, Any]:
    """Return the values of a JSON object by their dotted paths. There are fewer of them than paths of counts."""
    found: dict[str, Any] = {}
    _add_by_path(found, as_object(raw), "")
    return found


def _add_by_path(found: dict[str, Any], fields: Any, inside: str) -> None:
    for key, value in fields.items():
        if isinstance(value, dict):
            _add_by_path(found, value, f"{inside}{key}.")
        elif value is not None:
            found[f"{inside}{key}"] = value


def _first(values: Mapping[str, Any], paths: Sequence[str]) -> int | None:
    """Return the first count that is not zero; zero if all counts are zero, because some gateways fill the names of
    others with zeros. None if there is no count.
    """
    count = None
    for path in paths:
        if (found := values.get(path)) is None:
            continue
        if type(found) is not int or not 0 <= found < _MOST:  # a text, a float, or no count
            found = token_count(found)
        if found:
            return found
        count = found if found is not None else count
    return count
