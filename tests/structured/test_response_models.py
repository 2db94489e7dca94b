"""Response models: the requests, the results and the errors."""

from __future__ import annotations

import asyncio
import copy
import enum
import pickle
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, Optional

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator
from typing_extensions import TypedDict

from mirascope_like.core import (
    BaseMessageParam,
    ConfigurationError,
    FromCallArgs,
    Messages,
    ResponseModelConfigDict,
    ResponseParseError,
    anthropic,
    openai,
    prompt_template,
)
from tests.harness.server import Server
from tests.structured.apis import Anthropic, Api, Call, OpenAI, cut, tool_name


class Book(BaseModel):
    """A book to read."""

    title: str = Field(min_length=3)
    pages: int = Field(description="How long it is.")


SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 3},
        "pages": {"type": "integer", "description": "How long it is."},
    },
    "required": ["title", "pages"],
}
DUNE = '{"title": "Dune", "pages": 412}'
BAD = '{"title": "D", "pages": 412}'


def output_call(name: str, text: str) -> Call:
    return Call(name, cut(text))


def recommending(api: Api, client: Any, **options: Any) -> Any:
    @api.module.call("m", client=client, **options)
    def recommend(genre: str) -> str:
        return f"Recommend a {genre} book"

    return recommend


# The ways of asking


def test_by_tool(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, output_call("Book", DUNE)))
    book = recommending(api, client, response_model=Book)("fantasy")
    assert book == Book(title="Dune", pages=412)
    body = server.request.json
    assert body["tools"] == [api.tool("Book", SCHEMA, "A book to read.")]
    assert body["tool_choice"] == api.forced("Book")
    assert api.system(body) is None
    response = book._response
    assert type(response).__name__.endswith("CallResponse")
    assert response.id == "answer-1"
    assert response.tools is None
    assert book.model_dump() == {"title": "Dune", "pages": 412}
    assert repr(book) == "Book(title='Dune', pages=412)"
    assert book.model_copy() == book
    assert copy.copy(book) == book


