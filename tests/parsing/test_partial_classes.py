"""The classes of partial models: one for each model, hidden from the registries of users, dumped and pickled."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

from pydantic import BaseModel, create_model, field_serializer, model_serializer

from mirascope_like.core import Partial

THREADS = 8


def test_one_class_under_threads() -> None:
    barrier = Barrier(THREADS)
    for number in range(5):
        model = create_model(f"Model{number}", title=(str, ...))

        def partial_of(_: int, model: Any = model) -> Any:
            barrier.wait()
            return Partial[model]

        with ThreadPoolExecutor(THREADS) as pool:
            assert len(set(pool.map(partial_of, range(THREADS)))) == 1


def test_registries_do_not_see_partials() -> None:
    seen: list[str] = []

    class Registered(BaseModel):
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            seen.append(cls.__name__)

        @classmethod
        def __pydantic_init_subclass__(cls, **options: Any) -> None:
            seen.append(cls.__name__)

    class Book(Registered):
        title: str

    before = list(seen)
    assert issubclass(Partial[Book], Book)  # type: ignore[type-abstract, misc]  # pyright: ignore
    assert seen == before == ["Book", "Book"]


def test_registries_of_a_metaclass_do_not_see_partials() -> None:
    seen: list[str] = []

    class Registry(type(BaseModel)):  # type: ignore[misc]
        def __new__(mcs, *args: Any, **options: Any) -> Any:
            seen.append(args[0])
            return super().__new__(mcs, *args, **options)

        def __init__(cls, *args: Any, **options: Any) -> None:
            seen.append(args[0])
            super().__init__(*args, **options)

    class Book(BaseModel, metaclass=Registry):
        title: str

    partial: Any = Partial[Book]  # type: ignore[type-abstract, misc]  # pyright: ignore
    assert issubclass(partial, Book)
    assert partial.model_construct(title=None).title is None
    assert seen == ["Book", "Book"]


class Event(BaseModel):
    day: date
    name: str

    @field_serializer("day")
    def _year(self, value: date) -> int:
        return value.year


class Whole(BaseModel):
    day: date

    @model_serializer
    def _text(self) -> str:
        return self.day.isoformat()


def test_partials_with_serializers_are_dumped_and_pickled() -> None:
    for kind, so_far, full in [
        (Event, {"day": None, "name": None}, {"day": 2024, "name": None}),
        (Whole, {"day": None}, "2024-01-02"),
    ]:
        partial: Any = Partial[kind]  # type: ignore[valid-type]  # pyright: ignore
        for made, expected in [(partial(), so_far), (partial(day=date(2024, 1, 2)), full)]:
            assert made.model_dump() == expected
            assert pickle.loads(pickle.dumps(made)) == made
