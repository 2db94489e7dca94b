"""Public classes and functions are found by their module and name, so they can be pickled; so are decorated ones."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any

import pytest

from mirascope_like import (
    BasePrompt,
    BaseTool,
    BaseToolKit,
    SQLiteCache,
    cached,
    llm,
    metadata,
    prompt_template,
    toolkit_tool,
)
from mirascope_like.core import openai
from mirascope_like.integrations import middleware_factory
from mirascope_like.retries import fallback
from tests.harness.public_names import is_ours, loaded_home, public, public_homes, rooms


@pytest.mark.parametrize("home", public_homes())
def test_classes_and_functions_are_found_by_their_names(home: str) -> None:
    failed = {}
    for name, value in public(home).items():
        if is_ours(value):
            found = f"{value.__module__}:{value.__qualname__}"
            try:
                assert reduce(getattr, value.__qualname__.split("."), import_module(value.__module__)) is value
                assert pickle.loads(pickle.dumps(value)) is value
            except Exception as error:
                failed[name] = f"{found}: {error!r}"
    assert not failed


@pytest.mark.parametrize(
    "home", [home for home in public_homes() if home not in rooms() and home != "mirascope_like.tools"]
)
def test_dir_lists_the_public_names(home: str) -> None:
    """Completion in editors and notebooks shows what `dir` returns: no imports, no modules of the package itself."""
    found = loaded_home(home)
    if hasattr(found, "__all__"):
        assert set(dir(found)) == set(found.__all__)


# What users decorate: a pickle holds its name, as it does for any function


@openai.call("m")
def call(genre: str) -> str:
    return genre


@openai.call("m", stream=True)
async def stream(genre: str) -> str:
    return genre


@openai.call("m", response_model=list[str], tools=[])
@metadata({"tags": {"version:1"}})
@prompt_template("Recommend {genre}")
def structured(genre: str) -> None: ...


@prompt_template("Recommend {genre}")
def template(genre: str) -> None: ...


@fallback(ValueError, [{"catch": ValueError, "provider": "openai", "model": "m"}])
@llm.call("openai:m")
def with_fallback(genre: str) -> str:
    return genre


@middleware_factory()
@openai.call("m")
def with_middleware(genre: str) -> str:
    return genre


@cached(SQLiteCache(":memory:"))
@openai.call("m")
async def with_cache(genre: str) -> str:
    return genre


@openai.model("m").task
def task(genre: str) -> str:
    """Recommend a book."""
    return genre


@openai.model("m").task
async def async_task(genre: str) -> str:
    """Recommend a book."""
    return genre


@prompt_template("Recommend {genre}")
class Prompt(BasePrompt):
    genre: str


class Shelf(BaseTool):
    """Look at a shelf."""

    number: int

    def call(self) -> str:
        return f"shelf {self.number}"


class Library(BaseToolKit):
    place: str

    @toolkit_tool
    def look(self, shelf: int) -> str:
        """Look at a shelf."""
        return f"{self.place}, {shelf}"


@pytest.mark.parametrize(
    "made",
    [
        call,
        stream,
        structured,
        template,
        with_fallback,
        with_middleware,
        with_cache,
        task,
        async_task,
        Prompt,
        Shelf,
        Library,
    ],
)
def test_what_is_decorated_goes_through_pickle(made: Callable[..., Any]) -> None:
    assert pickle.loads(pickle.dumps(made)) is made
    assert copy.deepcopy(made) is made
