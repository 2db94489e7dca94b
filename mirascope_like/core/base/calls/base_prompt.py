"""Prompts as classes: `BasePrompt` has fields, a template, and methods that run it through the `call` of any
provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce, wraps
from inspect import Parameter, Signature
from typing import Any, ClassVar, ParamSpec, TypeVar, cast, overload

from pydantic import BaseModel
from typing_extensions import TypedDict

from ..errors import PromptError
from ..messages import BaseMessageParam
from ..prompts import BaseDynamicConfig, Template, docstring_template
from .call import CallDecorator

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")
SyncT = TypeVar("SyncT")
AsyncT = TypeVar("AsyncT")


class Metadata(TypedDict, total=False):
    """The metadata of a prompt or call. The key `tags` is defined here; any other key may be added."""

    tags: set[str]
    """Tags, such as a version."""


def metadata(marks: Metadata | Mapping[str, Any]) -> Callable[[T], T]:
    """Return a decorator that adds metadata to a prompt function or `BasePrompt`. Responses to the prompt have it as
    `response.metadata`.
    """

    def mark(prompt: T) -> T:
        cast("Any", prompt).__metadata__ = {**getattr(prompt, "__metadata__", {}), **marks}
        return prompt

    return mark


class BasePrompt(BaseModel):
    """Base class of prompts that are classes. The fields are the variables of the template.

    Decorate the subclass with `@prompt_template`, then run an instance with `run` and the `call` of any provider.
    """

    __prompt_template__: ClassVar[Template]
    __metadata__: ClassVar[Mapping[str, Any]] = {}

    def message_params(self) -> list[BaseMessageParam]:
        """Return the messages of the template, with its variables replaced by the fields of this prompt."""
        return self._template().render(self._values())

    def dynamic_config(self) -> BaseDynamicConfig | None:
        """Return options (a dynamic config) for the calls that run this prompt, or None. Override this method to set
        options per prompt.
        """
        return None

    def dump(self) -> dict[str, Any]:
        """Return the prompt as a dict with the keys metadata, prompt (its text), template and inputs."""
        return {
            "metadata": dict(self.__metadata__),
            "prompt": str(self),
            "template": self._template().dedented,
            "inputs": self.model_dump(),
        }

    @overload
    def run(self, call: CallDecorator[SyncT, Any], *decorators: Callable[[Any], Any]) -> SyncT: ...
    @overload
    def run(self, call: Callable[[Callable[..., Any]], Callable[..., R]], *decorators: Callable[[Any], Any]) -> R: ...
    def run(self, call: Callable[..., Any], *decorators: Callable[[Any], Any]) -> Any:
        """Run the prompt through a call, such as `openai.call("gpt-4o-mini")`; return the response or stream of that
        call.

        `decorators` are applied to the call, the first one innermost.
        """

        def prompt(**_: Any) -> BaseDynamicConfig | None:
            return self.dynamic_config()

        return self._run(prompt, call, decorators)

    @overload
    def run_async(self, call: CallDecorator[Any, AsyncT], *decorators: Callable[[Any], Any]) -> AsyncT: ...
    @overload
    def run_async(
        self, call: Callable[[Callable[..., Any]], Callable[..., R]], *decorators: Callable[[Any], Any]
    ) -> R: ...
    def run_async(self, call: Callable[..., Any], *decorators: Callable[[Any], Any]) -> Any:
        """Async version of `run`. Return an awaitable of the response; if the call streams, an async stream."""

        async def prompt(**_: Any) -> BaseDynamicConfig | None:
            return self.dynamic_config()

        return self._run(prompt, call, decorators)

    def _run(self, prompt: Any, call: Callable[..., Any], decorators: tuple[Callable[[Any], Any], ...]) -> Any:
        values = self._values()
        prompt.__name__ = prompt.__qualname__ = type(self).__name__
        prompt.__doc__ = type(self).__doc__
        prompt.__signature__ = Signature([Parameter(name, Parameter.KEYWORD_ONLY) for name in values])
        prompt.__metadata__ = self.__metadata__

        @wraps(prompt)
        def carrier(**given: Any) -> Any:
            return prompt(**given)

        cast("Any", carrier).__prompt_template__ = self._template()
        return reduce(lambda function, decorator: decorator(function), [call, *decorators], carrier)(**values)

    def _template(self) -> Template:
        kind = type(self)
        template: Template | None = getattr(kind, "__prompt_template__", None) or docstring_template(kind)
        if template is None:
            raise PromptError(f"{kind.__name__} has no template: decorate the class with @prompt_template")
        return template

    def _values(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        # Properties and computed fields may be variables too, but not attributes of every prompt, such as `copy`.
        names = [name for name in self._template().variables if not hasattr(BasePrompt, name)]
        others = {name: getattr(self, name) for name in names if hasattr(self, name)}
        return {**fields, **others}

    def __str__(self) -> str:
        messages = self.message_params()
        if len(messages) == 1 and isinstance(messages[0].content, str):
            return messages[0].content
        return "\n".join(f"{message.role.upper()}: {_shown(message)}" for message in messages)


def _shown(message: BaseMessageParam) -> str:
    if isinstance(message.content, str):
        return message.content
    return "".join(getattr(part, "text", f"[{part.type}]") for part in message.content)


def merge_decorators(
    decorator: Callable[[Callable[P, R]], Callable[Q, S]], *decorators: Callable[[Any], Any]
) -> Callable[[], Callable[[Callable[P, R]], Callable[Q, S]]]:
    """Return a function without arguments that returns one decorator. The decorator applies all given decorators, the
    first one outermost.

    For type checkers, the result has the type of the first decorator.
    """

    def factory() -> Callable[[Callable[P, R]], Callable[Q, S]]:
        def decorate(function: Callable[P, R]) -> Callable[Q, S]:
            inner = reduce(lambda wrapped, one: one(wrapped), reversed(decorators), cast("Any", function))
            return decorator(inner)

        return decorate

    return factory
