"""What is saved of every kind of call, sync.

Model: Ride to Oslo.
Model: Ride slowly.
Model: answer {"start": "Oslo"}
Model: answer 42
Model: answer {"start": "Oslo"}
Prints: open suggest
Prints: suggest response Ride to Oslo. Suggest a trip by {vehicle}
Prints: open stream
Prints: stream stream Ride slowly.
Prints: open extract
Prints: extract model start='Oslo' Extract {text}
Prints: open count
Prints: count value 42 Count {text}
Prints: open watch
Prints: watch structured start='Oslo'
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from mirascope.core import openai, prompt_template
from mirascope.core.base import BaseCallResponse, BaseType
from mirascope.core.base.stream import BaseStream
from mirascope.core.base.structured_stream import BaseStructuredStream
from mirascope.integrations import middleware_factory
from pydantic import BaseModel


class Trip(BaseModel):
    start: str


@contextmanager
def session(fn: Callable) -> Generator[list[str], Any, None]:
    saved: list[str] = [f"open {fn.__name__}"]
    yield saved
    print("\n".join(saved))


def handle_call_response(result: BaseCallResponse, fn: Callable, session: list[str] | None):
    session.append(f"{fn.__name__} response {result.content} {result.prompt_template}")


def handle_stream(stream: BaseStream, fn: Callable, session: list[str] | None):
    session.append(f"{fn.__name__} stream {stream.construct_call_response().content}")


def handle_response_model(result: BaseModel | BaseType, fn: Callable, session: list[str] | None):
    if isinstance(result, BaseModel):
        response = cast(BaseCallResponse, result._response)
        session.append(f"{fn.__name__} model {result} {response.prompt_template}")
    else:
        session.append(f"{fn.__name__} value {result} {fn._prompt_template}")


def handle_structured_stream(result: BaseStructuredStream, fn: Callable, session: list[str] | None):
    assert isinstance(result.stream.construct_call_response(), BaseCallResponse)
    session.append(f"{fn.__name__} structured {result.constructed_response_model}")


def with_saving():
    return middleware_factory(
        custom_context_manager=session,
        custom_decorator=None,
        handle_call_response=handle_call_response,
        handle_stream=handle_stream,
        handle_response_model=handle_response_model,
        handle_structured_stream=handle_structured_stream,
    )


@with_saving()
@openai.call("gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest(vehicle: str): ...


@with_saving()
@openai.call("gpt-4o-mini", stream=True)
def stream(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@with_saving()
@openai.call("gpt-4o-mini", response_model=Trip)
@prompt_template("Extract {text}")
def extract(text: str): ...


@with_saving()
@openai.call("gpt-4o-mini", response_model=int)
@prompt_template("Count {text}")
def count(text: str): ...


@with_saving()
@openai.call("gpt-4o-mini", response_model=Trip, stream=True)
def watch(text: str) -> str:
    return f"Extract {text}"


suggest("train")
for _ in stream("train"):
    pass
extract("From Oslo")
count("the boats")
for _ in watch("From Oslo"):
    pass
