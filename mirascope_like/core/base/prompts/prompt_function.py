"""Calls prompt functions and converts their results to messages and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature, signature
from types import MethodType
from typing import TYPE_CHECKING, Any, cast

from ..errors import PromptError
from ..runtime import bound_values
from .dynamic_config import BaseDynamicConfig, Rendered, Sent, as_messages, has_content, is_config

if TYPE_CHECKING:
    from .template import Template


@dataclass(slots=True)
class Prompted:
    """The result of a prompt function: the messages, the dynamic config, and, by name, the arguments of the call and
    the computed fields of a template.
    """

    messages: list[Any]
    config: BaseDynamicConfig[Any, Mapping[str, Any], Any] = field(default_factory=BaseDynamicConfig[Any])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    template: str | None = None
    """The dedented text of the function's template, or of its docstring if that is the template."""


class PromptFunction:
    """A prompt function, with its template if it has one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        fn: Any = function
        # A bound method has the attributes of its function, so its object is passed again as the first argument.
        self._owner: tuple[Any, ...] = ()
        if isinstance(function, MethodType) and hasattr(function, "__prompt_template__"):
            self._owner, fn = (function.__self__,), function.__func__
        template = getattr(fn, "__prompt_template__", None)
        self.template: Template | None = template
        self.fn: Callable[..., Any] = fn.__wrapped__ if template is not None else fn
        # Decorators around `prompt_template` receive the messages and return them.
        self._decorated = template is not None and hasattr(self.fn, "__prompt_template__")
        if self._decorated:
            self.fn = fn
        self.name: str = getattr(fn, "__name__", type(fn).__name__)
        self.metadata: Mapping[str, Any] = getattr(fn, "__metadata__", {})
        self._signature: Signature = signature(self.fn)
        self.signature: Signature = self._signature
        """The signature of the call: of a bound method, without `self`."""
        if self._owner:
            self.fn = MethodType(self.fn, *self._owner)
            self.signature = signature(self.fn)
        parameters = self._signature.parameters.values()
        plain = all(one.kind is Parameter.POSITIONAL_OR_KEYWORD for one in parameters)
        self._names: tuple[str, ...] | None = tuple(self._signature.parameters) if plain else None
        """The names of the parameters, if arguments are bound to them by their order alone; else None."""

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by name, including defaults.

        Raises `TypeError` if the arguments do not match the signature, with the message that Python itself would give.
        """
        if not kwargs and self._names is not None and len(self._owner) + len(args) == len(self._names):
            return dict(zip(self._names, (*self._owner, *args), strict=True))
        try:
            return bound_values(self._signature, (*self._owner, *args), kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}() {error}") from None

    def read(self, result: Any, arguments: Mapping[str, Any]) -> Prompted:
        """Return the messages and options for the value that the function returned.

        Raises `PromptError` if the value cannot be sent, or if the prompt is empty.
        """
        config = BaseDynamicConfig()
        if isinstance(result, Rendered):
            config = cast("BaseDynamicConfig", result.config)
        elif is_config(result):
            config = cast("BaseDynamicConfig", result)
            result = config.get("messages")
        if unknown := set(config).difference(BaseDynamicConfig.__annotations__):
            known = ", ".join(BaseDynamicConfig.__annotations__)
            raise PromptError(f"{self.name} returned unknown keys {sorted(unknown)}; a dynamic config may have {known}")
        if result is not None and (self.template is None or self._decorated or config.get("messages") is not None):
            messages = self._checked(as_messages(result))
            if not (config or isinstance(result, Rendered | Sent)):
                config["messages"] = messages
            docstring = result.template if isinstance(result, Rendered) else None
            text = self.template.dedented if self.template is not None else docstring
            return Prompted(messages, config, arguments, text)
        template = self.template or self._docstring()
        if template is None:
            raise PromptError(
                f"{self.name} returned None: return text or messages, or put @prompt_template below the call decorator"
            )
        values = {**arguments, **(config.get("computed_fields") or {})}
        return Prompted(self._checked(template.render(values)), config, values, template.dedented)

    def _docstring(self) -> Template | None:
        from .template import docstring_template  # imported here: few functions return nothing and have no template

        return docstring_template(self.fn)

    def _checked(self, messages: list[Any]) -> list[Any]:
        if not any(map(has_content, messages)):
            raise PromptError(
                f"the prompt of {self.name} is empty: "
                "its template, or what it returns, needs text, parts or messages with content"
            )
        return messages