def test_by_schema(api: Api, client: Any, server: Server) -> None:
    class StrictBook(Book):
        model_config = ResponseModelConfigDict(strict=True)

    server.reply(api.whole(DUNE))
    assert recommending(api, client, response_model=StrictBook)("fantasy") == StrictBook(title="Dune", pages=412)
    body = server.request.json
    assert "tools" not in body
    if api.name == "openai":
        response_format = body["response_format"]
        assert response_format["type"] == "json_schema"
        assert response_format["json_schema"]["name"] == "StrictBook"
        assert response_format["json_schema"]["strict"] is True
        schema = response_format["json_schema"]["schema"]
    else:
        assert body["output_config"]["format"]["type"] == "json_schema"
        schema = body["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["title"] == {"type": "string", "description": "(minLength: 3)"}
    server.reply(api.whole('{"title": "Dune", "pages": "412"}'))
    with pytest.raises(ValidationError, match="valid integer"):
        recommending(api, client, response_model=StrictBook)("fantasy")


def test_by_schema_with_free_keys(api: Api, client: Any, server: Server) -> None:
    class Index(BaseModel):
        model_config = ResponseModelConfigDict(strict=True)
        entries: dict[str, int]

    text = '{"entries": {"a": 1}}'
    server.reply(api.whole(text) if api.name == "openai" else api.whole(None, output_call("Index", text)))
    assert recommending(api, client, response_model=Index)("fantasy").entries == {"a": 1}
    body = server.request.json
    if api.name == "openai":
        assert body["response_format"]["json_schema"]["strict"] is False
    else:
        assert body["tool_choice"] == api.forced("Index")


@pytest.mark.parametrize("text", [DUNE, f"Sure:\n```json\n{DUNE}\n```\nEnjoy {{it}}!"])
def test_by_words(api: Api, client: Any, server: Server, text: str) -> None:
    server.reply(api.whole(text))
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    before = copy.deepcopy(history)

    @api.module.call("m", client=client, response_model=Book, json_mode=True)
    def recommend(genre: str) -> Messages.Type:
        return [*history, {"role": "user", "content": genre}]

    book = recommend("fantasy")
    assert book == Book(title="Dune", pages=412)
    body = server.request.json
    system = api.system(body)
    assert system is not None
    assert '"How long it is."' in system
    assert "JSON" in system
    assert body.get("response_format") == ({"type": "json_object"} if api.name == "openai" else None)
    assert history == before
    assert body["messages"][-3:] == [*history, {"role": "user", "content": "fantasy"}]
    assert book._response.user_message_param == {"role": "user", "content": "fantasy"}


def test_words_go_into_the_system_prompt(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(DUNE))

    @api.module.call("m", client=client, response_model=Book, json_mode=True)
    @prompt_template("SYSTEM: You know {genre}.\nUSER: One, please.")
    def recommend(genre: str) -> None: ...

    recommend("fantasy")
    system = api.system(server.request.json)
    assert system is not None
    assert system.startswith("You know fantasy.\n\nAnswer with a JSON object alone")


def test_anthropic_thinks(server: Server) -> None:
    api = Anthropic()
    with api.client(server) as client:
        server.reply(api.whole(DUNE))
        thinking: Any = {"type": "enabled", "budget_tokens": 1024}

        @anthropic.call("m", client=client, response_model=Book, call_params={"thinking": thinking, "max_tokens": 2000})
        def recommend() -> str:
            return "One, please"

        assert recommend().title == "Dune"
    assert "tool_choice" not in server.request.json


# JSON mode alone


def test_json_mode(api: Api, client: Any, server: Server) -> None:
    text = f"```json\n{DUNE}\n```" if api.name == "anthropic" else DUNE
    server.reply(api.whole(text))

    response = recommending(api, client, json_mode=True)("fantasy")
    assert Book.model_validate_json(response.content) == Book(title="Dune", pages=412)
    assert response.user_message_param == {"role": "user", "content": "Recommend a fantasy book"}
    body = server.request.json
    system = api.system(body)
    assert system is not None
    assert "JSON" in system
    assert body.get("response_format") == ({"type": "json_object"} if api.name == "openai" else None)


# Types


class Genre(enum.Enum):
    fantasy = "fantasy"
    crime = "crime"


@dataclass
class Author:
    name: str
    age: int = 0


class Shelf(TypedDict, total=False):
    row: int


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, '{"value": "x"}', "x"),
        (int, '{"value": 3}', 3),
        (float, '{"value": 3}', 3.0),
        (bool, '{"value": true}', True),
        (bytes, '{"value": "x"}', b"x"),
        (list, '{"value": [1, "a"]}', [1, "a"]),
        (dict[str, int], '{"value": {"a": 1}}', {"a": 1}),
        (set[int], '{"value": [1, 1]}', {1}),
        (tuple[int, str], '{"value": [1, "a"]}', (1, "a")),
        (list[Book], f'{{"value": [{DUNE}]}}', [Book(title="Dune", pages=412)]),
        (Genre, '{"value": "crime"}', Genre.crime),
        (Literal["a", "b"], '{"value": "b"}', "b"),
        (int | str, '{"value": "x"}', "x"),
        (Book | None, '{"value": null}', None),
        (Author | Book, f'{{"value": {DUNE}}}', Book(title="Dune", pages=412)),
        (Annotated[str, AfterValidator(str.upper)], '{"value": "x"}', "X"),
        (Author, '{"name": "Ann", "age": 3}', Author("Ann", 3)),
        (Shelf, '{"row": 3}', {"row": 3}),
        (Tree, '{"name": "a", "children": [{"name": "b"}]}', Tree(name="a", children=[Tree(name="b")])),
    ],
    ids=str,
)
@pytest.mark.parametrize("json_mode", [False, True])
def test_types(api: Api, client: Any, server: Server, kind: Any, text: str, value: Any, json_mode: bool) -> None:
    name = tool_name(kind)
    server.reply(api.whole(text) if json_mode else api.whole(None, output_call(name, text)))
    assert recommending(api, client, response_model=kind, json_mode=json_mode)("fantasy") == value


def test_no_wrapping_in_words(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole("Here: [1, 2]"), api.whole("42"))
    assert recommending(api, client, response_model=list[int], json_mode=True)("fantasy") == [1, 2]
    assert recommending(api, client, response_model=int, json_mode=True)("fantasy") == 42


def test_dataclasses_have_the_response(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, output_call("Author", '{"name": "Ann"}')))
    author = recommending(api, client, response_model=Author)("fantasy")
    assert author._response.id == "answer-1"


def test_a_type_that_no_json_can_become() -> None:
    class Other:
        pass

    with pytest.raises(ConfigurationError, match="unsupported response_model"):
        openai.call("m", response_model=Other)


