"""The output besides text and tool calls that only some providers return."""

from __future__ import annotations


class OptionalOutput:
    """Base class of responses with the values for a provider that returns none of this output."""

    @property
    def thinking(self) -> str | None:
        """The model's thinking; None if the provider does not return it."""
        return None

    @property
    def refusal(self) -> str | None:
        """The text with which the model refused to answer; None if it did not refuse, or if the provider does not
        report refusals separately.
        """
        return None
