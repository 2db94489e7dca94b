"""`llm.call`: a call whose provider is given by name. Mirascope v1's form `call("openai", "gpt-4o-mini")` works too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.base.calls import Call
from ..core.base.request import CommonCallParams
from .answers import AsyncStream, CallResponse, Stream


class NeutralCall(Call[CallResponse, Stream, AsyncStream, CommonCallParams]):
    """Turns prompt functions into calls of a named provider.

    The name is given as `provider`, inside `model` ("openai:gpt-4o-mini"), or as the first argument.
    """

    if not TYPE_CHECKING:  # checkers see the overloads of `Call`, in which `provider` is a keyword argument

        def __call__(self, *named: str, **options: Any) -> Any:
            if len(named) == 2:
                options["provider"], *named = named
            return super().__call__(*named, **options)
