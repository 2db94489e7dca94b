"""Which JSON of a reply is the structured response, unstreamed and streamed; replies cut off; each item once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, create_model, field_validator

from mirascope_like.core import FromCallArgs, ResponseParseError
from tests.harness.server import Server
from tests.parsing.test_types_of_parts import DAY, FIELDS
from tests.structured.apis import Api, Call, cut, tool_name


class Book(BaseModel):
    title: str
    pages: int = 0


DUNE = Book(title="Dune")


def ask(api: Api, client: Any, server: Server, text: str, kind: Any, *, stream: bool, **options: Any) -> Any:
    """The answer to a call whose reply is a text; streamed, the last value."""
    server.reply(api.stream(cut(text, 5)) if stream else api.whole(text))

    @api.module.call("m", client=client, response_model=kind, stream=stream, **{"json_mode": True, **options})
    def recommend(day: Any = "today") -> str:
        return "Recommend a book"

    answer = recommend(**({"day": DAY} if options else {}))
    return list(answer)[-1] if stream else answer


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "text",
    [
        # Reasoning models draft their JSON while they think; a server without a reasoning parser sends that as text,
        # often without the opening tag, which stands in the model's template (gbrain#4640, DeepSeek-R1#381).
        '<think>Perhaps {"title": "draft"}. No.</think>\n{"title": "Dune"}',
        'Perhaps {"title": "draft"}. No.</think>\n{"title": "Dune"}',
        '<think>{"title": "dra</think>{"title": "Dune"}',
        '<thinking>{"title": "draft"}</thinking>```json\n{"title": "Dune"}\n```',
        '[THINK]{"title": "draft"}[/THINK]{"title": "Dune"}',
        'An answer looks like {"title": "draft"}. So: {"title": "Dune"}',
        '{"title": "draft"}\nNo, I was wrong:\n{"title": "Dune"}',
        '```json\n{"title": "Dune"}\n```\nIt has the form {"title": "draft"}.',
        '{"title": "Dune"} (from {"source": "memory"}, see [1])',
        'See [1]: {"title": "Dune"}.',
        '["draft"] is no object; {"title": "Dune"}',
    ],
)
def test_the_answer_and_not_a_draft(api: Api, client: Any, server: Server, text: str, stream: bool) -> None:
    assert ask(api, client, server, text, Book, stream=stream) == DUNE


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("text", ['[{"title": "Dune"}]', 'Here: [{"title": "Dune"}].', '<think>{"title": "draft"}'])
def test_no_answer(api: Api, client: Any, server: Server, text: str, stream: bool) -> None:
    with pytest.raises(ResponseParseError):
        ask(api, client, server, text, Book, stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("kind", "value"), FIELDS, ids=lambda one: str(one)[:60])
def test_streamed_and_whole_have_the_same_types(
    api: Api, client: Any, server: Server, kind: Any, value: Any, stream: bool
) -> None:
    model = create_model("Event", when=(kind, ...))
    text = json.dumps({"when": value})
    found = ask(api, client, server, text, model, stream=stream)
    whole = model.model_validate_json(text)
    assert repr(found) == repr(whole)
    assert found == whole


class Diary(BaseModel):
    day: Annotated[dt.date | str, FromCallArgs()]
    written: dt.date | str
    pages: list[dt.date | str] = []


class Strict(Diary, strict=True):
    pass


class Extra(Diary, extra="allow"):
    pass


class Renamed(Diary):
    @field_validator("written", mode="after")
    @classmethod
    def keep(cls, written: Any) -> Any:
        return written


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", [Diary, Strict, Extra, Renamed])
def test_models_filled_from_the_call(api: Api, client: Any, server: Server, kind: Any, stream: bool) -> None:
    """A value from the arguments of the call stays a Python value; the values of the model are parsed from JSON."""
    text = f'{{"written": "{DAY}", "pages": ["{DAY}", "x"]}}'
    found = ask(api, client, server, text, kind, stream=stream, call_params={"max_tokens": 9})
    day = dt.date(2024, 1, 2)
    assert (found.day, found.written, found.pages) == (DAY, day, [day, "x"])
    assert type(found) is kind


# Items


class Tags(BaseModel):
    tags: list[str]

    @field_validator("tags")
    @classmethod
    def ordered(cls, tags: list[str]) -> list[str]:
        return sorted(tags)


class Early(BaseModel):
    tags: Annotated[list[str], BeforeValidator(sorted)]


class Mended(BaseModel):
    tags: Annotated[list[int], BeforeValidator(lambda raw: [one for one in raw if one != "x"])]


class Named(BaseModel):
    tags: list[Annotated[Book, AfterValidator(lambda book: Book(title=book.title.upper()))]]


EACH: list[tuple[Any, str, list[Any]]] = [
    # A validator that sorts must not have items repeated that it moved behind those yielded.
    (Tags, '{"tags": ["c", "b", "a"]}', ["c", "b", "a"]),
    (Early, '{"tags": ["c", "b", "a"]}', ["c", "b", "a"]),
    (Mended, '{"tags": [1, "x", 2]}', [1, 2]),
    (Named, '{"tags": [{"title": "a"}]}', [Book(title="A")]),
    (set[str], '{"value": ["c", "b", "a", "b"]}', ["c", "b", "a"]),
    (frozenset[str], '{"value": ["c", "b", "a"]}', ["c", "b", "a"]),
    (tuple[str, ...], '{"value": ["c", "c"]}', ["c", "c"]),
    (list[str], '{"value": ["c", "b", "a"]}', ["c", "b", "a"]),
    (list[dt.date | str], f'{{"value": ["{DAY}", "x"]}}', [dt.date(2024, 1, 2), "x"]),
    (list[Book], '{"value": [{"title": "Dune"}, {"title": "Dune"}]}', [DUNE, DUNE]),
    # What was discarded before is no item of the answer.
    (list[str], 'Like {"value": ["x"]}: {"value": ["a", "b"]}', ["a", "b"]),
    (list[str], '<think>{"value": ["x"]}</think>{"value": ["a", "b"]}', ["a", "b"]),
    (list[str], 'Or {"value": ["x"]}</think>{"value": ["a", "b"]}', ["a", "b"]),
    (list[str], 'Or {"value": ["x", no}: {"value": ["a", "b"]}', ["a", "b"]),
    (list[str], '{"value": ["a", "b"]} (see [1], {"x": 2})', ["a", "b"]),
    (list[str], '["a", "b"]', ["a", "b"]),
]


@pytest.mark.parametrize("width", [1, 1000])
@pytest.mark.parametrize(("kind", "text", "items"), EACH, ids=str)
def test_each_item_once(
    api: Api, client: Any, server: Server, kind: Any, text: str, items: list[Any], width: int
) -> None:
    server.reply(api.stream(cut(text, width)))

    @api.module.call("m", client=client, response_model=kind, stream=True, json_mode=True)
    def recommend() -> str:
        return "Recommend tags"

    stream = recommend()
    assert list(stream.each()) == items
    assert list(stream.each()) == []


@pytest.mark.parametrize(("kind", "text", "items"), EACH[:10], ids=str)
def test_each_item_of_a_call_once(
    api: Api, client: Any, server: Server, kind: Any, text: str, items: list[Any]
) -> None:
    name = tool_name(kind) if '"value"' in text else kind.__name__
    server.reply(api.stream(["So: {} "], Call(name, cut(text, 3))))

    @api.module.call("m", client=client, response_model=kind, stream=True)
    def recommend() -> str:
        return "Recommend tags"

    assert list(recommend().each()) == items


# Cut off


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("text", ['{"title": "Du', 'Like {"title": "draft"}: {"title": "Du'])
def test_an_answer_that_the_limit_cut_off(api: Api, client: Any, server: Server, text: str, stream: bool) -> None:
    """No second request is sent with the same limit: its reply would be cut off again, and cost as much."""
    server.reply(api.stream(cut(text), finish="length") if stream else api.whole(text, finish="length"))
    again: dict[str, Any] = {} if stream else {"max_retries": 3}

    @api.module.call(
        "m", client=client, response_model=Book, json_mode=True, stream=stream, call_params={"max_tokens": 7}, **again
    )
    def recommend() -> str:
        return "Recommend a book"

    with pytest.raises(ResponseParseError, match=r"cut off at the token limit .*max_tokens=7\): raise max_tokens"):
        list(recommend())
    assert len(server.requests) == 1
