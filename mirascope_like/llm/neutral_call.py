"""The `call` that is told its provider; in Mirascope v1's words, `call("openai", "gpt-4o-mini")` as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.base.calls import Call
from ..core.base.request import CommonCallParams
from .answers import AsyncStream, CallResponse, Stream


class NeutralCall(Call[CallResponse, Stream, AsyncStream, CommonCallParams]):
    """Calls the provider and model named, by name, in one text, or one after the other."""

    if not TYPE_CHECKING:  # checkers are shown the overloads of `Call`, where the provider has its name

        def __call__(self, *named: str, **options: Any) -> Any:
            if len(named) == 2:
                options["provider"], *named = named
            return super().__call__(*named, **options)
