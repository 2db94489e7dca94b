"""Response models that cannot work are errors where the call is decorated; `FromCallArgs` after other models works."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Annotated, Any, Optional, TypeVar

import pydantic.v1
import pytest
from pydantic import BaseModel

from mirascope_like.core import ConfigurationError, FromCallArgs, openai
from tests.conformance.providers import OPENAI
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server


class Author(BaseModel):
    name: str


class TextFirst(BaseModel):
    text: Annotated[str, FromCallArgs()]
    author: Author


class AuthorFirst(BaseModel):
    author: Author
    text: Annotated[str, FromCallArgs()]


class AuthorsFirst(BaseModel):
    author: list[Author] | None
    again: Author | None = None
    text: Annotated[str, FromCallArgs()]


class Marked(BaseModel):
    text: Annotated[str, FromCallArgs()]


class Around(BaseModel):
    first: Author
    within: Marked


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("kind", "author"),
    [(TextFirst, {"name": "H"}), (AuthorFirst, {"name": "H"}), (AuthorsFirst, [{"name": "H"}])],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_field_from_the_call_after_a_field_that_holds_a_model(
    kind: Any, author: Any, stream: bool, server: Server
) -> None:
    # The order of the fields of a model says nothing of how they are filled.
    answer = Answer(Call("call_1", kind.__name__, f'{{"author": {str(author).replace(chr(39), chr(34))}}}'))
    server.reply(OPENAI.wire.streamed(answer) if stream else OPENAI.wire.answered(answer))
    with OPENAI.client(server) as client:
        options: Any = {"stream": True} if stream else {}

        @openai.call("m", response_model=kind, client=client, **options)
        def summarize(text: str) -> str:
            return text

        made: Any = summarize("t")
        found = list(made)[-1] if stream else made
    assert found == kind.model_validate({"author": author, "text": "t"})


def test_a_field_of_a_model_within_is_not_filled() -> None:
    with pytest.raises(ConfigurationError, match=r"field Marked\.text cannot be marked FromCallArgs"):
        openai.call("m", response_model=Around)


class Old(pydantic.v1.BaseModel):
    a: int


with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # pydantic warns of it, and accepts it

    class HoldsOld(BaseModel):
        olds: list[Old]


class Later(BaseModel):
    a: "Undefined"  # type: ignore[name-defined]  # noqa: F821, UP037


class HoldsLater(BaseModel):
    later: Optional["Later"]  # noqa: UP037, UP045


AnyT = TypeVar("AnyT")


def function() -> int:
    return 1


@pytest.mark.filterwarnings("ignore:Mixing V1 models:UserWarning")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Old, "Old is a model of pydantic's version 1"),
        (list[Old], "Old is a model of pydantic's version 1"),
        (HoldsOld, "Old is a model of pydantic's version 1"),
        (Later, "unsupported response_model Later: 'Undefined' is not defined"),
        (HoldsLater, "unsupported response_model HoldsLater: 'Undefined' is not defined"),
        (list["Unknown"], "'Unknown' is not defined"),  # type: ignore[name-defined]  # noqa: F821
        ("Author", "unsupported response_model 'Author': it is a str: pass the type itself"),
        (function, "it is a function: pass the type that the function returns"),
        (AnyT, "it is a type variable: pass a type"),
        (Callable[[int], int], "cannot be offered to a model"),
        (type, "cannot be offered to a model"),
        (3, "unsupported response_model 3"),
        ([int], "unsupported response_model ["),
        (re.compile, "it is a function"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", "")[:40],
)
def test_an_odd_model_is_an_error_where_it_is_given(kind: Any, why: str, stream: bool) -> None:
    with pytest.raises(ConfigurationError) as caught:
        openai.call("m", response_model=kind, stream=stream)
    assert why in str(caught.value)


def test_a_model_whose_types_are_defined_by_then() -> None:
    class Tree(BaseModel):
        children: list["Tree"]  # noqa: UP037

    Tree.model_rebuild()
    assert openai.call("m", response_model=Tree)
    assert openai.call("m", response_model=list[Tree])
