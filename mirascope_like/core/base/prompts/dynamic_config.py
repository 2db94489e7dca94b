"""What a prompt function may return: text, messages, or a dynamic config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, cast

from pydantic import BaseModel
from typing_extensions import TypedDict, TypeVar

from ..errors import PromptError
from ..messages import BaseMessageParam, Messages
from ..parsing import as_list

# Any by default: when a dict sets only one of these, pyright cannot infer the others, and an unsolved one fits Any
# only.
MessageT = TypeVar("MessageT", default=Any)
ParamsT = TypeVar("ParamsT", default=Any)
ClientT = TypeVar("ClientT", default=Any)


class BaseDynamicConfig(TypedDict, Generic[MessageT, ParamsT, ClientT], total=False):
    """What a prompt function may return to set more than its text, for this call only.

    Each provider has its own, such as `OpenAIDynamicConfig`, with the types of its messages and parameters.
    """

    messages: str | MessageT | Sequence[MessageT]
    """Text, parts or messages; they replace the template."""
    tools: Sequence[Any]
    """The tools of this call; they replace those of the decorator."""
    call_params: ParamsT
    """Merged into the decorator's call parameters."""
    computed_fields: Mapping[str, Any]
    """Added to the variables of the template."""
    metadata: Mapping[str, Any]
    """Merged into the function's metadata."""
    client: ClientT
    """The client for this call."""


class Rendered(list[BaseMessageParam]):
    """The messages of a template with the dynamic config that the function returned; read by the call around it."""

    def __init__(self, messages: Iterable[BaseMessageParam], config: Mapping[str, Any]) -> None:
        super().__init__(messages)
        self.config = config


class Sent(list[Any]):
    """The messages of a conversation in the format of one provider."""

    def __init__(self, origin: str, to: Callable[[str], list[Any]]) -> None:
        super().__init__(to(origin))
        self.origin = origin
        """The origin of the messages: the name of their format, as `Provider.origin` returns it."""
        self.to = to
        """Returns the messages for another origin."""


Prompt = str | BaseMessageParam | Sequence[Any] | BaseDynamicConfig[Any, Any, Any] | Mapping[str, Any] | None
"""What a prompt function may return."""


def is_config(returned: object) -> bool:
    """Return True if a prompt function returned a dynamic config, not a message: a message that is a dict has a
    role.
    """
    return isinstance(returned, Mapping) and "role" not in returned


def as_messages(result: Any) -> list[Any]:
    """Return text, parts, a message or a list of these as messages; text and parts become a user message.

    Empty messages in the common form are left out of a list.
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
            raise PromptError("a list of messages contains something that is not a message")
        return [Messages.User(*items)]
    return [Messages.User(result)]


def has_content(message: Any) -> bool:
    """Return False for a message in the common form without text and parts. Messages in a provider's own format are not
    checked.
    """
    if not isinstance(message, BaseMessageParam):
        return True
    if isinstance(message.content, str):
        return bool(message.content)
    return any(getattr(part, "text", True) for part in message.content)


def _spliced(values: Sequence[Any]) -> Iterator[Any]:
    """Yield the values, replacing each list of messages by its items: some providers return several messages."""
    for value in values:
        items = as_list(value)
        if isinstance(value, list) and all(is_message(one) for one in items):
            yield from items
        else:
            yield value


def is_message(value: Any) -> bool:
    """Return True for a message: a common one, or a dict or SDK object with a role.

    An item of OpenAI's Responses API may have no role: it has a type and an id, its own or that of the call it answers.
    """
    if isinstance(value, Mapping):
        return "role" in value or ("type" in value and any(str(key).endswith("id") for key in cast("Any", value)))
    return hasattr(value, "role") or (isinstance(value, BaseModel) and hasattr(value, "type") and hasattr(value, "id"))
