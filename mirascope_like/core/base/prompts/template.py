"""Prompt templates: texts with roles and `{fields}` that become messages, and the decorator that sets them.

    SYSTEM: You know {language}.
    MESSAGES: {history}
    USER: {question}

A template is parsed once, before any value is known; values are inserted afterwards. So no value can begin or end a
message, or be read as a field, and a malformed template raises an error before any call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast, overload

from ..errors import PromptError
from ..messages import AnyPart, BaseMessageParam, TextPart, shown
from ..runtime import bound_values, is_async, within_descriptor
from .dynamic_config import BaseDynamicConfig, Rendered, as_messages, is_config
from .template_fields import Field, Piece, parse, parts_of, text_of, value_of
from .template_sections import Heading, Section, error_at, sections

P = ParamSpec("P")
T = TypeVar("T")
ConfigT = TypeVar("ConfigT", bound=BaseDynamicConfig[Any, Any, Any])

_Compiled: TypeAlias = "tuple[Heading, tuple[Piece, ...]]"


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed prompt template.

    The role words SYSTEM:, USER:, ASSISTANT: and MESSAGES: count at the start of a line. Text before the first one is a
    user message; a template without any is one user message. Common indentation and blank space around each message are
    removed; everything else is kept. A message without media has a str as content. A message whose content is empty is
    left out, so a question that is already in the history need not be repeated.

    Raises `PromptError`, with the position, if the text is malformed.
    """

    text: str
    """The template as given."""
    variables: frozenset[str] = field(init=False, compare=False, repr=False)
    """The variables at the start of its fields, which `render` needs values for."""
    _sections: tuple[_Compiled, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        compiled = tuple(_compiled(section, self.text) for section in sections(self.text))
        if not compiled:
            raise PromptError("the template is empty", template=self.text, position=0)
        names = (piece.root for _, pieces in compiled for piece in pieces if isinstance(piece, Field))
        object.__setattr__(self, "variables", frozenset(name for name in names if name))
        object.__setattr__(self, "_sections", compiled)

    def render(self, values: Mapping[str, object]) -> list[BaseMessageParam]:
        """Return the messages of the template for these values.

        The messages that `MESSAGES:` inserts are not changed, not even those in a provider's own format. Raises
        `PromptError`, with the position, for a missing variable, attribute or item, and for a value that its field
        cannot show.
        """
        messages: list[BaseMessageParam] = []
        for heading, pieces in self._sections:
            if heading == "messages":
                messages.extend(self._filled(cast("Field", pieces[0]), values, _history))
            elif content := self._content(pieces, values):
                messages.append(BaseMessageParam(role=heading, content=content))
        return messages

    def _content(self, pieces: tuple[Piece, ...], values: Mapping[str, object]) -> str | list[AnyPart]:
        parts: list[AnyPart] = []
        text = ""
        for piece in pieces:
            if isinstance(piece, str):
                text += piece
            elif piece.textual:
                text += self._filled(piece, values, text_of)
            elif found := self._filled(piece, values, parts_of):
                parts += [*_text_parts(text), *found]
                text = ""
        if not parts:
            return text
        parts += _text_parts(text)
        return parts[0].text if len(parts) == 1 and isinstance(parts[0], TextPart) else parts

    def _filled(self, piece: Field, values: Mapping[str, object], fill: Callable[[Field, object], T]) -> T:
        try:
            return fill(piece, value_of(piece, values))
        except PromptError as error:
            raise error_at(f"{piece.source}: {error}", self.text, piece.at) from error


@overload
def prompt_template(template: None = None) -> ReturnedPrompt: ...
@overload
def prompt_template(template: str) -> PromptDecorator: ...
def prompt_template(template: str | None = None) -> PromptDecorator | ReturnedPrompt:
    """Return a decorator that turns a function's arguments into the messages of a template.

    The function may return nothing, or a dynamic config: its `computed_fields` add to the arguments, and its
    `messages`, if given, replace the template. The variables are the arguments by name (including `self` and the
    entries of `**kwargs`). Without a template, the messages are those that the function returns: text, parts, messages
    or a dynamic config; if it returns none, its docstring is the template.

    Raises `PromptError` immediately if the template is malformed. A missing variable raises it when the decorated
    function is called, because the function may compute it.
    """
    if callable(template):
        raise PromptError("write @prompt_template(): the parentheses are needed")
    return ReturnedPrompt() if template is None else PromptDecorator(Template(template))


class PromptDecorator:
    """Sets its template as `__prompt_template__` of a function or class.

    A function then returns the messages (an async one a coroutine of them), whatever its return annotation is. A class
    is otherwise unchanged.
    """

    def __init__(self, template: Template) -> None:
        self._template = template

    # The overloads overlap, because classes are callable and coroutines are objects; the first match counts.
    @overload
    def __call__(self, fn: type[T], /) -> type[T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, Coroutine[Any, Any, object]], /
    ) -> Callable[P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...
    @overload
    def __call__(self, fn: Callable[P, object], /) -> Callable[P, list[BaseMessageParam]]: ...
    def __call__(self, fn: Callable[P, object] | type[T], /) -> Any:
        """Return the function or class with the template."""
        if (made := within_descriptor(fn, self)) is not None:
            return made
        prompt: Any = fn
        if not isinstance(fn, type):
            prompt = _prompt_function(fn, partial(prompt_messages, self._template))
            prompt._prompt_template = self._template.text  # Mirascope v1's name, for decorators around calls
        prompt.__prompt_template__ = self._template
        return prompt


class ReturnedPrompt:
    """Changes a function to return its result as messages. If it returns None, its docstring is the template.

    A dynamic config is returned as a dynamic config with messages. If it decorates a class, the docstring of the class
    is the template.
    """

    # As above, the first overload that matches counts.
    @overload
    def __call__(self, fn: type[T], /) -> type[T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, Coroutine[Any, Any, ConfigT]], /
    ) -> Callable[P, Coroutine[Any, Any, ConfigT]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, Coroutine[Any, Any, object]], /
    ) -> Callable[P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...
    @overload
    def __call__(self, fn: Callable[P, ConfigT], /) -> Callable[P, ConfigT]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, object], /) -> Callable[P, list[BaseMessageParam]]: ...
    def __call__(self, fn: Callable[P, object] | type[T], /) -> Any:
        """Return the function, changed to return messages."""
        if isinstance(fn, type):
            return PromptDecorator(_docstring(fn))(cast("Any", fn))
        if (made := within_descriptor(fn, self)) is not None:
            return made
        return _prompt_function(fn, partial(_returned_messages, fn))


