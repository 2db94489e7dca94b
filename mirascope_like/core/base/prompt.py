"""What a prompt function returned, made into messages and options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Signature, signature
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel
from typing_extensions import TypedDict

from .errors import PromptError
from .messages import BaseMessageParam, Messages
from .signatures import bound_values
from .wire import as_list

if TYPE_CHECKING:
    from .template import Template


class BaseDynamicConfig(TypedDict, total=False):
    """What a prompt function may return to decide more than its text, for this call alone."""

    messages: Any
    """Text, parts or messages; they replace the template."""
    tools: Sequence[Any]
    """The tools of this call; they replace those of the decorator."""
    call_params: Mapping[str, Any]
    """Added to those of the decorator."""
    computed_fields: Mapping[str, Any]
    """Added to the variables of the template."""
    metadata: Mapping[str, Any]
    """Added to what the function is marked with."""
    client: Any
    """The client for this call."""


Prompt = str | BaseMessageParam | Sequence[Any] | BaseDynamicConfig | Mapping[str, Any] | None
"""What a prompt function may return."""


@dataclass(slots=True)
class Prompted:
    """A prompt function's answer: the messages, and the configuration that came with them."""

    messages: list[Any]
    config: BaseDynamicConfig = field(default_factory=BaseDynamicConfig)
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


class PromptFunction:
    """A function that says what to ask: its own text, or the template that it carries."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        template = getattr(fn, "__prompt_template__", None)
        self.template: Template | None = template
        self.fn: Callable[..., Any] = cast("Any", fn).__wrapped__ if template is not None else fn
        self.name: str = getattr(fn, "__name__", type(fn).__name__)
        self.metadata: Mapping[str, Any] = getattr(fn, "__metadata__", {})
        self._signature: Signature = signature(self.fn)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by their names, defaults included.

        Raises `TypeError`, as the function itself would, where they do not fit.
        """
        try:
            return bound_values(self._signature, args, kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}() {error}") from None

    def read(self, result: Any, arguments: Mapping[str, Any]) -> Prompted:
        """Make messages of what the function returned.

        Raises `PromptError` where it returned nothing that can be sent.
        """
        config = BaseDynamicConfig()
        if isinstance(result, Mapping) and "role" not in result:
            config = cast("BaseDynamicConfig", result)
            given = set(cast("Mapping[str, Any]", result))
            if unknown := given - set(BaseDynamicConfig.__annotations__):
                known = ", ".join(BaseDynamicConfig.__annotations__)
                raise PromptError(f"{self.name} returned {sorted(unknown)}: a configuration has {known}")
            result = config.get("messages")
        if result is not None and (self.template is None or config.get("messages") is not None):
            return Prompted(as_messages(result), config, arguments)
        if self.template is None:
            raise PromptError(f"{self.name} returned no prompt: return text or messages, or add @prompt_template")
        values = {**arguments, **(config.get("computed_fields") or {})}
        return Prompted(self.template.render(values), config, arguments)


def as_messages(result: Any) -> list[Any]:
    """Return text, parts, a message, or a list of them as messages; text and parts are the user's."""
    if isinstance(result, BaseMessageParam) or is_message(result):
        return [result]
    if isinstance(result, list | tuple):
        items = list(_spliced(cast("Sequence[Any]", result)))
        if all(is_message(item) for item in items):
            return items
        if any(is_message(item) for item in items):
            raise PromptError("a list of messages holds something that is no message")
        return [Messages.User(*items)]
    return [Messages.User(result)]


def _spliced(values: Sequence[Any]) -> Iterator[Any]:
    """Yield values, with each list of messages in its place: some providers answer in several."""
    for value in values:
        items = as_list(value)
        if isinstance(value, list) and all(is_message(one) for one in items):
            yield from items
        else:
            yield value


def is_message(value: Any) -> bool:
    """Whether a value is a message: one of ours, or a dict or an object of an SDK that has a role.

    An item of OpenAI's Responses may have no role: it has a type, and an id of its own or of the call that it answers.
    """
    if isinstance(value, Mapping):
        return "role" in value or ("type" in value and any(str(key).endswith("id") for key in cast("Any", value)))
    return hasattr(value, "role") or (isinstance(value, BaseModel) and hasattr(value, "type") and hasattr(value, "id"))
