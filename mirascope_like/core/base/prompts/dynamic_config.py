"""What a prompt function may return: text, messages, or a configuration of its call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, cast

from pydantic import BaseModel
from typing_extensions import TypedDict, TypeVar

from ..errors import PromptError
from ..messages import BaseMessageParam, Messages
from ..parsing import as_list

# Any by default: where a dict says one of these, pyright leaves the others open, and an open one fits Any alone.
MessageT = TypeVar("MessageT", default=Any)
ParamsT = TypeVar("ParamsT", default=Any)
ClientT = TypeVar("ClientT", default=Any)


class BaseDynamicConfig(TypedDict, Generic[MessageT, ParamsT, ClientT], total=False):
    """What a prompt function may return to decide more than its text, for this call alone.

    A provider has its own, such as `OpenAIDynamicConfig`, with the types of its messages and parameters.
    """

    messages: str | MessageT | Sequence[MessageT]
    """Text, parts or messages; they replace the template."""
    tools: Sequence[Any]
    """The tools of this call; they replace those of the decorator."""
    call_params: ParamsT
    """Added to those of the decorator."""
    computed_fields: Mapping[str, Any]
    """Added to the variables of the template."""
    metadata: Mapping[str, Any]
    """Added to what the function is marked with."""
    client: ClientT
    """The client for this call."""


class Rendered(list[BaseMessageParam]):
    """The messages of a template, with the configuration that the function returned: for a call around decorators."""

    def __init__(self, messages: Iterable[BaseMessageParam], config: Mapping[str, Any]) -> None:
        super().__init__(messages)
        self.config = config


class Sent(list[Any]):
    """The messages of a conversation, as one provider is sent them."""

    def __init__(self, origin: str, to: Callable[[str], list[Any]]) -> None:
        super().__init__(to(origin))
        self.origin = origin
        """Whose form they have: the provider that they are sent to, as `Provider.origin` names it."""
        self.to = to
        """Returns them in the form of another origin."""


Prompt = str | BaseMessageParam | Sequence[Any] | BaseDynamicConfig[Any, Any, Any] | Mapping[str, Any] | None
"""What a prompt function may return."""


def is_config(returned: object) -> bool:
    """Whether a prompt function returned a configuration; a message that is a dict has a role."""
    return isinstance(returned, Mapping) and "role" not in returned


def as_messages(result: Any) -> list[Any]:
    """Return text, parts, a message, or a list of them as messages; text and parts are the user's.

    Of several messages, an empty one of ours is left out, as it is of a template.
    """
    if isinstance(result, Sent):
        return result
    if isinstance(result, BaseMessageParam) or is_message(result):
        return [result]
    if isinstance(result, list | tuple):
        items = list(_spliced(cast("Sequence[Any]", result)))
        if all(is_message(item) for item in items):
            return [item for item in items if not isinstance(item, BaseMessageParam) or item.content != ""] or items
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
