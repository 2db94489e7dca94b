"""Tools from functions and classes: their schemas, calls, partial calls, errors and outputs."""

import asyncio
import copy
import functools
import gc
import math
import pickle
import uuid
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar, Literal, NotRequired, TypedDict, Unpack

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from mirascope_like.core.base.errors import ConfigurationError, ToolArgumentsError, ToolNotFoundError
from mirascope_like.core.base.response import tool_results
from mirascope_like.core.base.tools import (
    BaseTool,
    ToolCall,
    ToolConfig,
    UnknownTool,
    arguments_of,
    call_of,
    delta_of,
    error_of,
    find_tool,
    is_error,
    partial_tool,
    tool_description,
    tool_from_function,
    tool_name,
    tool_output_text,
    tool_type,
)


def called(name: str, arguments: str, native: Any = None) -> ToolCall:
    return ToolCall("call_1", name, arguments, native)


def run(fn: Callable[..., Any], arguments: str) -> Any:
    return tool_from_function(fn).from_call(called(fn.__name__, arguments)).call()


class Genre(StrEnum):
    FANTASY = "fantasy"
    CRIME = "crime"


class Author(BaseModel):
    """Who wrote it."""

    first: str
    last: str | None = None


class OtherBase(BaseTool):
    """A provider's base."""

    tool_config: ClassVar[ToolConfig] = ToolConfig()

    @classmethod
    def tool_schema(cls) -> dict[str, Any]:
        return {"function": tool_name(cls), "parameters": cls.tool_json_schema()}


