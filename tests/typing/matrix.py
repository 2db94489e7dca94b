"""Writes the matrix of types: each form of a prompt function, under each kind of call, in both modes of a checker.

A row is a form, a column a kind. Each cell is a function definition and an `assert_type` of what calling it returns.
The line of `assert_type` must not be an error. Those of most definitions may be, because they are the user's own: in
strict mode mypy wants an annotation on `def recommend(genre: str): ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEAD = """
from collections.abc import Callable, Coroutine, Sequence
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar, assert_type
from pydantic import BaseModel
from mirascope_like.core import BaseDynamicConfig, BaseMessageParam, Messages, metadata, openai, prompt_template
from mirascope_like.core.base.calls import Task
from mirascope_like.core.base.streams import AsyncStructuredStream, StructuredStream
P = ParamSpec("P")
T = TypeVar("T")
class Book(BaseModel):
    title: str
def typed(fn: Callable[P, T]) -> Callable[P, T]:
    return fn
def same(fn: T) -> T:
    return fn
def erased(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn
def untyped(fn):
    @wraps(fn)
    def inner(*args, **kwargs):
        return fn(*args, **kwargs)
    return inner
def anything() -> Any: ...
def done(given: object) -> None: ...
def awaited(given: Coroutine[Any, Any, T]) -> T: ...
ANY = anything()
Response = openai.OpenAICallResponse
Stream = openai.OpenAIStream
AsyncStream = openai.OpenAIAsyncStream
whole = openai.model("m")
streaming = openai.model("m", stream=True)
""".strip()


class Kind(NamedTuple):
    """A column: a kind of call."""

    decorator: str
    sync: str
    """What calling a sync function returns."""
    awaited: str
    """What calling an async function returns."""


def _coroutine(kind: str) -> str:
    return f"Coroutine[Any, Any, {kind}]"


_STRUCTURED = ("StructuredStream[Book, Stream]", "AsyncStructuredStream[Book, AsyncStream]")

KINDS = {
    "call": Kind('openai.call("m")', "Response", _coroutine("Response")),
    "stream": Kind('openai.call("m", stream=True)', "Stream", "AsyncStream"),
    "response_model": Kind('openai.call("m", response_model=Book)', "Book", _coroutine("Book")),
    "structured_stream": Kind('openai.call("m", response_model=Book, stream=True)', *_STRUCTURED),
    "output_parser": Kind('openai.call("m", output_parser=lambda r: r.content)', "str", _coroutine("str")),
    "any_client": Kind('openai.call("m", client=ANY)', "Response", _coroutine("Response")),
    "any_tools": Kind('openai.call("m", tools=ANY)', "Response", _coroutine("Response")),
    "model": Kind("whole.call", "Response", _coroutine("Response")),
    "model_options": Kind("whole.call(response_model=Book)", "Book", _coroutine("Book")),
    "streaming_model": Kind("streaming.call", "Stream", "AsyncStream"),
    "streaming_options": Kind("streaming.call(response_model=Book)", *_STRUCTURED),
}

# "@D" stands for the call's decorator, "@T" for a template, and F for the name of the function.
SYNC = {
    "template": "@D\n@T\ndef F(g: str): ...",
    "template, nothing annotated": "@D\n@T\ndef F(g): ...",
    "template, no arguments": '@D\n@prompt_template("A book")\ndef F(): ...',
    "template -> None": "@D\n@T\ndef F(g: str) -> None: ...",
    "template -> str": "@D\n@T\ndef F(g: str) -> str: ...",
    "template -> what calls return": "@D\n@T\ndef F(g: str) -> GIVEN: ...",
    "template -> Any": "@D\n@T\ndef F(g: str) -> Any: ...",
    "template, pass": "@D\n@T\ndef F(g: str):\n    pass",
    "template, docstring": '@D\n@T\ndef F(g: str):\n    """A docstring."""',
    "template, raise": "@D\n@T\ndef F(g: str):\n    raise NotImplementedError",
    "template -> config": '@D\n@T\ndef F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"computed_fields": {}}',
    "template, dict": '@D\n@T\ndef F(g: str):\n    return {"computed_fields": {"g": g}}',
    "template in the docstring": '@D\n@prompt_template()\ndef F(g: str):\n    """A {g} book"""',
    "returned -> str": "@D\n@prompt_template()\ndef F(g: str) -> str:\n    return g",
    "returned -> config": (
        '@D\n@prompt_template()\ndef F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"messages": g}'
    ),
    "plain -> str": "@D\ndef F(g: str) -> str:\n    return g",
    "plain str": "@D\ndef F(g: str):\n    return g",
    "plain, nothing annotated": "@D\ndef F(g):\n    return g",
    "plain -> Messages.Type": "@D\ndef F(g: str) -> Messages.Type:\n    return Messages.User(g)",
    "plain -> list": "@D\ndef F(g: str) -> list[BaseMessageParam]:\n    return [Messages.User(g)]",
    "plain list": "@D\ndef F(g: str):\n    return [Messages.User(g)]",
    "plain -> BaseMessageParam": "@D\ndef F(g: str) -> BaseMessageParam:\n    return Messages.User(g)",
    "plain -> BaseDynamicConfig": '@D\ndef F(g: str) -> BaseDynamicConfig:\n    return {"messages": g}',
    "plain -> config": '@D\ndef F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"messages": g}',
    "plain dict": '@D\ndef F(g: str):\n    return {"messages": g, "metadata": {"a": "b"}}',
    "plain -> Any": "@D\ndef F(g: str) -> Any:\n    return g",
    "plain -> Sequence[Any]": "@D\ndef F(g: str) -> Sequence[Any]:\n    return [g]",
    "plain -> union": "@D\ndef F(g: str) -> str | list[BaseMessageParam]:\n    return g",
    "keyword-only": "@D\ndef F(g: str, *, n: int = 1) -> str:\n    return g * n",
    "*args, **kwargs": "@D\ndef F(*g: str, **k: int) -> str:\n    return str(g)",
    "generic": "@D\ndef F(g: T) -> str:\n    return str(g)",
    "method, template": "class F:\n    @D\n    @T\n    def f(self, g: str): ...",
    "method -> str": "class F:\n    @D\n    def f(self, g: str) -> str:\n        return g",
    "classmethod, template": "class F:\n    @classmethod\n    @D\n    @T\n    def f(cls, g: str): ...",
    "staticmethod, template": "class F:\n    @staticmethod\n    @D\n    @T\n    def f(g: str): ...",
    "typed decorator between": "@D\n@typed\n@T\ndef F(g: str): ...",
    "typed decorator below": "@D\n@T\n@typed\ndef F(g: str): ...",
    "typed decorator, plain": "@D\n@same\ndef F(g: str):\n    return g",
    "typed decorator above": "@typed\n@D\n@T\ndef F(g: str): ...",
    "metadata between": '@D\n@metadata({"tags": {"a"}})\n@T\ndef F(g: str): ...',
    "decorator -> Callable[..., Any]": "@D\n@erased\n@T\ndef F(g: str): ...",
    "untyped decorator": "@D\n@untyped\n@T\ndef F(g: str): ...",
    "cache": "@D\n@cache\ndef F(g: str) -> str:\n    return g",
    "partial": "def F_0(g: str, n: int) -> str:\n    return g\nF = D(partial(F_0, n=1))",
    "partial, no annotation": "def F_0(g: str, n: int):\n    return g\nF = D(partial(F_0, n=1))",
    "callable object": "class F_0:\n    def __call__(self, g: str) -> str:\n        return g\nF = D(F_0())",
    "lambda": 'F = D(lambda: "A book")',
    "template, lambda": 'F = D(prompt_template("A book")(lambda: None))',
}
ASYNC = {
    "template": "@D\n@T\nasync def F(g: str): ...",
    "template, nothing annotated": "@D\n@T\nasync def F(g): ...",
    "template -> None": "@D\n@T\nasync def F(g: str) -> None: ...",
    "template -> str": "@D\n@T\nasync def F(g: str) -> str: ...",
    "template -> what calls return": "@D\n@T\nasync def F(g: str) -> GIVEN: ...",
    "template -> Any": "@D\n@T\nasync def F(g: str) -> Any: ...",
    "template, raise": "@D\n@T\nasync def F(g: str):\n    raise NotImplementedError",
    "template -> config": (
        '@D\n@T\nasync def F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"computed_fields": {}}'
    ),
    "template, dict": '@D\n@T\nasync def F(g: str):\n    return {"computed_fields": {"g": g}}',
    "template in the docstring": '@D\n@prompt_template()\nasync def F(g: str):\n    """A {g} book"""',
    "returned -> config": (
        '@D\n@prompt_template()\nasync def F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"messages": g}'
    ),
    "plain -> str": "@D\nasync def F(g: str) -> str:\n    return g",
    "plain str": "@D\nasync def F(g: str):\n    return g",
    "plain, nothing annotated": "@D\nasync def F(g):\n    return g",
    "plain -> config": '@D\nasync def F(g: str) -> openai.OpenAIDynamicConfig:\n    return {"messages": g}',
    "plain dict": '@D\nasync def F(g: str):\n    return {"messages": g}',
    "plain -> Messages.Type": "@D\nasync def F(g: str) -> Messages.Type:\n    return Messages.User(g)",
    "plain -> Any": "@D\nasync def F(g: str) -> Any:\n    return g",
    "method, template": "class F:\n    @D\n    @T\n    async def f(self, g: str): ...",
    "method -> str": "class F:\n    @D\n    async def f(self, g: str) -> str:\n        return g",
    "typed decorator between": "@D\n@typed\n@T\nasync def F(g: str): ...",
    "untyped decorator": "@D\n@untyped\n@T\nasync def F(g: str): ...",
    "metadata between": '@D\n@metadata({"tags": {"a"}})\n@T\nasync def F(g: str): ...',
    "callable object": "class F_0:\n    async def __call__(self, g: str) -> str:\n        return g\nF = D(F_0())",
}
IMPOSSIBLE = {"pyright": set[str](), "mypy": {"async untyped decorator", "streamed task"}}
"""What mypy cannot know. Nothing tells it that the function under an untyped decorator is async. To it a task without
a return annotation returns Any, and the overload for an async task needs the coroutine written out.
"""
CLEAN = {"template -> None", "async template -> None"}
"""Forms whose definition is no error in any mode either: what `docs/types.md` recommends."""

TEXT = ("str", "Stream", "AsyncStream")
BOOKS = "list[Book]"
TASKS = {
    "": TEXT,
    " -> None": TEXT,
    " -> str": TEXT,
    " -> Book": ("Book", *_STRUCTURED),
    " -> list[Book]": (BOOKS, f"StructuredStream[{BOOKS}, Stream]", f"AsyncStructuredStream[{BOOKS}, AsyncStream]"),
}
"""What a task returns, by the annotation of its function: a whole one, a streamed one, and a streamed async one."""


class Row(NamedTuple):
    """A cell of the matrix by name."""

    mode: str
    kind: str
    form: str


class Cell(NamedTuple):
    """A cell of the matrix."""

    form: str
    text: str
    """The definition of a function F."""
    use: str
    """A call of F."""
    expected: str
    """The type of that call."""


MODES = {
    "basic": [
        "# pyright: basic",
        "# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False",
        "# mypy: disallow-untyped-calls=False, disallow-untyped-decorators=False, warn-return-any=False",
        "# mypy: disallow-any-generics=False, strict-equality=False, warn-unused-ignores=False, extra-checks=False",
    ],
    "strict": ["# pyright: strict"],
}
"""The comments that set each mode. The checkers start in strict mode, so that one run of each answers for both."""


def write(folder: Path) -> dict[tuple[Path, int], Row]:
    """Write a file for each mode and kind; return the cells by file and line: that of `assert_type`."""
    rows: dict[tuple[Path, int], Row] = {}
    for mode, comments in MODES.items():
        (folder / mode).mkdir()
        (folder / mode / "__init__.py").touch()
        for kind, cells in _kinds():
            path = folder / mode / f"{kind}.py"
            lines = [*comments, *HEAD.splitlines()]
            for number, cell in enumerate(cells):
                text = f"{cell.text}\ndone(assert_type({cell.use}, {cell.expected}))"
                lines += re.sub(r"\bF(_0)?\b", rf"f{number}\1", text).splitlines()
                rows[path, len(lines)] = Row(mode, kind, cell.form)
            path.write_text("\n".join([*lines, ""]))
    return rows


def _kinds() -> Iterator[tuple[str, list[Cell]]]:
    """Yield each kind with its cells."""
    for kind, (decorator, sync, awaited) in KINDS.items():
        forms = [(form, text, sync) for form, text in SYNC.items()]
        forms += [(f"async {form}", text, awaited) for form, text in ASYNC.items()]
        yield kind, [Cell(form, _decorated(text, decorator, sync), _use(text), given) for form, text, given in forms]
    for options in ("", "()"):
        suffix = options.replace("()", "_options")
        yield f"task{suffix}", list(_whole_tasks(f"@whole.task{options}"))
        yield f"streamed_task{suffix}", list(_streamed_tasks(f"@streaming.task{options}"))


def _whole_tasks(decorator: str) -> Iterator[Cell]:
    for returns, (whole, _, _) in TASKS.items():
        yield Cell(f"task{returns}", f"{decorator}\n{_task(returns)}", 'F("x")', whole)
        yield Cell(f"async task{returns}", f"{decorator}\nasync {_task(returns)}", 'awaited(F("x"))', whole)


def _streamed_tasks(decorator: str) -> Iterator[Cell]:
    for returns, (_, stream, async_stream) in TASKS.items():
        yield Cell(f"streamed task{returns}", f"{decorator}\n{_task(returns)}", 'F("x")', stream)
        yield Cell(f"async streamed task{returns}", f"{decorator}\nasync {_task(returns)}", 'F("x")', async_stream)


def _task(returns: str) -> str:
    return f'def F(g: str){returns}:\n    """Write."""\n    raise NotImplementedError'


def _decorated(text: str, decorator: str, sync: str) -> str:
    text = text.replace("@T", '@prompt_template("A {g} book")').replace("GIVEN", sync)
    return re.sub(r"(?<=@)D\b|\bD(?=\()", decorator, text)


def _use(text: str) -> str:
    """Return a call of the function or method that `text` defines."""
    name = "F"
    if text.startswith("class F:"):
        name = "F.f" if "method" in text else "F().f"
    no_arguments = "F():" in text or re.search(r"F = .*\(lambda: [^)]*\)+$", text)
    return f"{name}()" if no_arguments else f'{name}("x")'
