"""`llm.call`: a call whose provider is given by name. The form of Mirascope v1, `call("openai", "gpt-4o-mini")`,
also works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core.base.calls import Call
from ..core.base.request import CommonCallParams
from .answers import AsyncStream, CallResponse, Stream
from .other_forms import Form, FormDecorator, with_form


class NeutralCall(Call[CallResponse, Stream, AsyncStream, CommonCallParams]):
    """The `call` of `llm`: returns a decorator that turns a prompt function into a call to a provider given by name.

    The name is the argument `provider`, part of `model` ("openai:gpt-4o-mini"), or the first of two positional
    arguments.
    """

    if not TYPE_CHECKING:  # checkers see the overloads of `Call`, in which `provider` is a keyword argument

        def __call__(self, *named: str, **options: Any) -> Any:
            if len(named) == 2:
                options["provider"], *named = named

            return FormDecorator(super().__call__(*named, **options), partial(_remade, named, options))


def _remade(named: Sequence[str], options: Mapping[str, Any], form: Form) -> Any:
    """Return the decorator of a call in another form. Pickles have the name of `llm.call`, not the object."""
    return import_module(__name__.rpartition(".")[0]).call(*named, **with_form(options, form))
