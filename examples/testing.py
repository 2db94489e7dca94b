"""Test a program that calls models, without a network and without a key.

Run it: python examples/testing.py (or put the functions `test_...` into a test file and run pytest)
"""

from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import RateLimitError, ToolLoop, openai
from mirascope_like.testing import error, fake, prepare, reply, text, thinking, tool


class Book(BaseModel):
    """A book."""

    title: str
    year: int


def find_year(title: str) -> int:
    """Return the year in which a book was published."""
    return {"Dune": 1965}[title]


@openai.call("gpt-4o-mini", tools=[find_year], tool_loop=ToolLoop())
def answer(question: str) -> str:
    return question


@openai.call("gpt-4o-mini", response_model=Book)
def best_book(genre: str) -> str:
    return f"The best {genre} book"


@llm.call("anthropic:claude-sonnet-5", stream=True)
def story(topic: str) -> str:
    return f"A story about a {topic}"


def headline(topic: str) -> str:
    """Return a headline, or a plain one while the provider is busy."""
    try:
        return story(topic).collect().content
    except RateLimitError:
        return f"News of a {topic}"


def test_the_tool_is_run() -> None:
    with fake(tool(find_year, title="Dune"), "Dune is from 1965.") as model:
        assert answer("How old is Dune?").content == "Dune is from 1965."
    assert model.request["messages"][-1]["content"] == "1965"
    print("the model was sent the tool's result:", model.request["messages"][-1]["content"])


def test_a_structured_answer() -> None:
    with fake(Book(title="Dune", year=1965)):
        print("structured:", best_book("fantasy"))


def test_a_stream() -> None:
    with fake(reply(thinking("A cat."), text("Once", " upon"), usage=(10, 5))) as model:
        stream = story("cat")
        print("pieces:", [chunk.content for chunk, _ in stream if chunk.content], "usage:", stream.common_usage)
    assert model.request.text == "A story about a cat"


def test_a_busy_provider() -> None:
    with fake(error(429, times=3)) as model:  # Anthropic's SDK repeats a request twice
        print("instead:", headline("cat"))
    assert len(model.requests) == 3


def test_the_prompt() -> None:
    print("prompt:", prepare(best_book, "fantasy").messages[0].content)


if __name__ == "__main__":
    test_the_tool_is_run()
    test_a_structured_answer()
    test_a_stream()
    test_a_busy_provider()
    test_the_prompt()
