"""Answers as logs and caches keep them: whole, the same when read again, and without secrets."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, Messages, openai, prompt_template
from mirascope_like.core.base.parsing import without_iterators
from mirascope_like.llm.answers import wrapped_response
from mirascope_like.testing import fake
from tests.conformance.providers import ANTHROPIC, OPENAI, RESPONSES, Row, openai_like
from tests.conformance.rows import BEDROCK
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Reply, Server

SECRETS = {
    "extra_headers": {"Authorization": "Bearer hush-1", "X-Api-Key": "hush-2", "cookie": "a=hush-3", "x-trace": "t1"},
    "extra_body": {"nested": {"client_secret": "hush-4", "list": [{"password": "hush-5"}]}},
    "extra_query": {"api_key": "hush-6"},
}


def module_level_tool(city: str) -> str:
    """Say the weather."""
    return city


def answered(row: Row, server: Server, *, stream: bool, **options: Any) -> Any:
    server.reply(row.text("Hel", "lo") if stream else Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        return row.stream(client, **options).collect() if stream else row.ask(client, **options)


streamed_or_not = pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])


@streamed_or_not
@openai_like
def test_no_secret(row: Row, stream: bool, server: Server) -> None:
    response = answered(row, server, stream=stream, call_params=SECRETS)
    assert "hush-1" in str(server.request.headers)  # it was sent
    for text in (
        response.model_dump_json(),
        str(response.model_dump()),
        str(response.model_dump(mode="json")),
        repr(response),
        str(response),
    ):
        assert "hush" not in text
        assert "sk-test" not in text
        assert "t1" not in text  # no header is known to be harmless, so the values of all are hidden (issue B3, item 3)
    assert response.call_kwargs["extra_headers"]["Authorization"] == "***"
    pickled = pickle.dumps(response)
    assert not any(one in pickled for one in (b"hush-1", b"hush-2", b"hush-3", b"hush-6"))  # headers and URL parameters
    assert response.call_params["extra_headers"]["Authorization"] == "Bearer hush-1"  # the object itself is the user's


@openai_like
def test_client_in_a_dynamic_config_is_not_shown(row: Row, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server, api_key="sk-hush") as given:

        @row.module.call("m")
        def say() -> Any:
            return {"messages": "Hi", "client": given, "call_params": {"temperature": 0.5}}

        response = say()
    assert "sk-hush" not in f"{response!r} {response.model_dump_json()}"
    assert json.loads(response.model_dump_json())["dynamic_config"]["call_params"] == {"temperature": 0.5}


@openai_like
def test_all_that_a_log_wants(row: Row, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server) as client:

        @row.module.call("m", client=client, call_params={"temperature": 0.5})
        @prompt_template("SYSTEM: Be {mood}\nUSER: {question}")
        def ask(mood: str, question: str) -> Any:
            return {"metadata": {"tags": {"a"}}}

        dump = json.loads(ask("brief", "Why?").model_dump_json())
    assert (dump["provider"], dump["form"]) == (row.name, "responses" if row is RESPONSES else None)
    assert (dump["model"], dump["content"]) == ("m-1", "Hello")
    assert dump["prompt_template"] == "SYSTEM: Be {mood}\nUSER: {question}"
    assert dump["fn_args"] == {"mood": "brief", "question": "Why?"}
    assert dump["call_params"] == {"temperature": 0.5}
    assert dump["call_kwargs"]["model"] == "m"
    assert dump["metadata"] == {"tags": ["a"]}
    assert "Why?" in json.dumps(dump["messages"])
    assert dump["response"] == row.whole("Hello")
    usage = {name: dump["usage"][name] for name in ("input_tokens", "output_tokens", "total_tokens")}
    assert usage == {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
    assert {"cost", "start_time", "end_time", "finish_reasons", "id"} <= set(dump)


class Opaque:
    """What has no JSON form."""

    def __repr__(self) -> str:
        return "hush"


@openai_like
def test_no_secret_of_an_argument(row: Row, server: Server) -> None:
    @dataclass
    class Account:
        access_key: str = "hush-1"

    class Librarian(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        api_key: str = "hush-2"
        lock: Any = Field(default_factory=object)

        def prompt(self, account: Account, headers: Any) -> str:
            return "Hi"

    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server) as client:
        call = row.module.call("m", client=client)(Librarian.prompt)
        response = call(Librarian(), Account(), {"Authorization": b"hush-3", "cookie": ["hush-4"], "x-trace": b"t1"})
    dump = response.model_dump_json()
    assert "hush" not in dump + repr(response)
    assert json.loads(dump)["fn_args"]["self"] == {"api_key": "***", "lock": "<object>"}
    assert type(response).model_validate_json(dump) == response


@openai_like
def test_arguments_that_json_cannot_hold(row: Row, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")))
    with row.client(server) as client:

        @row.module.call("m", client=client)
        def say(one: Any, data: bytes, many: list[Any]) -> Any:
            return [Messages.User("Hi")]

        response = say(Opaque(), b"\x00\xff", [Opaque(), {1, 2}])
    dump = json.loads(response.model_dump_json())
    assert dump["fn_args"]["one"] == "<Opaque>"
    assert "hush" not in response.model_dump_json()
    assert type(response).model_validate(dump).model_dump() == response.model_dump()


@streamed_or_not
@openai_like
def test_round_trip(row: Row, stream: bool, server: Server) -> None:
    response = answered(row, server, stream=stream, call_params=SECRETS)
    again = type(response).model_validate_json(response.model_dump_json())
    assert again.model_dump() == response.model_dump()
    assert type(again.response) is type(response.response)
    assert again.response.to_dict() == response.response.to_dict()
    assert type(response).model_validate(response.model_dump()).content == "Hello"
    assert again == type(response).model_validate(response.model_dump())
    assert again != "Hello"


@streamed_or_not
@openai_like
def test_pickle_and_copy(row: Row, stream: bool, server: Server) -> None:
    response = answered(row, server, stream=stream)
    for again in (pickle.loads(pickle.dumps(response)), copy.copy(response), copy.deepcopy(response)):
        assert type(again) is type(response)
        assert again == response
        assert (again.content, again.message_param) == (response.content, response.message_param)
        assert again.response.to_dict() == response.response.to_dict()


@openai_like
def test_pickle_with_tools(row: Row, server: Server) -> None:
    response = answered(row, server, stream=False, tools=[module_level_tool])
    again = pickle.loads(pickle.dumps(response))
    assert again == response
    assert again.content == "Hello"


class Book(BaseModel):
    title: str


def kept(response: Any) -> list[Any]:
    """Return copies of a response: validated dumps, an unpickled one, and those of `copy`."""
    return [
        type(response).model_validate_json(response.model_dump_json()),
        type(response).model_validate(response.model_dump()),
        pickle.loads(pickle.dumps(response)),
        copy.copy(response),
        copy.deepcopy(response),
    ]


@streamed_or_not
@pytest.mark.parametrize("row", [ANTHROPIC, BEDROCK], ids=lambda row: row.name)
def test_json_taken_out_of_a_text_is_kept(row: Any, stream: bool, server: Server) -> None:
    answer = Answer('Here it is:\n```json\n{"a": 1}\n```\nDone.')
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    with row.client(server) as client:
        asked = (row.stream if stream else row.ask)(client, json_mode=True)
        response = asked.collect() if stream else asked
    for again in (response, *kept(response)):
        assert (again.content, again) == ('{"a":1}', response)
    assert response.model_dump()["json_mode"] is True


@pytest.mark.parametrize("neutral", [False, True], ids=["own", "llm"])
@openai_like
def test_an_answer_given_as_a_call_is_kept(row: Row, neutral: bool, server: Server) -> None:
    server.reply(row.wire.answered(Answer(Call("call_1", "Book", '{"title":"Emma"}'))))
    with row.client(server) as client:
        book = row.ask(client, response_model=Book)
    response = wrapped_response(book._response) if neutral else book._response
    for again in (response, *kept(response)):
        assert (again.answer, again.content, again.tools) == ('{"title":"Emma"}', "", None)
        assert again == response
    assert response.model_dump()["answer_name"] == "Book"


@openai_like
def test_unknown_field_of_a_dump_is_refused(row: Row, server: Server) -> None:
    response = answered(row, server, stream=False)
    with pytest.raises(ValueError, match="nonsense"):
        type(response).model_validate({**response.model_dump(), "nonsense": 1})


@openai_like
def test_streams_show_no_secret(row: Row, server: Server) -> None:
    server.reply(row.text("Hello"))
    with row.client(server) as client:
        stream = row.stream(client, call_params=SECRETS)
        stream.collect()
    assert "hush" not in f"{stream!r} {stream}"


@streamed_or_not
@openai_like
def test_a_dump_is_one_of_any_provider(row: Row, stream: bool, server: Server) -> None:
    response = answered(row, server, stream=stream)
    for again in (
        llm.CallResponse.model_validate_json(response.model_dump_json()),
        llm.CallResponse.model_validate(response.model_dump()),
    ):
        assert again.provider_response == response
        assert (again.content, again.provider_name, again.input_tokens) == ("Hello", row.name, 3)


def test_a_dump_in_no_known_form_is_refused(server: Server) -> None:
    dump = {**answered(OPENAI, server, stream=False).model_dump(), "form": "nonsense"}
    with pytest.raises(ConfigurationError, match=r"unknown provider 'openai\.nonsense'"):
        llm.CallResponse.model_validate(dump)


def test_an_answer_of_any_provider_among_the_arguments(server: Server) -> None:
    @dataclass
    class Draft:
        answer: Any

    with OPENAI.client(server) as client:

        @llm.call("openai:m", client=client)
        def say(draft: Any = None) -> str:
            return "Hi"

        server.always(Reply.json(OPENAI.whole("Hello")))
        first = say()
        for argument in (first, Draft(first)):
            dump = say(argument).model_dump()["fn_args"]["draft"]
            assert dump.get("answer", dump) == first.model_dump(mode="json")


def test_a_dump_does_not_read_iterators() -> None:
    """A file, a generator or a database's cursor is an argument of the program; an endless one would never end."""

    @dataclass
    class Held:
        rows: object

    given: list[Any] = [(count := itertools.count()), [count], {"a": (count,)}, Held(count), BytesIO(b"a\nb")]
    shown = ["<count>", ["<count>"], {"a": ["<count>"]}, {"rows": "<count>"}, "<BytesIO>"]

    @openai.call("gpt-4o-mini")
    def ask(rows: Any) -> Any:
        return {"messages": "Hi", "metadata": {"rows": rows}, "computed_fields": {"rows": rows}}

    with fake(lambda request: "hello"):
        for one, text in zip(given, shown, strict=True):
            response = ask(one)
            assert response.model_dump()["fn_args"] == response.model_dump()["computed_fields"] == {"rows": text}
            assert json.loads(response.model_dump_json())["metadata"] == {"rows": text}
    assert (next(count), given[-1].tell()) == (0, 0)
    looped: list[Any] = [count]
    looped.append(looped)
    assert without_iterators([1, {"a": "b"}, looped])[2][0] == "<count>"
    assert without_iterators(kept := {"a": [1, {"b": (2,)}], "c": {3}}) is kept