class TestFunctionSchemas:
    def test_all_the_json_kinds(self) -> None:
        def recommend(
            title: str,
            year: int,
            genre: Genre,
            author: Author,
            format: Literal["paper", "audio"],
            score: float | None = None,
            tags: list[str] = [],  # noqa: B006
            published: date | int = 0,
        ) -> str:
            """Recommend a book."""
            return title

        assert tool_from_function(recommend).tool_json_schema() == {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "year": {"type": "integer"},
                "genre": {"$ref": "#/$defs/Genre"},
                "author": {"$ref": "#/$defs/Author"},
                "format": {"type": "string", "enum": ["paper", "audio"]},
                "score": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
                "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                "published": {
                    "anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}],
                    "default": 0,
                },
            },
            "required": ["title", "year", "genre", "author", "format"],
            "$defs": {
                "Genre": {"type": "string", "enum": ["fantasy", "crime"]},
                "Author": {
                    "type": "object",
                    "description": "Who wrote it.",
                    "properties": {
                        "first": {"type": "string"},
                        "last": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                    },
                    "required": ["first"],
                },
            },
        }

    @pytest.mark.parametrize(
        "docstring",
        [
            """Format a book.

            In a nice way.

            Args:
                author: Who wrote it:
                    first and last name.
                title (str): What it is called.

            Returns:
                The text.
            """,
            """
            Format a book.

            In a nice way.

            Parameters
            ----------
            author : str
                Who wrote it:
                first and last name.
            title : str, optional
                What it is called.

            Returns
            -------
            str
                The text.
            """,
            """Format a book.

            In a nice way.

            :param author: Who wrote it:
                first and last name.
            :param str title: What it is called.
            :returns: the text
            """,
            """Format a book.

            In a nice way.

            @param author: Who wrote it:
                first and last name.
            @param title: What it is called.
            @return: the text
            """,
        ],
        ids=["google", "numpy", "sphinx", "epydoc"],
    )
    def test_docstring_styles_in_another_order_than_the_signature(self, docstring: str) -> None:
        def format_book(title: str, author: str, pages: int = 0) -> str:
            return title

        format_book.__doc__ = docstring
        kind = tool_from_function(format_book)
        assert tool_description(kind) == "Format a book.\n\nIn a nice way."
        assert kind.tool_json_schema() == {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "What it is called."},
                "author": {"type": "string", "description": "Who wrote it:\nfirst and last name."},
                "pages": {"type": "integer", "default": 0},
            },
            "required": ["title", "author"],
        }

    def test_numpy_names_that_share_a_line(self) -> None:
        def add(x: int, y: int) -> int:
            """Add.

            Parameters
            ----------
            x, y : int
                A summand.
            """
            return x + y

        properties = tool_from_function(add).tool_json_schema()["properties"]
        assert properties == {
            "x": {"type": "integer", "description": "A summand."},
            "y": {"type": "integer", "description": "A summand."},
        }

    def test_documented_parameters_that_do_not_exist_are_passed_over(self) -> None:
        def ping(host: str) -> str:
            """Ping.

            Args:
                port: gone
            """
            return host

        assert tool_from_function(ping).tool_json_schema()["properties"] == {"host": {"type": "string"}}

    def test_without_docstring_the_name_in_words(self) -> None:
        def get_current_weather(city: str) -> str:
            return city

        class HTTPStatus(BaseTool):
            code: int

        assert tool_description(tool_from_function(get_current_weather)) == "Get current weather"
        assert tool_description(HTTPStatus) == "Http status"
        assert tool_name(tool_from_function(get_current_weather)) == "get_current_weather"

    def test_no_parameters(self) -> None:
        def now() -> str:
            return "noon"

        assert tool_from_function(now).tool_json_schema() == {"type": "object", "properties": {}}
        for nothing in ("", "  ", "null", "{}"):
            assert run(now, nothing) == "noon"

    def test_a_parameter_without_annotation_takes_any_json(self) -> None:
        def show(value, times=2):  # type: ignore[no-untyped-def]
            """Show.

            Args:
                value: whatever
            """
            return value, times

        assert tool_from_function(show).tool_json_schema() == {
            "type": "object",
            "properties": {"value": {"description": "whatever"}, "times": {"default": 2}},
            "required": ["value"],
        }
        assert run(show, '{"value": [1, {"a": null}]}') == ([1, {"a": None}], 2)

    def test_annotated_descriptions_win_over_the_docstring(self) -> None:
        def search(
            query: Annotated[str, "what to look for"],
            limit: Annotated[int, Field(ge=1, description="how many")] = 3,
            site: str = Field(default="all", description="where"),
            page: Annotated[int, Field(ge=1)] = 1,
        ) -> Any:
            """Search.

            Args:
                query: no
                limit: no
                site: no
                page: which page
            """
            return query, limit, site, page

        assert tool_from_function(search).tool_json_schema() == {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "what to look for"},
                "limit": {"type": "integer", "minimum": 1, "description": "how many", "default": 3},
                "site": {"type": "string", "description": "where", "default": "all"},
                "page": {"type": "integer", "minimum": 1, "description": "which page", "default": 1},
            },
            "required": ["query"],
        }
        assert run(search, '{"query": "x"}') == ("x", 3, "all", 1)

    def test_a_field_with_an_alias_of_its_own(self) -> None:
        def fly(start: Annotated[str, Field(alias="from")], id: Annotated[str, Field(alias="flightId")]) -> str:
            return start + id

        kind = tool_from_function(fly)
        assert kind.tool_json_schema()["required"] == ["from", "flightId"]
        tool = kind.from_call(called("fly", '{"from": "A", "flightId": "1"}'))
        assert (tool.call(), tool.args) == ("A1", {"start": "A", "id": "1"})

    def test_titles_that_were_given_stay_and_a_parameter_may_be_called_title(self) -> None:
        def note(title: str, body: Annotated[str, Field(title="The Body")]) -> str:
            return title + body

        assert tool_from_function(note).tool_json_schema()["properties"] == {
            "title": {"type": "string"},
            "body": {"type": "string", "title": "The Body"},
        }

    def test_the_schema_is_the_callers_to_change(self) -> None:
        def ping(host: str) -> str:
            return host

        tool_from_function(ping).tool_json_schema()["properties"].clear()
        assert tool_from_function(ping).tool_json_schema()["properties"] == {"host": {"type": "string"}}

    def test_a_recursive_tool_is_an_object(self) -> None:
        class Node(BaseTool):
            """A node."""

            children: list["Node"] = Field(default=[])

        Node.model_rebuild()
        node = {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []}},
        }
        schema = Node.tool_json_schema()
        assert schema.pop("$defs")["Node"]["properties"] == node["properties"]
        assert schema == node

    def test_a_local_type_named_in_a_string(self) -> None:
        class Local(BaseModel):
            x: int

        def outer() -> type[BaseTool]:
            class Inner(BaseModel):
                y: int

            def use(a: "Local", b: "list[Inner]", c: "Genre | None" = None) -> Any:
                """Use them."""
                return a, b, c

            return tool_from_function(use)

        tool = outer().from_call(called("use", '{"a": {"x": 1}, "b": [{"y": 2}], "c": "crime"}'))
        a, (b,), c = tool.call()
        assert (a, b.y, c) == (Local(x=1), 2, Genre.CRIME)

    def test_a_name_that_cannot_be_resolved(self) -> None:
        def use(a: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
            """Use it."""

        with pytest.raises(ConfigurationError, match=r"'use'.*'Nowhere'.*'a'"):
            tool_from_function(use)

    def test_the_return_annotation_is_not_looked_at(self) -> None:
        def use(a: int) -> "Nowhere":  # type: ignore[name-defined]  # noqa: F821
            return a

        assert run(use, '{"a": 1}') == 1

    def test_types_without_a_json_form(self) -> None:
        class Opaque: ...

        def use(a: Opaque) -> None: ...
        def hook(a: Callable[[], None]) -> None: ...

        with pytest.raises(ConfigurationError, match="'use' cannot be a tool"):
            tool_from_function(use)
        with pytest.raises(ConfigurationError, match="'hook' cannot be offered"):
            tool_from_function(hook).tool_json_schema()

    def test_built_once_for_each_function_and_base_and_freed_with_it(self) -> None:
        def ping() -> str:
            return "pong"

        @functools.wraps(ping)
        def loud() -> str:
            return "PONG"

        kind = tool_from_function(ping)
        assert tool_from_function(ping) is kind
        assert tool_from_function(ping, OtherBase) is tool_from_function(ping, OtherBase)
        assert tool_from_function(ping, OtherBase) is not kind
        wrapped = functools.wraps(ping)(lambda: "PONG")  # has copied what ping keeps
        assert tool_from_function(wrapped) is not kind
        assert run(wrapped, "") == "PONG"
        assert run(loud, "") == "PONG"
        gone = weakref.ref(kind)
        del kind, ping, wrapped, loud
        gc.collect()
        assert gone() is None


class TestFunctionCalls:
    def test_positional_only_and_keyword_only(self) -> None:
        def power(base: int, exponent: int = 2, /, *, modulus: int | None = None) -> int:
            return pow(base, exponent, modulus)

        assert run(power, '{"base": 3}') == 9
        assert run(power, '{"modulus": 5, "exponent": 3, "base": 3}') == 2

    def test_further_arguments(self) -> None:
        def tag(name: str, **labels: int) -> Any:
            """Tag.

            Args:
                name: what
            """
            return name, labels

        kind = tool_from_function(tag)
        assert kind.tool_json_schema() == {
            "type": "object",
            "properties": {"name": {"type": "string", "description": "what"}},
            "required": ["name"],
            "additionalProperties": {"type": "integer"},
        }
        tool = kind.from_call(called("tag", '{"name": "n", "a": 1, "b": "2"}'))
        assert tool.args == {"name": "n", "a": 1, "b": 2}
        assert tool.call() == ("n", {"a": 1, "b": 2})
        assert isinstance(kind.from_call(called("tag", '{"name": "n", "a": "x"}')).error, ToolArgumentsError)

    def test_further_arguments_of_any_kind(self) -> None:
        def tag(**labels):  # type: ignore[no-untyped-def]
            return labels

        assert tool_from_function(tag, OtherBase).tool_json_schema() == {
            "type": "object",
            "properties": {},
            "additionalProperties": True,
        }
        assert run(tag, '{"id": [1], "self": null}') == {"id": [1], "self": None}

    def test_an_unpacked_typed_dict(self) -> None:
        from typing_extensions import TypedDict as Extended

        class Options(Extended):
            depth: int
            loud: NotRequired[bool]

        def walk(path: str, **options: Unpack[Options]) -> Any:
            return path, options

        schema = tool_from_function(walk).tool_json_schema()
        assert schema["required"] == ["path", "depth"]
        assert run(walk, '{"path": "p", "depth": 1}') == ("p", {"depth": 1})
        assert run(walk, '{"path": "p", "depth": 1, "loud": true}') == ("p", {"depth": 1, "loud": True})

    def test_positional_arguments_of_any_number_are_refused(self) -> None:
        def add(*numbers: int) -> int:
            return sum(numbers)

        with pytest.raises(ConfigurationError, match=r"'add'.*\*numbers"):
            tool_from_function(add)

    def test_a_default_that_the_model_leaves_out_is_the_functions_own(self) -> None:
        unset: Any = object()

        def update(value: Any = unset) -> bool:
            return value is unset

        assert tool_from_function(update).tool_json_schema()["properties"] == {"value": {}}
        assert run(update, "{}") is True
        assert run(update, '{"value": null}') is False

    def test_async(self) -> None:
        async def fetch(url: str) -> str:
            await asyncio.sleep(0)
            return f"<{url}>"

        kind = tool_from_function(fetch)
        assert asyncio.run(kind.from_call(called("fetch", '{"url": "u"}')).call()) == "<u>"
        with pytest.raises(ToolArgumentsError):
            asyncio.run(kind.from_call(called("fetch", "{")).call())

    def test_bound_methods_keep_their_own_instance(self) -> None:
        class Library:
            def __init__(self, books: list[str]) -> None:
                self.books = books

            def has(self, book: str) -> bool:
                """Whether a book is there."""
                return book in self.books

            @classmethod
            def called(cls, suffix: str) -> str:
                return cls.__name__ + suffix

        one, other = Library(["a"]), Library(["b"])
        kinds = [tool_from_function(one.has), tool_from_function(other.has)]
        tools = [kind.from_call(called("has", '{"book": "b"}')) for kind in kinds]
        assert [tool.call() for tool in tools] == [False, True]
        assert kinds[0].tool_json_schema()["required"] == ["book"]
        assert run(Library.called, '{"suffix": "!"}') == "Library!"

    def test_partials_and_callable_objects(self) -> None:
        def add(x: int, y: int) -> int:
            """Add."""
            return x + y

        class Double:
            def __call__(self, x: int) -> int:
                """Double it."""
                return 2 * x

        add_one = tool_from_function(functools.partial(add, 1))
        assert (tool_name(add_one), tool_description(add_one)) == ("add", "Add.")
        assert add_one.from_call(called("add", '{"y": 2}')).call() == 3
        double = tool_from_function(Double())
        assert (tool_name(double), tool_description(double)) == ("Double", "Double it.")
        assert double.from_call(called("Double", '{"x": 4}')).call() == 8
        with pytest.raises(ConfigurationError, match="needs a name"):
            tool_from_function(lambda x: x)

    def test_builtins(self) -> None:
        assert run(math.sqrt, '{"x": 9}') == 3
        with pytest.raises(ConfigurationError, match="'max' cannot be a tool"):
            tool_from_function(max)

    def test_arguments_are_validated_into_python_values(self) -> None:
        @dataclass
        class Point:
            x: int
            y: int = 0

        def use(at: Point, when: datetime, ids: set[int], author: Author, genre: Genre) -> Any:
            return at, when, ids, author, genre

        arguments = (
            '{"at": {"x": 1}, "when": "2024-05-01T10:00:00", "ids": [1, 1], "author": {"first": "A"}, "genre": "crime"}'
        )
        expected = (Point(1), datetime(2024, 5, 1, 10), {1}, Author(first="A"), Genre.CRIME)
        assert run(use, arguments) == expected
        tool = tool_from_function(use).from_call(called("use", arguments))
        assert tuple(tool.args.values()) == expected

    def test_a_union_of_models(self) -> None:
        class Cat(BaseModel):
            kind: Literal["cat"]
            lives: int

        class Dog(BaseModel):
            kind: Literal["dog"]

        def pet(animal: Annotated[Cat | Dog, Field(discriminator="kind")]) -> str:
            return animal.kind

        assert run(pet, '{"animal": {"kind": "dog"}}') == "dog"

    def test_an_error_of_the_function_is_its_own(self) -> None:
        def fail() -> None:
            raise KeyError("gone")

        with pytest.raises(KeyError, match="gone"):
            run(fail, "")


NAMES = ["id", "args", "name", "delta", "tool_call", "error", "call", "partial", "from_call", "tool_config"]
NAMES += [
    "tool_json_schema",
    "model_config",
    "model_name",
    "model_dump",
    "copy",
    "json",
    "_hidden",
    "schema",
    "self_",
]


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("base", [BaseTool, OtherBase])
    def test_any_parameter_name(self, name: str, base: type[BaseTool]) -> None:
        scope: dict[str, Any] = {}
        exec(f"def use({name}: int, *, {name}_: int = 7):\n    return {name}, {name}_", scope)
        kind = tool_from_function(scope["use"], base)
        assert kind.tool_json_schema() == {
            "type": "object",
            "properties": {name: {"type": "integer"}, f"{name}_": {"type": "integer", "default": 7}},
            "required": [name],
        }
        tool = kind.from_call(called("use", f'{{"{name}": 3}}', native="raw"))
        assert tool.args == {name: 3, f"{name}_": 7}
        assert tool.call() == (3, 7)
        assert (tool.id, tool.name, tool.tool_call, tool.delta, tool.error) == (
            "call_1",
            "use",
            "raw",
            None,
            None,
        )

    def test_fields_of_a_class_may_have_any_of_these_names(self) -> None:
        class Run(BaseTool):
            """Run a program."""

            id: int
            name: str
            args: list[str]
            delta: float
            error: str
            tool_call: bool
            model_name: str

            def call(self) -> str:
                return f"{self.name} {' '.join(self.args)} {self.id} {self.error}"

        arguments = (
            '{"id": 1, "name": "ls", "args": ["-l"], "delta": 0.5, "error": "no", "tool_call": true, "model_name": "m"}'
        )
        call = called("Run", arguments)
        tool = Run.from_call(call)
        assert tool.call() == "ls -l 1 no"
        assert Run(id=1, name="x", args=[], delta=1, error="", tool_call=False, model_name="m").name == "x"
        assert len(Run.tool_json_schema()["required"]) == 7
        assert (call_of(tool), error_of(tool), delta_of(tool)) == (call, None, None)
        assert arguments_of(tool)["args"] == ["-l"]
        bad = Run.from_call(called("Run", "{}"))
        assert bad.error is None
        assert isinstance(error_of(bad), ToolArgumentsError)
        with pytest.raises(ToolArgumentsError):
            bad.call()

    def test_fields_of_a_plain_model_too(self) -> None:
        class Refund(BaseModel):
            partial: bool
            call: str
            from_call: str
            id: str

        kind = tool_type(Refund, OtherBase)
        assert kind.tool_json_schema()["required"] == ["partial", "call", "from_call", "id"]
        tool = kind.from_call(called("Refund", '{"partial": true, "call": "c", "from_call": "f", "id": "i"}'))
        assert isinstance(tool, Refund)
        assert (tool.partial, tool.call, tool.from_call, tool.id) == (True, "c", "f", "i")
        assert Refund.model_fields["partial"].is_required()


class FormatBook(BaseTool):
    """Return a nicely formatted book."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "DUNE", "author": "Herbert"}]})
    tool_config = ToolConfig()

    title: str = Field(..., description="The title.", examples=["DUNE"])
    author: str

    @field_validator("title")
    @classmethod
    def _upper(cls, title: str) -> str:
        if not title.isupper():
            raise ValueError("title must be uppercase")
        return title

    def call(self) -> str:
        """Format it."""
        return f"{self.title} by {self.author}"


class TestClasses:
    def test_schema_with_examples(self) -> None:
        assert FormatBook.tool_json_schema() == {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "The title.", "examples": ["DUNE"]},
                "author": {"type": "string"},
            },
            "required": ["title", "author"],
            "examples": [{"title": "DUNE", "author": "Herbert"}],
        }
        assert tool_description(FormatBook) == "Return a nicely formatted book."
        assert FormatBook._name() == "FormatBook"

    def test_a_call(self) -> None:
        native = {"id": "call_1"}
        tool = FormatBook.from_call(called("FormatBook", '{"title": "DUNE", "author": "Herbert"}', native))
        assert tool.call() == "DUNE by Herbert"
        assert tool.args == {"title": "DUNE", "author": "Herbert"}
        assert tool.tool_call is native
        assert (tool.id, tool.name, tool.delta, tool.error) == ("call_1", "FormatBook", None, None)
        assert tool.model_dump() == {"title": "DUNE", "author": "Herbert"}
        assert repr(tool) == "FormatBook(title='DUNE', author='Herbert')"
        assert FormatBook.call.__doc__ == "Format it."

    def test_made_by_hand(self) -> None:
        tool = FormatBook(title="DUNE", author="Herbert")
        assert (tool.call(), tool.id, tool.name, tool.tool_call) == (
            "DUNE by Herbert",
            None,
            "FormatBook",
            None,
        )
        assert call_of(tool) == ToolCall(None, "FormatBook", '{"title":"DUNE","author":"Herbert"}')
        with pytest.raises(ValidationError):
            FormatBook(title="dune", author="Herbert")

    def test_a_model_and_its_base_are_joined_once(self) -> None:
        kind = tool_type(FormatBook, OtherBase)
        assert kind is tool_type(FormatBook, OtherBase)
        assert tool_type(kind, OtherBase) is kind
        assert tool_type(FormatBook, BaseTool) is FormatBook
        tool = kind.from_call(called("FormatBook", '{"title": "DUNE", "author": "Herbert"}'))
        assert isinstance(tool, FormatBook)
        assert isinstance(tool, OtherBase)
        assert tool.call() == "DUNE by Herbert"
        assert kind.tool_schema() == {"function": "FormatBook", "parameters": FormatBook.tool_json_schema()}
        assert tool_description(kind) == "Return a nicely formatted book."

    def test_subclasses_do_not_share_what_is_kept(self) -> None:
        class Longer(FormatBook):
            """Longer."""

            pages: int = 0

        base = tool_type(FormatBook, OtherBase)
        assert tool_type(Longer, OtherBase) is not base
        assert "pages" in Longer.tool_json_schema()["properties"]
        assert "pages" not in FormatBook.tool_json_schema()["properties"]

    def test_a_plain_model(self) -> None:
        kind = tool_type(Author, OtherBase)
        tool = kind.from_call(called("Author", '{"first": "Ann"}'))
        assert isinstance(tool, Author)
        assert isinstance(tool, OtherBase)
        assert tool.call() is tool
        assert tool_description(kind) == "Who wrote it."
        assert tool_type(Author, BaseTool) is tool_type(Author, BaseTool)

    def test_a_plain_model_with_a_call_and_strict_settings(self) -> None:
        class Greet(BaseModel):
            model_config = ConfigDict(extra="forbid", frozen=True)
            who: str

            def call(self) -> str:
                return f"hello {self.who}"

        kind = tool_type(Greet, OtherBase)
        assert kind.tool_json_schema()["additionalProperties"] is False
        assert kind.from_call(called("Greet", '{"who": "you"}')).call() == "hello you"
        bad = kind.from_call(called("Greet", '{"who": "you", "more": 1}'))
        assert "more: Extra inputs are not permitted" in tool_output_text(bad.error)
        with pytest.raises(ToolArgumentsError):
            bad.call()

    def test_what_is_no_tool(self) -> None:
        for wrong in (int, Genre):
            with pytest.raises(ConfigurationError, match="a function or a pydantic class"):
                tool_type(wrong, BaseTool)

    def test_without_call(self) -> None:
        class Nothing(BaseTool):
            """Nothing."""

        with pytest.raises(NotImplementedError, match="Nothing does not define call"):
            Nothing().call()

    def test_async_call_and_super(self) -> None:
        class Base(BaseTool):
            x: int

            async def call(self) -> int:
                return self.x

        class Derived(Base):
            async def call(self) -> int:
                return 10 * await super().call()

        assert asyncio.run(Derived.from_call(called("Derived", '{"x": 2}')).call()) == 20

    def test_copies_and_pickles_keep_the_call(self) -> None:
        tool = FormatBook.from_call(called("FormatBook", '{"title": "DUNE", "author": "H"}', {"a": 1}))
        for other in (pickle.loads(pickle.dumps(tool)), copy.deepcopy(tool), tool.model_copy()):
            assert (other.id, other.tool_call, other.call()) == ("call_1", {"a": 1}, "DUNE by H")

    def test_a_generic_name_is_made_callable(self) -> None:
        from typing import Generic, TypeVar

        T = TypeVar("T")

        class Box(BaseTool, Generic[T]):
            inside: T

        assert tool_name(Box[int]) == "Box_int"

    def test_nothing_warns(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")

            class Named(BaseTool):
                name: str
                model_id: str

            assert set(Named.model_fields) == {"name", "model_id"}


class TestErrors:
    def test_bad_json(self) -> None:
        tool = FormatBook.from_call(called("FormatBook", "nonsense"))
        assert isinstance(tool, FormatBook)
        assert isinstance(tool.error, ToolArgumentsError)
        assert tool.error.arguments == "nonsense"
        assert "Invalid JSON" in str(tool.error)
        assert isinstance(tool.error.__cause__, ValidationError)
        assert (tool.title, tool.author, tool.args) == (None, None, {})
        with pytest.raises(ToolArgumentsError) as caught:
            tool.call()
        assert caught.value is tool.error

    def test_arguments_that_were_cut_off(self) -> None:
        tool = FormatBook.from_call(called("FormatBook", '{"title": "DUNE", "author": "Her'))
        assert isinstance(tool.error, ToolArgumentsError)
        assert (tool.title, tool.author) == ("DUNE", "Her")
        assert tool.args == {"title": "DUNE", "author": "Her"}
        assert (tool.id, tool.name) == ("call_1", "FormatBook")

    def test_missing_and_wrong_arguments(self) -> None:
        def book(title: str, pages: int) -> None: ...

        tool = tool_from_function(book).from_call(called("book", '{"pages": "many"}'))
        with pytest.raises(ValidationError) as own:  # v1 prints pydantic's own text
            create_model("book", title=(str, ...), pages=(int, ...)).model_validate_json('{"pages": "many"}')
        assert str(tool.error) == str(own.value)
        assert tool_output_text(tool.error) == (
            "ToolArgumentsError: invalid arguments for tool 'book': title: Field required; pages: Input should be a "
            "valid integer, unable to parse string as an integer"
        )
        again = pickle.loads(pickle.dumps(tool.error))
        assert (str(again), tool_output_text(again)) == (str(tool.error), tool_output_text(tool.error))
        assert tool.args == {"pages": "many"}

    @pytest.mark.parametrize("arguments", ["[1]", "3", '"text"', '{"a": 1}}', "\ud800", "{" * 500])
    def test_never_raises(self, arguments: str) -> None:
        tool = FormatBook.from_call(called("FormatBook", arguments))
        assert isinstance(tool.error, ToolArgumentsError)

    def test_validators(self) -> None:
        class Odd(BaseTool):
            x: int
            _seen: list[int] = PrivateAttr(default_factory=list[int])
            _later: int = PrivateAttr()

            @model_validator(mode="after")
            def _check(self) -> "Odd":
                raise KeyError("broken validator")

            def model_post_init(self, context: Any) -> None:
                self._seen.append(self.x)

        tool = Odd.from_call(called("Odd", '{"x": 1}'))
        assert str(tool.error) == "a validator of tool 'Odd' failed for the arguments: KeyError: 'broken validator'"
        assert (tool.x, tool._seen) == (1, [])
        bad = FormatBook.from_call(called("FormatBook", '{"title": "dune", "author": "H"}'))
        assert "title: Value error, title must be uppercase" in tool_output_text(bad.error)

    def test_unknown_name(self) -> None:
        call = ToolCall("c", "FormatBok", '{"title": "DUNE", "id": 3}', native=1)
        tool = find_tool([FormatBook, tool_from_function(run)], call, OtherBase)
        assert isinstance(tool, OtherBase)
        assert isinstance(tool, UnknownTool)
        assert isinstance(tool.error, ToolNotFoundError)
        assert str(tool.error) == ("unknown tool 'FormatBok'; known: FormatBook, run; did you mean 'FormatBook'?")
        assert tool.args == {"title": "DUNE", "id": 3}
        assert (tool.id, tool.name, tool.tool_call) == ("c", "FormatBok", 1)
        with pytest.raises(ToolNotFoundError):
            tool.call()
        assert "none is known" in str(find_tool([], call, BaseTool).error)
        assert find_tool([], ToolCall(None, "x", "["), BaseTool).args == {}

    def test_known_name(self) -> None:
        tool = find_tool([FormatBook], called("FormatBook", '{"title": "A", "author": "B"}'), OtherBase)
        assert isinstance(tool, OtherBase)
        assert tool.call() == "A by B"

    def test_arguments_of_no_use_are_pydantics_error_too(self) -> None:
        def shelve(title: str, copies: int) -> None: ...

        tool = tool_from_function(shelve).from_call(called("shelve", '{"title": "Dune", "copies": "many"}'))
        with pytest.raises(ValidationError) as caught:
            tool.call()
        assert isinstance(caught.value, ToolArgumentsError)
        assert [one["loc"] for one in caught.value.errors()] == [("copies",)]
        again = pickle.loads(pickle.dumps(caught.value))
        assert (str(again), again.arguments) == (str(caught.value), '{"title": "Dune", "copies": "many"}')


class TestPartial:
    def test_fields_as_they_arrive(self) -> None:
        def note(title: str, pages: int, author: Author, tags: list[str], genre: Genre = Genre.CRIME) -> str:
            return title

        kind = tool_from_function(note)
        text = '{"title": "Du", "author": {"first": "Fr'
        tool = partial_tool(kind, called("note", text), "Fr")
        assert isinstance(tool, kind)
        assert tool.delta == "Fr"
        assert tool.error is None
        assert tool.args == {
            "title": "Du",
            "pages": None,
            "author": Author(first="Fr"),
            "tags": None,
            "genre": None,
        }

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", (None, None, None)),
            ('{"genre": "cri', (None, None, None)),
            ('{"genre": "crime", "authors": [{"last": "H"', (Genre.CRIME, [(None, "H")], None)),
            ('{"authors": [{"first": "A"}, {', (None, [("A", None), (None, None)], None)),
            ('{"by": {"a": {"last": "x"', (None, None, {"a": (None, "x")})),
        ],
    )
    def test_nested_models_are_models(self, text: str, expected: Any) -> None:
        class Books(BaseTool):
            genre: Genre
            authors: list[Author] | None
            by: dict[str, Author] = Field(default={})

        tool = partial_tool(Books, called("Books", text), "")
        authors = [(one.first, one.last) for one in tool.authors] if tool.authors is not None else None
        by = {key: (one.first, one.last) for key, one in tool.by.items()} if tool.by is not None else None
        assert (tool.genre, authors, by) == expected

    def test_renamed_fields_and_further_arguments(self) -> None:
        def use(id: str, **more: Any) -> None: ...

        tool = partial_tool(tool_from_function(use), called("use", '{"id": "1", "x": [2'), "2")
        assert tool.args == {"id": "1", "x": [2]}

    def test_it_cannot_run_yet(self) -> None:
        tool = partial_tool(FormatBook, called("FormatBook", '{"title": "D'), "D")
        with pytest.raises(ToolArgumentsError, match="still arriving"):
            tool.call()


class TestOutputs:
    def test_text(self) -> None:
        class Colour(Enum):
            RED = "red"

        class Size(str, Enum):  # noqa: UP042  # the older kind is meant
            BIG = "big"

        loop: list[Any] = []
        loop.append(loop)
        outputs: list[tuple[object, str]] = [
            ("as it is", "as it is"),
            ("", ""),
            (None, ""),
            (3, "3"),
            (1.5, "1.5"),
            (True, "true"),
            (["ä", None], '["ä",null]'),
            ({"a": {1}}, '{"a":[1]}'),
            (Author(first="A"), '{"first":"A","last":null}'),
            ([Author(first="A")], '[{"first":"A","last":null}]'),
            (datetime(2024, 5, 1), "2024-05-01T00:00:00"),
            (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
            (Decimal("1.10"), "1.10"),
            (b"text", "text"),
            (Colour.RED, "red"),
            (Size.BIG, "big"),
            (Genre.CRIME, "crime"),
            (ValueError("no good"), "ValueError: no good"),
            (KeyError(), "KeyError"),
            (loop, "[[...]]"),
            ((1, "a"), '[1,"a"]'),  # JSON has no tuples
            ({"at": (1.5, 2)}, '{"at":[1.5,2]}'),
        ]
        assert [tool_output_text(output) for output, _ in outputs] == [text for _, text in outputs]

    def test_dataclasses_and_others(self) -> None:
        @dataclass
        class Point:
            x: int

        class Odd:
            def __str__(self) -> str:
                return "odd one"

        class Row(TypedDict):
            a: int

        assert tool_output_text(Point(1)) == '{"x":1}'
        assert tool_output_text(Row(a=1)) == '{"a":1}'
        assert tool_output_text(Odd()) == "odd one"
        assert tool_output_text([Odd()]) == '["odd one"]'
        assert tool_output_text(b"\xff") == r"b'\xff'"

    def test_is_error(self) -> None:
        assert is_error(ValueError("x"))
        assert is_error(ToolNotFoundError("x"))
        assert not is_error("ValueError: x")
        assert not is_error(None)

    def test_the_result_of_an_unknown_tool_has_the_name_of_its_call(self) -> None:
        tool = find_tool([], ToolCall("c1", "nope", "{}"), BaseTool)
        (result,) = tool_results([(tool, tool.error)])
        assert (result.name, result.id, result.is_error) == ("nope", "c1", True)


class Library:
    def find(self, title: str) -> str:
        """Find a book."""
        return f"{title} is here"

    @staticmethod
    def count(self: int) -> int:
        return self + 1


def test_a_method_needs_its_object() -> None:
    assert run(Library().find, '{"title": "Emma"}') == "Emma is here"
    bound = tool_from_function(functools.partial(Library.find, Library()))
    assert bound.from_call(called("find", '{"title": "Emma"}')).call() == "Emma is here"
    assert run(Library.count, '{"self": 1}') == 2
    for method in (Library.find, functools.partial(Library.find, title="Emma")):
        with pytest.raises(ConfigurationError, match="find is a method without its object"):
            tool_from_function(method)


def test_a_function_may_have_an_argument_named_self() -> None:
    def look(self) -> str:  # type: ignore[no-untyped-def]  # pyright: ignore
        return f"at {self}"

    assert run(look, '{"self": "me"}') == "at me"