def test_examples_are_sent(api: Api, client: Any, server: Server) -> None:
    class City(BaseModel):
        model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Rome"}]})
        name: str = Field(examples=["Paris"])

    server.reply(api.whole(None, output_call("City", '{"name": "Oslo"}')))
    recommending(api, client, response_model=City)("north")
    tool = server.request.json["tools"][0]
    schema = tool["function"]["parameters"] if api.name == "openai" else tool["input_schema"]
    assert schema["examples"] == [{"name": "Rome"}]
    assert schema["properties"]["name"]["examples"] == ["Paris"]


# Fields from the call


class Summary(BaseModel):
    title: Annotated[str, FromCallArgs()]
    words: Annotated[int, FromCallArgs()] = 10
    text: str

    @model_validator(mode="after")
    def short(self) -> Summary:
        if len(self.text.split()) > self.words:
            raise ValueError(f"more than {self.words} words")
        return self


def test_from_call_args(api: Api, client: Any, server: Server) -> None:
    @api.module.call("m", client=client, response_model=Summary)
    def summarize(title: str, words: int = 2) -> str:
        return f"Summarize {title}"

    server.reply(api.whole(None, output_call("Summary", '{"text": "Sand, worms."}')))
    assert summarize("Dune") == Summary(title="Dune", words=2, text="Sand, worms.")
    tool = server.request.json["tools"][0]
    schema = tool["function"]["parameters"] if api.name == "openai" else tool["input_schema"]
    assert list(schema["properties"]) == ["text"]
    assert schema["required"] == ["text"]
    server.reply(api.whole(None, output_call("Summary", '{"text": "Sand and worms."}')))
    with pytest.raises(ValidationError, match="more than 2 words"):
        summarize("Dune")


@dataclass
class Heading:
    text: Annotated[str, FromCallArgs()]
    title: str


class Line(TypedDict):
    text: Annotated[str, FromCallArgs]
    title: str


@pytest.mark.parametrize("kind", [Heading, Line])
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_from_call_args_of_what_is_no_model(api: Api, client: Any, server: Server, kind: Any, stream: bool) -> None:
    @api.module.call("m", client=client, response_model=kind, stream=stream, json_mode=True)
    def head(text: str) -> str:
        return f"Give this a title: {text}"

    server.reply(api.stream(cut('{"title": "Sand"}')) if stream else api.whole('{"title": "Sand"}'))
    given = head("Worms.")
    if stream:
        list(given)
        given = given.constructed_response_model
    assert given == kind(text="Worms.", title="Sand")
    assert '"required":["title"]' in server.request.body.decode().replace("\\", "").replace(" ", "")


def test_from_call_args_and_json_that_is_no_object(api: Api, client: Any, server: Server) -> None:
    @api.module.call("m", client=client, response_model=Summary, json_mode=True)
    def summarize(title: str, words: int = 2) -> str:
        return f"Summarize {title}"

    server.reply(api.whole('As in [1]: {"text": "Sand, worms."}'), api.whole("[1]"))
    assert summarize("Dune").text == "Sand, worms."
    with pytest.raises(ResponseParseError, match="Input should be an object"):
        summarize("Dune")


class Maybe(BaseModel):
    text: Annotated[str, FromCallArgs()] | None
    title: str


class Old(BaseModel):
    text: Optional[Annotated[str, FromCallArgs()]] = None  # noqa: UP045  # spelt so by many
    title: str


class Loose(TypedDict):
    text: NotRequired[Annotated[str, FromCallArgs()]]
    title: str


@pytest.mark.parametrize("kind", [Maybe, Old, Loose])
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_from_call_args_that_may_be_none(api: Api, client: Any, server: Server, kind: Any, stream: bool) -> None:
    @api.module.call("m", client=client, response_model=kind, stream=stream)
    def head(text: str | None) -> str:
        return f"Give this a title: {text}"

    call = output_call(kind.__name__, '{"title": "Sand"}')
    for text in ("Worms.", None) if kind is not Loose else ("Worms.",):
        server.reply(api.stream([], call) if stream else api.whole(None, call))
        given = head(text)
        if stream:
            list(given)
            given = given.constructed_response_model
        assert given == kind(text=text, title="Sand")
    assert b'"required":["title"]' in server.request.body.replace(b" ", b"")


class Page(BaseModel):
    heading: Heading


class Pages(BaseModel):
    pages: dict[str, tuple[Summary, ...]]


class Texts(BaseModel):
    texts: list[Annotated[str, FromCallArgs()]]


class Mixed(BaseModel):
    text: Annotated[str, FromCallArgs()] | int


