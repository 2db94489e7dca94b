"""Toolkits: templates, state, namespaces, inheritance."""

from __future__ import annotations

import asyncio
import copy
import pickle
from datetime import date
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from mirascope_like.core.base.errors import ConfigurationError
from mirascope_like.core.base.tools import (
    BaseTool,
    BaseToolKit,
    ToolCall,
    tool_description,
    tool_name,
    tool_type,
    toolkit_tool,
)


class Shelf(BaseModel):
    place: str
    opened: date = date(2020, 1, 31)


class BookTools(BaseToolKit):
    """Tools about books."""

    __namespace__ = "book_tools"

    level: Literal["beginner", "advanced"]
    shelf: Shelf = Shelf(place="hall")

    @toolkit_tool
    def suggest(self, title: str, id: int = 1) -> str:
        """Suggest a book for a {self.level} reader of {self.shelf.place} ({self.shelf.opened:%Y}).

        Args:
            id: which {{copy}} for {self.level!r}
            title: its title
        """
        return f"{title} {id} for {self.level}"

    @toolkit_tool
    async def later(self) -> str:
        return self.level

    def unrelated(self) -> str:
        return self.level


class Special(BookTools):
    """More of them."""

    __namespace__: ClassVar[str | None] = None

    @toolkit_tool
    def extra(self, shelf: Shelf) -> str:
        """Do more."""
        return shelf.place


def tool(kinds: list[type[BaseTool]], index: int, arguments: str) -> BaseTool:
    return kinds[index].from_call(ToolCall("i", tool_name(kinds[index]), arguments))


def test_tools_are_described_by_what_the_instance_holds() -> None:
    suggest, later = BookTools(level="beginner").create_tools()
    assert tool_name(suggest) == "book_tools_suggest"
    assert tool_description(suggest) == "Suggest a book for a beginner reader of hall (2020)."
    assert suggest.tool_json_schema() == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "its title"},
            "id": {"type": "integer", "description": "which {copy} for 'beginner'", "default": 1},
        },
        "required": ["title"],
    }
    assert tool_name(later) == "book_tools_later"
    assert tool_description(later) == "Later"


def test_instances_are_independent() -> None:
    one, other = BookTools(level="beginner"), BookTools(level="advanced", shelf=Shelf(place="attic"))
    first, second = one.create_tools(), other.create_tools()
    assert tool_description(second[0]) == "Suggest a book for a advanced reader of attic (2020)."
    assert tool_description(first[0]) == "Suggest a book for a beginner reader of hall (2020)."
    assert tool(first, 0, '{"title": "A"}').call() == "A 1 for beginner"
    assert tool(second, 0, '{"title": "A", "id": 2}').call() == "A 2 for advanced"
    assert not hasattr(first[0], "level")


def test_tools_follow_their_instance() -> None:
    kit = BookTools(level="beginner")
    before = kit.create_tools()
    kit.level = "advanced"
    assert tool(before, 0, '{"title": "A"}').call() == "A 1 for advanced"
    assert "a advanced reader" in tool_description(kit.create_tools()[0])
    again = copy.deepcopy(kit)
    again.level = "beginner"
    assert tool(again.create_tools(), 0, '{"title": "A"}').call() == "A 1 for beginner"
    assert pickle.loads(pickle.dumps(kit)) == kit


def test_async_methods() -> None:
    assert asyncio.run(tool(BookTools(level="beginner").create_tools(), 1, "").call()) == "beginner"


def test_a_subclass_has_the_tools_of_its_base() -> None:
    kinds = Special(level="advanced").create_tools()
    assert [tool_name(kind) for kind in kinds] == ["suggest", "later", "extra"]
    assert tool(kinds, 2, '{"shelf": {"place": "here"}}').call() == "here"


def test_an_override_without_the_mark_is_no_tool() -> None:
    class Fewer(Special):
        def extra(self, shelf: Shelf) -> str:
            return ""

    assert [tool_name(kind) for kind in Fewer(level="advanced").create_tools()] == ["suggest", "later"]


def test_a_tool_of_a_kit_joins_a_providers_base() -> None:
    class OtherBase(BaseTool):
        """A provider's base."""

    (suggest, _) = BookTools(level="beginner").create_tools()
    kind = tool_type(suggest, OtherBase)
    made = kind.from_call(ToolCall("i", "book_tools_suggest", '{"title": "A", "id": 5}'))
    assert isinstance(made, suggest)
    assert isinstance(made, OtherBase)
    assert (made.call(), made.args, made.id) == ("A 5 for beginner", {"title": "A", "id": 5}, "i")
    assert tool_description(kind) == tool_description(suggest)


def test_a_class_may_be_defined_again() -> None:
    def define(text: str) -> type[BaseToolKit]:
        class Again(BaseToolKit):
            __namespace__ = "again"

            @toolkit_tool
            def say(self) -> str:
                return text

        return Again

    kits = [define("one")(), define("two")()]
    assert [tool(kit.create_tools(), 0, "").call() for kit in kits] == ["one", "two"]


def test_values_are_inert() -> None:
    class Kit(BaseToolKit):
        text: str

        @toolkit_tool
        def say(self, word: str) -> str:
            """Say {self.text}.

            Args:
                word: the word
            """
            return word

    (say,) = Kit(text="{self.__class__}\n\nArgs:\n    word: other").create_tools()
    assert tool_description(say) == "Say {self.__class__}\n\nArgs:\n    word: other."
    assert say.tool_json_schema()["properties"]["word"]["description"] == "the word"


def test_static_and_class_methods() -> None:
    class Kit(BaseToolKit):
        @toolkit_tool
        @staticmethod
        def double(x: int) -> int:
            """Double it."""
            return 2 * x

        @toolkit_tool
        @classmethod
        def kind(cls) -> str:
            """Say the kind."""
            return cls.__name__

        @staticmethod
        @toolkit_tool
        def halve(x: int) -> float:
            """Halve it."""
            return x / 2

        @classmethod
        @toolkit_tool
        def size(cls) -> int:
            """Say the size."""
            return len(cls.model_fields)

    kinds = Kit().create_tools()
    assert tool(kinds, 0, '{"x": 2}').call() == 4
    assert tool(kinds, 1, "").call() == "Kit"
    assert tool(kinds, 2, '{"x": 2}').call() == 1.0
    assert tool(kinds, 3, "").call() == 0


@pytest.mark.parametrize(
    "docstring", ["Say {word}.", "Say {}.", "Say {0}.", "Say {selfish.x}.", "Say {self.x:{y}}.", "{"]
)
def test_a_docstring_that_cannot_be_filled_in(docstring: str) -> None:
    def say(self: Any) -> str:
        return ""

    say.__doc__ = docstring
    with pytest.raises(ConfigurationError, match="'say'"):
        toolkit_tool(say)


def test_a_docstring_that_names_what_the_kit_does_not_hold() -> None:
    class Kit(BaseToolKit):
        @toolkit_tool
        def say(self) -> str:
            """Say {self.gone}."""
            return ""

    with pytest.raises(ConfigurationError, match=r"Kit\.say.*gone"):
        Kit().create_tools()
