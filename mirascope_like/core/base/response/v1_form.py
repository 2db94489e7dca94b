"""Base classes of the responses and chunks of a provider in Mirascope v1's form, which `call_factory` uses.

Such a provider defines each property itself (`content`, `model`, `usage`, `tools`, ...), instead of `facts`.
`BaseCallResponse` with v1's eight type parameters is `V1CallResponse`, and `BaseCallResponseChunk` with v1's two is
`V1CallResponseChunk`; so they are without parameters, in a class that defines `model` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import PrivateAttr

from ..messages import BaseMessageParam
from ..parsing import as_object
from ..tools import BaseTool, ToolCall, call_of
from .call_response import BaseCallResponse
from .chunk import BaseCallResponseChunk
from .metadata import Facts
from .usage import Usage


class V1CallResponse(BaseCallResponse[Any, Any]):
    """Base class of responses that define `content`, `tools`, `message_param` and so on themselves.

    Its constructor also accepts v1's `tool_types` and `user_message_param`.
    """

    _facts: ClassVar[Facts] = Facts()
    provider: ClassVar[str] = "NO PROVIDER"
    _tool_base: ClassVar[type[BaseTool]] = BaseTool
    _provider: ClassVar[str] = "NO PROVIDER"
    _model: str = PrivateAttr(default="NO MODEL")
    _message_converter: Any = PrivateAttr(default=None)
    _read_output: Callable[[Any, bool], str] | None = PrivateAttr(default=None)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.provider = cls._provider

    @classmethod
    def parse_raw_response(cls, raw: bytes | Mapping[str, Any]) -> Any:
        """Return `raw` itself: such a provider may have responses that are dicts."""
        return raw

    @classmethod
    def _check(cls, response: Any) -> None:
        """Do nothing: the provider's own code raises the errors of its responses."""

    @classmethod
    def _decode_message(cls, message: Any) -> BaseMessageParam:
        """Convert a message to the common form, with the provider's `_message_converter` if it has one."""
        if isinstance(message, BaseMessageParam):
            return message
        converter: Any = cls.__private_attributes__["_message_converter"].get_default()
        if converter is not None:
            decoded: BaseMessageParam = converter.from_provider([message])[0]
            return decoded
        fields = as_object(message)
        return BaseMessageParam(role=fields.get("role", "user"), content=fields.get("content") or "")

    @property
    def answer(self) -> str:
        """The text of the structured output, which the provider's `get_json_output` finds."""
        if self._read_output is None or self.answer_name is None:
            return super().answer
        try:
            return self._read_output(self, self.json_mode)
        except ValueError:  # v1's functions raise it if there is no output
            return self.content

    @property
    def _tool_calls(self) -> list[ToolCall]:
        return [call_of(tool) for tool in self.tools or ()]

    @property
    def _usage(self) -> Usage | None:
        return usage_of(self)

    def _find_tools(self, dump: Mapping[str, Any], context: Any) -> None:
        kinds = dump.get("tool_types") or ()
        if all(isinstance(kind, type) for kind in kinds):
            self._tool_types = list(kinds)
        else:
            super()._find_tools(dump, context)


class V1CallResponseChunk(BaseCallResponseChunk[Any, Any, Any]):
    """Base class of chunks that define `content`, `finish_reasons`, `model` and so on themselves."""

    _facts: ClassVar[Facts] = Facts()
    provider: ClassVar[str] = "NO PROVIDER"

    def __init__(self, chunk: Any) -> None:
        self._chunk = chunk

    @property
    def _usage(self) -> Usage | None:
        return usage_of(self)

    def _without_content(self) -> Any:
        """Return a copy of this chunk with empty content."""
        kind: Any = type(type(self).__name__, (type(self),), {"content": "", "__module__": type(self).__module__})
        return kind(chunk=self.chunk)


FORMS: Mapping[type[Any], type[Any]] = {
    BaseCallResponse: V1CallResponse,
    BaseCallResponseChunk: V1CallResponseChunk,
}
"""The base class in v1's form of responses and chunks."""


def usage_of(owner: Any) -> Usage | None:
    """Return the usage in the common form of an object that defines the three counts of tokens itself."""
    read, cached, written = owner.input_tokens, owner.cached_tokens, owner.output_tokens
    if read is None and written is None:
        return None
    return Usage(input_tokens=read, cached_tokens=cached, output_tokens=written)