class Library(RootModel[list[Line]]):
    pass


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (Page, "Heading.text"),
        (Pages, "Summary.title"),
        (Texts, "Texts.texts"),
        (Mixed, "Mixed.text"),
        (Library, "Line.text"),
        (list[Summary], "Summary.title"),
        (Summary | int, "Summary.title"),
        (Maybe | None, "Maybe.text"),
    ],
)
def test_marks_that_nobody_fills(kind: Any, field: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^field {field} cannot be marked FromCallArgs"):
        openai.call("m", response_model=kind)


class Branch(BaseModel):
    name: Annotated[str, FromCallArgs()]
    parts: list[Branch] = []


def test_the_inner_fields_of_a_recursive_model_are_asked_for(api: Api, client: Any, server: Server) -> None:
    @api.module.call("m", client=client, response_model=Branch)
    def grow(name: str) -> str:
        return name

    server.reply(api.whole(None, output_call("Branch", '{"parts": [{"name": "leaf"}]}')))
    assert grow("root") == Branch(name="root", parts=[Branch(name="leaf")])


def test_from_call_args_that_are_not_there(api: Api, client: Any, server: Server) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Summary\.title is marked FromCallArgs, but the call has no argument"
    ):
        recommending(api, client, response_model=Summary)("fantasy")
    assert not server.requests


# With tools, and with a parser


def shelf(title: str) -> str:
    """Where a book stands."""
    return f"{title}: B4"


def test_with_tools(api: Api, client: Any, server: Server) -> None:
    recommend = recommending(api, client, response_model=Book, tools=[shelf])
    server.reply(api.whole(None, output_call("shelf", '{"title": "Dune"}')), api.whole(None, output_call("Book", DUNE)))
    response = recommend("fantasy")
    assert response.tool.call() == "Dune: B4"
    body = server.request.json
    assert len(body["tools"]) == 2
    assert body["tool_choice"] == api.required
    book = recommend("fantasy")
    assert book == Book(title="Dune", pages=412)
    assert book._response.tools is None


def test_output_parser(api: Api, client: Any, server: Server) -> None:
    server.reply(
        api.whole("Dune"),
        api.whole(None, output_call("Book", DUNE)),
        api.whole(None, output_call("shelf", '{"title": "x"}')),
    )
    assert recommending(api, client, output_parser=lambda response: response.content.upper())("fantasy") == "DUNE"
    parsed = recommending(api, client, response_model=Book, output_parser=lambda book: book.pages, tools=[shelf])
    assert parsed("fantasy") == 412
    assert parsed("fantasy").tool.args == {"title": "x"}


# Answers that do not fit


def test_a_fault_is_pydantics_too(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, output_call("Book", BAD)))
    with pytest.raises(ValidationError) as caught:
        recommending(api, client, response_model=Book)("fantasy")
    error: Any = caught.value
    assert isinstance(error, ResponseParseError)
    assert error.response.id == "answer-1"
    assert error._response is error.response
    assert error.errors()[0]["loc"] == ("title",)


