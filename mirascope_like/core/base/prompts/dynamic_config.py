"""The values that a prompt function may return: text, messages, or a dynamic config."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Never, cast

from pydantic import BaseModel
from typing_extensions import TypedDict, TypeVar

from ..errors import PromptError
from ..messages import BaseMessageParam, Messages
from ..parsing import as_list, is_mapping

# The default is Any: if a dict sets only one of these keys, pyright cannot infer the types of the others.
MessageT = TypeVar("MessageT", default=Any)
ParamsT = TypeVar("ParamsT", default=Any)
ClientT = TypeVar("ClientT", default=Any)


class BaseDynamicConfig(TypedDict, Generic[MessageT, ParamsT, ClientT], total=False):
    """A dict that a prompt function may return to set options for this call only.

    Each provider has its own version, such as `OpenAIDynamicConfig`, with the types of its messages and parameters.
    """

    messages: str | MessageT | Sequence[MessageT]
    """Text, parts or messages, which replace the template."""
    tools: Sequence[Any]
    """The tools of this call, which replace those of the decorator."""
    call_params: ParamsT
    """Call parameters, which are merged into those of the decorator."""
    computed_fields: Mapping[str, Any]
    """Additional variables of the template."""
    metadata: Mapping[str, Any]
    """Metadata, which is merged into the metadata of the function."""
    client: ClientT
    """The client that sends the request of this call."""


class Rendered(list[BaseMessageParam]):
    """The messages of a rendered template, together with the dynamic config that the function returned. The call
    decorator reads both.
    """

    def __init__(
        self, messages: Iterable[BaseMessageParam], config: Mapping[str, Any], template: str | None = None
    ) -> None:
        super().__init__(messages)
        self.config = config
        self.template = template
        """The dedented text of the docstring that is the template; None for the template of a decorator."""


class Sent(list[Any]):
    """The messages of a conversation in the format of one provider, with a function that converts them to another
    format.
    """

    def __init__(self, origin: str, to: Callable[[str], list[Any]]) -> None:
        super().__init__(to(origin))
        self.origin = origin
        """The name of the format of the messages, as `Provider.origin` returns it."""
        self.to = to
        """A function that returns the messages in the format of another origin."""


Prompt = str | BaseMessageParam | Sequence[Any] | BaseDynamicConfig[Any, Any, Any] | Mapping[str, Any] | None
"""The values that a prompt function may return."""

# Overloads tell functions apart by these type variables and not by the types themselves. If a function returns Any (to
# mypy, one without a return annotation does), mypy takes the first overload that matches only if the parameters of all
# of them are equal once solved. Those of type variables are; plain types make it `def (*Any, **Any) -> Any`.
PromptT = TypeVar("PromptT", bound=Prompt)
AsyncPromptT = TypeVar("AsyncPromptT", bound=Coroutine[Any, Any, Prompt])
NothingT = TypeVar("NothingT", bound=Never)
"""Matches a function that returns Any, and no other that returns. It is in the first overload, which is sync."""
CoroutineT = TypeVar("CoroutineT", bound=Coroutine[Any, Any, object])


def is_config(returned: object) -> bool:
    """Return True if a prompt function returned a dynamic config. A dict with a role is a message and not a config."""
    return is_mapping(returned) and "role" not in returned


def as_messages(result: Any) -> list[Any]:
    """Return the result of a prompt function as a list of messages. Text and parts become one user message.

    Accepts text, a part, a message, or a list of these. Empty messages in the common form are removed from a list.
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
            raise PromptError(
                "the prompt is a list with messages and other values: use only messages, or only text and parts"
            )
        return [Messages.User(*items)]
    return [Messages.User(result)]


def has_content(message: Any) -> bool:
    """Return False for an empty message in the common form. Messages in a provider's own format always return True."""
    if not isinstance(message, BaseMessageParam):
        return True
    if isinstance(message.content, str):
        return bool(message.content)
    return any(getattr(part, "text", True) for part in message.content)


def _spliced(values: Sequence[Any]) -> Iterator[Any]:
    """Yield the values; of a value that is a list of messages, yield each message. Some providers return several
    messages at once.
    """
    for value in values:
        items = as_list(value)
        if isinstance(value, list) and all(is_message(one) for one in items):
            yield from items
        else:
            yield value


def is_message(value: Any) -> bool:
    """Return True for a message: one in the common form, or a dict or SDK object that has a role.

    Items of OpenAI's Responses API without a role also count. They are recognized by a type and an id.
    """
    if is_mapping(value):
        return "role" in value or ("type" in value and any(str(key).endswith("id") for key in value))
    return hasattr(value, "role") or (isinstance(value, BaseModel) and hasattr(value, "type") and hasattr(value, "id"))
