"""The user program behind the files: the classes, functions and calls that the pickles refer to by name.

`make` uses it to write the files, and pickle imports it to load them. It imports public names only. Do not rename or
move anything in here: the pickles in `files/` hold the names.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    BasePrompt,
    BaseTool,
    BaseToolKit,
    anthropic,
    metadata,
    openai,
    prompt_template,
    toolkit_tool,
)


class Author(BaseModel):
    """The author of a book."""

    name: str


class Book(BaseModel):
    """A book, as structured output."""

    title: str
    year: int
    author: Author | None = None


@dataclass
class Film:
    """A film, as structured output: a dataclass."""

    title: str
    year: int


def weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


class Weather(BaseTool):
    """Get the weather of a city: a tool class of no provider."""

    city: str

    def call(self) -> str:
        """Return the weather."""
        return weather(self.city)


class OpenAIWeather(openai.OpenAITool):
    """Get the weather of a city: a tool class of OpenAI."""

    city: str

    def call(self) -> str:
        """Return the weather."""
        return weather(self.city)


class AnthropicWeather(anthropic.AnthropicTool):
    """Get the weather of a city: a tool class of Anthropic."""

    city: str

    def call(self) -> str:
        """Return the weather."""
        return weather(self.city)


class Library(BaseToolKit):
    """A toolkit."""

    language: str

    @toolkit_tool
    def find(self, title: str) -> str:
        """Find a book in {self.language}."""
        return title


@metadata({"tags": {"v1"}})
@prompt_template("SYSTEM: You are a {mood} librarian\nUSER: Recommend a {genre} book")
class Librarian(BasePrompt):
    """A prompt as a class."""

    genre: str
    mood: str = "friendly"


@openai.call("m", call_params={"temperature": 0.5})
@prompt_template("Recommend a {genre} book")
def recommend(genre: str) -> None:
    """Recommend a book."""


@llm.call("openai:m")
def recommend_any(genre: str) -> str:
    """Recommend a book, with any provider."""
    return f"Recommend a {genre} book"


@openai.model("m").task
def summarize(text: str) -> str:
    """Summarize a text."""
    raise NotImplementedError


def approve(tool: object) -> bool:
    """Allow every tool to run."""
    return True
