"""Prompt templates: texts with roles and `{fields}` that become messages. `prompt_template` is their decorator.

    SYSTEM: You know {language}.
    MESSAGES: {history}
    USER: {question}

A template is parsed once, before values are inserted. So a value cannot begin or end a message and is never read as a
field, and an invalid template raises an error before any call.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial, wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast, overload

from ..errors import PromptError
from ..messages import AnyPart, BaseMessageParam, TextPart, shown
from ..runtime import bound_values, is_async, within_descriptor
from .dynamic_config import BaseDynamicConfig, CoroutineT, NothingT, Rendered, as_messages, is_config
from .template_fields import Field, Piece, parse, parts_of, text_of, value_of
from .template_sections import Heading, Section, error_at, sections

P = ParamSpec("P")
T = TypeVar("T")
ConfigT = TypeVar("ConfigT", bound=BaseDynamicConfig[Any, Any, Any])
AsyncConfigT = TypeVar("AsyncConfigT", bound=Coroutine[Any, Any, BaseDynamicConfig[Any, Any, Any]])

_Compiled: TypeAlias = "tuple[Heading, tuple[Piece, ...]]"


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed prompt template.

    A message begins with SYSTEM:, USER:, ASSISTANT: or MESSAGES: at the start of a line. Text before the first of these
    words, or a template without them, is a user message. Indentation that all lines share, and blank space around each
    message, are removed. The content of a message is a str, or a list of parts if it has media. A message with empty
    content is left out, so a question that is already in the history need not be repeated.

    Raises `PromptError`, with the position, if the text is not a valid template.
    """

    text: str
    """The text of the template, unchanged."""
    variables: frozenset[str] = field(init=False, compare=False, repr=False)
    """The names of the variables that `render` needs values for."""
    _sections: tuple[_Compiled, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        compiled = tuple(_compiled(section, self.text) for section in sections(self.text))
        if not compiled:
            raise PromptError("the template is empty", template=self.text, position=0)
        names = (piece.root for _, pieces in compiled for piece in pieces if isinstance(piece, Field))
        object.__setattr__(self, "variables", frozenset(name for name in names if name))
        object.__setattr__(self, "_sections", compiled)

    @property
    def dedented(self) -> str:
        """The text without the indentation that all lines share, and without empty lines around it: what responses and
        dumps have as `prompt_template`.
        """
        return _dedented(self.text)

    def render(self, values: Mapping[str, object]) -> list[BaseMessageParam]:
        """Return the messages of the template with its fields replaced by `values`.

        The messages that `MESSAGES:` inserts are not changed, not even those in a provider's own format. Raises
        `PromptError`, with the position, if a variable, attribute or item is missing, and if a value cannot be inserted
        into its field.
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
    """Return a decorator that turns the arguments of a function into the messages of a template.

    The variables of the template are the arguments by name, including `self` and the entries of `**kwargs`. The
    function returns None or a dynamic config: its `computed_fields` are additional variables, and its `messages`
    replace the template.

    Without a template, the messages are what the function returns: text, parts, messages or a dynamic config. If it
    returns None, its docstring is the template.

    Raises `PromptError` at once if the template is invalid. A missing variable raises it only when the function is
    called, because the function may compute the variable.
    """
    if callable(template):
        raise PromptError("@prompt_template needs parentheses: write @prompt_template()")
    return ReturnedPrompt() if template is None else PromptDecorator(Template(template))


class PromptDecorator:
    """A decorator that sets its template as `__prompt_template__` of a function or class.

    A decorated function returns the messages of the template, whatever its return annotation is; an async function
    returns a coroutine of them. A class is not changed in any other respect.
    """

    def __init__(self, template: Template) -> None:
        self._template = template

    # The overloads overlap, because classes are callable and coroutines are objects; the first match counts.
    @overload
    def __call__(self, fn: type[T], /) -> type[T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, NothingT], /) -> Callable[P, list[BaseMessageParam]]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, CoroutineT], /
    ) -> Callable[P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...
    @overload
    def __call__(self, fn: Callable[P, T], /) -> Callable[P, list[BaseMessageParam]]: ...
    def __call__(self, fn: Callable[P, object] | type[T], /) -> Any:
        """Return a function that returns the messages of the template; for a class, return the class with the
        template set.
        """
        if (made := within_descriptor(fn, self)) is not None:
            return made
        prompt: Any = fn
        if not isinstance(fn, type):
            prompt = _prompt_function(fn, partial(prompt_messages, self._template))
            prompt._prompt_template = self._template.dedented  # Mirascope v1's name, for decorators around calls
        prompt.__prompt_template__ = self._template
        return prompt


class ReturnedPrompt:
    """A decorator that converts the result of a function to messages. If the result is None, the function's docstring
    is the template.

    If the function returns a dynamic config, the messages are set in the config. The docstring of a decorated class is
    its template.
    """

    # As above, the first overload that matches counts.
    @overload
    def __call__(self, fn: type[T], /) -> type[T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, NothingT], /) -> Callable[P, list[BaseMessageParam]]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, AsyncConfigT], /) -> Callable[P, AsyncConfigT]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, fn: Callable[P, CoroutineT], /
    ) -> Callable[P, Coroutine[Any, Any, list[BaseMessageParam]]]: ...
    @overload
    def __call__(self, fn: Callable[P, ConfigT], /) -> Callable[P, ConfigT]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, fn: Callable[P, T], /) -> Callable[P, list[BaseMessageParam]]: ...
    def __call__(self, fn: Callable[P, object] | type[T], /) -> Any:
        """Return a function that returns messages; for a class, return the class with its docstring as the template."""
        if isinstance(fn, type):
            return PromptDecorator(_docstring(fn))(cast("Any", fn))
        if (made := within_descriptor(fn, self)) is not None:
            return made
        return _prompt_function(fn, partial(_returned_messages, fn))


def prompt_messages(template: Template, values: Mapping[str, object], returned: object) -> list[BaseMessageParam]:
    """Return the messages of a function with a template. `returned` is the result of the function: None or a dynamic
    config.

    The config's `messages` replace the template unless they are None. Its `computed_fields` are added to the values and
    override them. Raises `PromptError` for any other result.
    """
    if returned is None:
        return template.render(values)
    if not isinstance(returned, Mapping):
        raise PromptError(
            f"a function with a prompt template must return None or a dynamic config, not {shown(returned)}",
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
    if not is_config(returned) and returned is not None:
        return as_messages(returned)
    config = cast("Mapping[str, object]", returned or {})
    if (given := config.get("messages")) is not None:
        return {**config, "messages": as_messages(given)}
    template = _docstring(fn)
    messages = Rendered(prompt_messages(template, values, config), config, template.dedented)
    return messages if returned is None else {**config, "messages": messages}


def _prompt_function(
    fn: Callable[P, object], made: Callable[[Mapping[str, object], object], object]
) -> Callable[P, object]:
    """Return a function that calls `fn` and then returns `made(arguments of fn, result of fn)`."""
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


_dedented = lru_cache(maxsize=256)(inspect.cleandoc)


def docstring_template(prompt: object) -> Template | None:
    """Return the template in the docstring of a function or class without `@prompt_template`, if the environment
    variable `MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE` is "ENABLED", as in Mirascope v1; else None.

    Raises `PromptError` for a docstring that is not a valid template.
    """
    if os.environ.get("MIRASCOPE_DOCSTRING_PROMPT_TEMPLATE") != "ENABLED" or not (text := _docstring_text(prompt)):
        return None
    return Template(text)


def _docstring_text(fn: object) -> str:
    return inspect.cleandoc(cast("str | None", getattr(fn, "__doc__", None)) or "")


def _docstring(fn: object) -> Template:
    text = _docstring_text(fn)
    if not text:
        name = getattr(fn, "__qualname__", repr(fn))
        raise PromptError(f"{name} has no prompt template: pass one to @prompt_template or write it as the docstring")
    return Template(text)


def _compiled(section: Section, template: str) -> _Compiled:
    pieces = parse(section, template)
    if section.heading == "messages":
        match pieces:
            case (Field(plain=True),):
                pass
            case _:
                message = "MESSAGES: must be followed by one variable and nothing else, such as MESSAGES: {history}"
                raise error_at(message, template, section.lines[0].at)
    return section.heading, pieces


def _text_parts(text: str) -> list[AnyPart]:
    return [TextPart(text=text)] if text.strip() else []


def _history(_: Field, value: object) -> list[BaseMessageParam]:
    return _spliced(value)


def _spliced(value: object) -> list[BaseMessageParam]:
    """Return a list of messages that a template or config inserts. Messages in a provider's own format are returned
    unchanged.
    """
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise PromptError(f"expected a list of messages, not {shown(value)}, a {type(value).__name__}")
    messages = cast("Sequence[object]", value)
    for message in messages:
        if message is None or isinstance(message, str | bytes | int | float | AnyPart):
            raise PromptError(f"expected a list of messages, but {shown(message)} is not a message")
    return cast("list[BaseMessageParam]", list(messages))