def test_no_json(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole("I would rather not."))
    with pytest.raises(ResponseParseError, match="no JSON in the response: 'I would rather not") as caught:
        recommending(api, client, response_model=Book)("fantasy")
    assert not isinstance(caught.value, ValidationError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.response.content == "I would rather not."


def test_text_instead_of_the_call(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(f"It is {DUNE}, I think."))
    assert recommending(api, client, response_model=Book)("fantasy") == Book(title="Dune", pages=412)


def test_cut_off(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole('{"title": "Dune", "pa', finish="length"))
    with pytest.raises(ResponseParseError) as caught:
        recommending(api, client, response_model=Book, json_mode=True)("fantasy")
    limit = "the default): give max_tokens" if api.name == "openai" else "max_tokens=1024): raise max_tokens"
    assert str(caught.value) == (f"the answer was cut off at the token limit (finish reason 'length', limit {limit}")


def test_refused(server: Server) -> None:
    api = OpenAI()
    with api.client(server) as client:
        server.reply(api.whole(None, refusal="No."))
        with pytest.raises(ResponseParseError, match=r"the model refused to answer, .*: No\."):
            recommending(api, client, response_model=Book)("fantasy")


def test_asked_again(api: Api, client: Any, server: Server) -> None:
    recommend = recommending(api, client, response_model=Book, max_retries=2)
    server.reply(
        api.whole(None, output_call("Book", BAD)), api.whole("Hm."), api.whole(None, output_call("Book", DUNE))
    )
    book = recommend("fantasy")
    assert book.title == "Dune"
    first, second, third = (request.json["messages"] for request in server.requests)
    assert second[:1] == first
    assert third[:3] == second
    reply, correction = second[1:]
    if api.name == "openai":
        assert reply["tool_calls"][0]["function"]["arguments"] == BAD
        assert correction["role"] == "tool"
        correction_text = correction["content"]
    else:
        assert reply["content"][0]["input"] == {"title": "D", "pages": 412}
        assert correction["content"][0]["is_error"] is True
        correction_text = correction["content"][0]["content"]
    assert "title: String should have at least 3 characters" in correction_text
    assert third[-1]["role"] == "user"
    assert "no JSON in the response" in third[-1]["content"]
    response = book._response
    assert [attempt.answer for attempt in response.attempts[1:2]] == ["Hm."]
    assert len(response.attempts) == 3
    assert (response.input_tokens, response.output_tokens) == (3, 5)
    assert response.total_usage.input_tokens == 9
    assert response.total_usage.output_tokens == 15


def test_asked_again_in_vain(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole("No."), api.whole("No!"))
    with pytest.raises(ResponseParseError, match="No!") as caught:
        recommending(api, client, response_model=Book, max_retries=1)("fantasy")
    assert len(caught.value.response.attempts) == 2
    assert len(server.requests) == 2


def test_v1s_way_to_ask_again(api: Api, client: Any, server: Server) -> None:
    server.reply(
        api.whole(None, output_call("str", '{"value": "ann"}')), api.whole(None, output_call("str", '{"value": "ANN"}'))
    )

    def is_upper(name: str) -> str:
        assert name.isupper(), "Must be uppercase"
        return name

    @api.module.call("m", client=client, response_model=Annotated[str, AfterValidator(is_upper)])
    def author(book: str, *, errors: list[ValidationError] | None = None) -> Messages.Type:
        correction = f"\nPrevious errors: {errors}" if errors else ""
        return Messages.User(f"Who wrote {book}?{correction}")

    errors: list[ValidationError] = []
    with pytest.raises(ValidationError) as caught:
        author("Dune")
    errors.append(caught.value)
    assert author("Dune", errors=errors) == "ANN"
    assert "Must be uppercase" in str(server.request.json["messages"])


# Async, and wrong uses


def test_async(api: Api, server: Server) -> None:
    async def main() -> None:
        async with api.async_client(server) as client:

            @api.module.call("m", client=client, response_model=Book, tools=[shelf], max_retries=1)
            async def recommend(genre: str) -> str:
                await asyncio.sleep(0)
                return f"Recommend a {genre} book"

            @api.module.call("m", client=client, response_model=Book, output_parser=lambda book: book.pages)
            async def pages(genre: str) -> str:
                return genre

            server.reply(api.whole(None, output_call("Book", BAD)), api.whole(None, output_call("Book", DUNE)))
            book = await recommend("fantasy")
            assert book == Book(title="Dune", pages=412)
            assert len(book._response.attempts) == 2
            server.reply(api.whole(None, output_call("Book", DUNE)))
            assert await pages("fantasy") == 412
            server.reply(api.whole("No."), api.whole("No."))
            with pytest.raises(ResponseParseError):
                await recommend("fantasy")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_retries": 1}, "max_retries needs a response_model"),
        (
            {"response_model": Book, "stream": True, "max_retries": 1},
            "max_retries needs a response_model and cannot be used with stream",
        ),
        ({"fail_fast": True}, "fail_fast needs stream=True"),
        ({"response_model": Book, "fail_fast": True}, "fail_fast needs stream=True"),
        ({"stream": True, "output_parser": str}, "output_parser cannot be used with stream"),
        ({"respones_model": Book}, "did you mean 'response_model'"),
    ],
)
def test_wrong_uses(options: dict[str, Any], message: str) -> None:
    call: Any = openai.call
    with pytest.raises(ConfigurationError, match=message):
        call("m", **options)


def test_results_can_be_pickled(api: Api, client: Any, server: Server) -> None:
    server.reply(api.whole(None, output_call("Book", DUNE)))
    book = recommending(api, client, response_model=Book)("fantasy")
    assert pickle.loads(pickle.dumps(book)) == book


def test_messages_are_made_anew(api: Api, client: Any, server: Server) -> None:
    system = BaseMessageParam(role="system", content="Be brief.")
    server.reply(api.whole(DUNE), api.whole(DUNE))

    @api.module.call("m", client=client, response_model=Book, json_mode=True)
    def recommend() -> Messages.Type:
        return [system, Messages.User("One, please")]

    recommend()
    recommend()
    assert system.content == "Be brief."
    assert server.requests[0].body == server.requests[1].body
