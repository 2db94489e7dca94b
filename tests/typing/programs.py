"""Forms of programs that users write: methods, generics, wrappers, and response models of many kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Generic, Literal, TypedDict, TypeVar, Unpack, assert_type, overload

from pydantic import BaseModel, Field

from mirascope_like import SQLiteCache, budget, cached, llm
from mirascope_like.core import (
    BaseMessageParam,
    BaseTool,
    BaseToolKit,
    Messages,
    anthropic,
    hosts,
    openai,
    prompt_template,
    toolkit_tool,
    xai,
)
from mirascope_like.core.base.streams import AsyncStructuredStream
from mirascope_like.retries import fallback, race


class Book(BaseModel):
    title: str


class Film(BaseModel):
    name: str


class TD(TypedDict):
    title: str


@dataclass
class DC:
    title: str


T = TypeVar("T")


class Librarian:
    genre = "fantasy"

    @openai.call("m")
    def recommend(self, n: int) -> str:
        return f"{n}"

    @classmethod
    @openai.call("m", response_model=Book)
    def cls_book(cls, n: int) -> str:
        return f"{n}"

    @staticmethod
    @openai.call("m", stream=True)
    def st(n: int) -> str:
        return f"{n}"

    @openai.call("m", response_model=Book, stream=True)
    async def many(self, n: int) -> str:
        return f"{n}"


assert_type(Librarian().recommend(1), openai.OpenAICallResponse)
assert_type(Librarian.cls_book(1), Book)
assert_type(Librarian.st(1), openai.OpenAIStream)


async def a1() -> None:
    assert_type(await Librarian().many(1), AsyncStructuredStream[Book, openai.OpenAIAsyncStream])
    async for so in Librarian().many(1):
        assert_type(so.title, str | None)


def outer(genre: str) -> str:
    @anthropic.call("m")
    def inner(n: int) -> str:
        return genre * n

    r = inner(3)
    assert_type(r, anthropic.AnthropicCallResponse)
    return r.content


@openai.call("m", response_model=TD)
def td(x: str) -> str:
    return x


assert_type(td("x"), TD)


@openai.call("m", response_model=list[Book])
def lb(x: str) -> str:
    return x


assert_type(lb("x"), list[Book])


@openai.call("m", response_model=Literal["a", "b"])
def lit(x: str) -> str:
    return x


assert_type(lit("x"), Literal["a", "b"])


@openai.call("m", response_model=DC)
def dc(x: str) -> str:
    return x


assert_type(dc("x"), DC)


@openai.call("m", response_model=Book | Film)
def un(x: str) -> str:
    return x


assert_type(un("x"), Book | Film)


@openai.call("m", response_model=Annotated[int, Field(gt=1)])
def an(x: str) -> str:
    return x


assert_type(an("x"), int)


@openai.call("m", response_model=dict[str, list[int]])
def dd(x: str) -> str:
    return x


assert_type(dd("x"), dict[str, list[int]])


@openai.call("m", response_model=Book | None)
def op(x: str) -> str:
    return x


assert_type(op("x"), Book | None)


@openai.call("m", response_model=tuple[int, str])
async def tu(x: str) -> str:
    return x


@openai.call("m", response_model=list[Book], stream=True)
def slb(x: str) -> str:
    return x


for book in slb("x").each():
    assert_type(book.title, str)


class Opts(TypedDict, total=False):
    tone: str


@openai.call("m")
def unp(x: str, **o: Unpack[Opts]) -> str:
    return x


assert_type(unp("x", tone="y"), openai.OpenAICallResponse)


@openai.call("m")
def al(x: Literal["a"], y: Annotated[int, "doc"] = 1) -> str:
    return x


al("a", y=2)
p = partial(al, "a")
assert_type(p(y=3), openai.OpenAICallResponse)


@prompt_template("Hi {x}")
def tmpl(x: str) -> None: ...


assert_type(tmpl("x"), list[BaseMessageParam])
whole = openai.call("m")(tmpl)
assert_type(whole("x"), openai.OpenAICallResponse)


@fallback(ValueError, [{"catch": ValueError, "provider": "openai", "model": "m"}])
@llm.call("openai:m")
def fb(x: str) -> str:
    return x


assert_type(fb("x"), llm.CallResponse)


@cached(SQLiteCache(":memory:"), ttl="7d", key=lambda request: request.payload["messages"])
@openai.call("m", response_model=Book)
def kept(genre: str, *, year: int = 1) -> str:
    return genre


@cached(SQLiteCache(":memory:"))
@anthropic.call("m", stream=True)
async def akept(genre: str) -> str:
    return genre


assert_type(kept("fantasy", year=2), Book)
assert_type(akept("fantasy"), anthropic.AnthropicAsyncStream)
kept("fantasy", years=2)  # error


@race(after=1.5, others=["claude-haiku", akept])
@anthropic.call("m", stream=True)
async def raced(genre: str) -> str:
    return genre


assert_type(raced("fantasy"), anthropic.AnthropicAsyncStream)
race(after=1.5)  # error

with budget(usd=1, requests=3) as spending:
    assert_type(spending.spent.usd, float)
    assert_type(spending.spent.requests, int)
budget(unknown="never")  # error


@openai.call("m", output_parser=lambda r: len(r.content))
def op2(x: str) -> str:
    return x


assert_type(op2("x"), int)


def parse(r: openai.OpenAICallResponse) -> list[str]:
    return r.content.split()


@openai.call("m", output_parser=parse)
async def op3(x: str) -> str:
    return x


async def a2() -> None:
    assert_type(await op3("x"), list[str])
    assert_type(await tu("x"), tuple[int, str])


class Find(BaseTool):
    """Find."""

    title: str

    def call(self) -> str:
        return self.title


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class Kit(BaseToolKit):
    @toolkit_tool
    def go(self, x: int) -> str:
        """Go."""
        return str(x)


@openai.call("m", tools=[Find, add, *Kit().create_tools()], response_model=Book)
def both(x: str) -> str:
    return x


r2 = both("x")
assert_type(r2, Book | openai.OpenAICallResponse)


@openai.call("m", tools=[Find, add])
def tl(x: str) -> Messages.Type:
    return [Messages.System("s"), Messages.User(x)]


resp = tl("x")
if resp.tools:
    outs = [(t, t.call()) for t in resp.tools]
    more: list[openai.OpenAIMessageParam] = [*resp.messages, resp.message_param, *resp.tool_message_params(outs)]


async def gen(x: str) -> AsyncIterator[str]:
    @openai.call("m", stream=True)
    async def s(x: str) -> str:
        return x

    async for chunk, tool in await s(x):
        assert_type(chunk, openai.OpenAICallResponseChunk)
        assert_type(tool, openai.OpenAITool | None)
        yield chunk.content


class Gen(Generic[T]):
    def __init__(self, kind: type[T]) -> None:
        self.kind = kind

    def get(self, x: str) -> T:
        @openai.call("m", response_model=self.kind)
        def f(x: str) -> str:
            return x

        return f(x)


assert_type(Gen(Book).get("x"), Book)


def ask(x: str, kind: type[T]) -> T:
    @openai.call("m", response_model=kind)
    def f(x: str) -> str:
        return x

    return f(x)


assert_type(ask("x", Film), Film)


def logged(fn: Callable[[str], str]) -> Callable[[str], str]:
    return fn


@openai.call("m")
@logged
def lg(x: str) -> str:
    return x


assert_type(lg("x"), openai.OpenAICallResponse)


def show(response: xai.XAICallResponse) -> str:
    return response.content


def show2(response: hosts.HostCallResponse) -> str:
    return response.content


@xai.call("grok")
def gk(x: str) -> str:
    return x


show(gk("x"))
show2(gk("x"))


@overload
def ov(x: str) -> openai.OpenAICallResponse: ...
@overload
def ov(x: int) -> anthropic.AnthropicCallResponse: ...
def ov(x: str | int) -> openai.OpenAICallResponse | anthropic.AnthropicCallResponse:
    return lg(str(x)) if isinstance(x, str) else Librarian2().go(str(x))


class Librarian2:
    @anthropic.call("m", call_params={"max_tokens": 5})
    def go(self, x: str) -> str:
        return x


with_cb: Callable[[str], openai.OpenAICallResponse] = lg


@openai.call("m", retry=2)
async def rt(x: str) -> str:
    return x


async def a3() -> None:
    assert_type(await rt("x"), openai.OpenAICallResponse)
