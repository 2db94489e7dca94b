"""`Example:` sections of tools and response models are the keyword `examples` of their JSON schemas; the docstring of a
response model reaches every provider.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from mirascope_like.core import BaseTool, BaseToolKit, toolkit_tool
from mirascope_like.core.base.request import ResponseModel
from mirascope_like.core.base.tools import tool_description, tool_from_function, tool_type
from mirascope_like.core.openai import OpenAITool
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server

DUNE, EMMA = {"title": "Dune", "year": 1965}, {"title": "Emma", "year": 1815}
ONE, TWO = json.dumps(DUNE), json.dumps(EMMA)

STYLES: list[tuple[str, list[Any]]] = [
    (f"A book.\n\nExample:\n    {ONE}\n", [DUNE]),
    (f"A book.\n\nExamples:\n    {ONE}\n\n    {TWO}\n", [DUNE, EMMA]),
    (f"A book.\n\nExamples:\n    - {ONE}\n    - {TWO}\n", [DUNE, EMMA]),
    (f"A book.\n\nExamples:\n    [{ONE}, {TWO}]\n", [DUNE, EMMA]),
    (f"A book.\n\nExample:\n    ```json\n    {ONE}\n    ```\n", [DUNE]),
    (f"A book.\n\nExample: {ONE}\n", [DUNE]),
    (f"Example:\n    {ONE}\n", [DUNE]),
    (f"\n    A book.\n\n    Example:\n        {ONE}\n    ", [DUNE]),
    (f"A book.\n\n**Example:**\n    {ONE}\n", [DUNE]),
    (f"A book.\n\nExamples\n--------\n{ONE}\n\nNotes\n-----\nNone.\n", [DUNE]),
    (f"A book.\n\n:param title: The title.\n:example: {ONE}\n:param year: The year.\n", [DUNE]),
    (f"A book.\n\n@param title: The title.\n@example: {ONE}\n", [DUNE]),
    (f"A book.\n\nArgs:\n    title: The title.\n\nExample:\n    {ONE}\n\nReturns:\n    Nothing.\n", [DUNE]),
    ("A book.\n\nExample:\n    >>> add(1, 2)\n    3\n\nReturns:\n    It.", [">>> add(1, 2)\n3"]),
    ("A book.\n\nExample:\n    {not json\n", ["{not json"]),
    ('A book.\n\nExample:\n    {\n        "title": "Dune",\n        "year": 1965\n    }\n', [DUNE]),
]
every_style = pytest.mark.parametrize(("docstring", "expected"), STYLES)


@every_style
def test_tools(docstring: str, expected: list[Any]) -> None:
    def shelve(title: str, year: int) -> None: ...

    class Shelve(BaseTool):
        title: str
        year: int

    shelve.__doc__ = Shelve.__doc__ = docstring
    for kind in (tool_from_function(shelve), Shelve, tool_type(shelve, OpenAITool), tool_type(Shelve, OpenAITool)):
        assert kind.tool_json_schema()["examples"] == expected


@every_style
def test_response_models(docstring: str, expected: list[Any]) -> None:
    class Book(BaseModel):
        title: str
        year: int

    Book.__doc__ = docstring
    for strategy in ("tool", "schema", "json"):
        assert ResponseModel(Book).structure(strategy).schema["examples"] == expected


@pytest.mark.parametrize(
    "docstring",
    [
        "A book.",
        None,
        "An example: the book.",
        "A book.\n\nExample:\n",
        "Examples of books.",
        "A book, for example:\n  x",
    ],
)
def test_no_example(docstring: str | None) -> None:
    class Shelve(BaseTool):
        title: str

    Shelve.__doc__ = docstring
    assert "examples" not in Shelve.tool_json_schema()


def test_examples_of_the_configuration_win() -> None:
    class Shelve(BaseTool):
        """Shelve.

        Example:
            {"title": "Dune"}
        """

        model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Emma"}]})
        title: str

    assert Shelve.tool_json_schema()["examples"] == [{"title": "Emma"}]


def test_toolkits() -> None:
    class Library(BaseToolKit):
        shelf: int

        @toolkit_tool
        def shelve(self, title: str) -> None:
            """Shelve on {self.shelf}.

            Example:
                {{"title": "{self.shelf}"}}
            """

    (kind,) = Library(shelf=7).create_tools()
    assert kind.tool_json_schema()["examples"] == [{"title": "7"}]
    assert tool_description(kind) == "Shelve on 7."


class Book(BaseModel):
    """A book that was printed before 1900."""

    title: str


@pytest.mark.parametrize("options", [{}, {"json_mode": True}], ids=["loose", "json"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_the_docstring_of_a_response_model_reaches_every_provider(row: BaseRow, options: Any, server: Server) -> None:
    arguments = '{"title": "Emma"}'
    server.reply(row.wire.answered(Answer(arguments if options else Call("call_1", "Book", arguments))))
    with row.client(server) as client:
        assert row.ask(client, response_model=Book, **options).title == "Emma"
    assert "A book that was printed before 1900." in json.dumps(server.request.json)
