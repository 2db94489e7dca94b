"""Structured streams: an answer of books, each piece of which gives a new partial model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from mirascope_like.core.base.parsing import ModelRecord, PartialParser

from .contenders import QUESTION, Contest
from .measure import Work
from .replies import cut, library

SIZES = ((24_000, 4_000), (95_000, 16_000))
"""Bytes of the answer, and its pieces."""


class Book(BaseModel):
    title: str = Field(min_length=1)
    author: str
    year: int = Field(ge=0)
    tags: list[str]
    summary: str


class Library(BaseModel):
    name: str
    books: list[Book]


def growing(size: int, count: int) -> Work:
    """Reading the pieces alone."""
    pieces = cut(library(size), count)
    whole = Library.model_validate_json("".join(pieces))

    def work() -> int:
        growth = PartialParser(ModelRecord(Library))
        for piece in pieces:
            if growth.feed(piece):
                growth.show()
        assert growth.value == whole
        return 1

    return work


def streaming(contest: Contest, client: Any, count: int) -> Work:
    """Reading a structured stream of so many pieces."""
    call: Any = contest.ours.call(
        contest.model, response_model=Library, stream=True, client=client, call_params=contest.demanded
    )

    def ask() -> str:
        return QUESTION

    prompt = call(ask)

    def work() -> int:
        partials = sum(1 for _ in prompt())
        assert partials > count / 2, partials
        return 1

    return work