def prompt_messages(template: Template, values: Mapping[str, object], returned: object) -> list[BaseMessageParam]:
    """Return the messages of a prompt function with a template, for what the function `returned`.

    That is None or a dynamic config. Its `messages` replace the template unless they are None; its `computed_fields`
    add to the values and override them. Raises `PromptError` for anything else.
    """
    if returned is None:
        return template.render(values)
    if not isinstance(returned, Mapping):
        raise PromptError(
            f"a function with a prompt template returns nothing or a dynamic config, not {shown(returned)}",
            template=template.text,
        )
    config = cast("Mapping[str, object]", returned)
    if (messages := config.get("messages")) is not None:
        return Rendered(_spliced(messages), config)
    computed = config.get("computed_fields")
    if computed is None:
        return Rendered(template.render(values), config)
    if not isinstance(computed, Mapping):
        raise PromptError(f"computed_fields must be a mapping of names to values, not {shown(computed)}")
    return Rendered(template.render({**values, **cast("Mapping[str, object]", computed)}), config)


def _returned_messages(fn: object, values: Mapping[str, object], returned: object) -> object:
    if not is_config(returned):
        return as_messages(returned) if returned is not None else _docstring(fn).render(values)
    config = cast("Mapping[str, object]", returned)
    given = config.get("messages")
    messages = as_messages(given) if given is not None else prompt_messages(_docstring(fn), values, config)
    return {**config, "messages": messages}


def _prompt_function(
    fn: Callable[P, object], made: Callable[[Mapping[str, object], object], object]
) -> Callable[P, object]:
    """Return a function that calls `fn` and returns `made(arguments, result)`."""
    signature = inspect.signature(fn)

    if is_async(fn):

        @wraps(fn)
        async def aprompt(*args: P.args, **kwargs: P.kwargs) -> object:
            values = bound_values(signature, args, kwargs)
            returned = fn(*args, **kwargs)
            if inspect.isawaitable(returned):  # a wrapper may have awaited it already
                returned = await returned
            return made(values, returned)

        return aprompt

    @wraps(fn)
    def prompt(*args: P.args, **kwargs: P.kwargs) -> object:
        return made(bound_values(signature, args, kwargs), fn(*args, **kwargs))

    return prompt


def _docstring(fn: object) -> Template:
    text = inspect.cleandoc(cast("str | None", getattr(fn, "__doc__", None)) or "")
    if not text:
        name = getattr(fn, "__qualname__", repr(fn))
        raise PromptError(f"{name} has neither a prompt template nor a docstring to be one")
    return Template(text)


def _compiled(section: Section, template: str) -> _Compiled:
    pieces = parse(section, template)
    if section.heading == "messages":
        match pieces:
            case (Field(plain=True),):
                pass
            case _:
                message = "MESSAGES: takes one variable and nothing else, such as {history}"
                raise error_at(message, template, section.lines[0].at)
    return section.heading, pieces


def _text_parts(text: str) -> list[AnyPart]:
    return [TextPart(text=text)] if text.strip() else []


def _history(_: Field, value: object) -> list[BaseMessageParam]:
    return _spliced(value)


def _spliced(value: object) -> list[BaseMessageParam]:
    """Return the messages of a history. Those in a provider's own format are returned unchanged."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise PromptError(f"expected a list of messages, not {shown(value)}, a {type(value).__name__}")
    messages = cast("Sequence[object]", value)
    for message in messages:
        if message is None or isinstance(message, str | bytes | int | float | AnyPart):
            raise PromptError(f"expected a list of messages, but {shown(message)} is not a message")
    return cast("list[BaseMessageParam]", list(messages))
