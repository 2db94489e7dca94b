"""Response models: an answer as a typed value, complete and partial, and a list item by item. No key, no network."""

from enum import Enum

from pydantic import BaseModel, Field

from mirascope_like.core import local
from mirascope_like.core.local import LocalCallParams

PARAMS: LocalCallParams = {"max_tokens": 120, "temperature": 0}


class Genre(Enum):
    FANTASY = "fantasy"
    CRIME = "crime"


class Book(BaseModel):
    """A book."""

    title: str = Field(max_length=40)
    genre: Genre


@local.call("smollm2-135m", response_model=Book, call_params=PARAMS)
def extract(text: str) -> str:
    return f"Extract the book: {text}"


@local.call("smollm2-135m", response_model=Book, stream=True, call_params=PARAMS)
def extracting(text: str) -> str:
    return f"Extract the book: {text}"


@local.call("smollm2-135m", response_model=list[Genre], stream=True, call_params=PARAMS)
def name_genres() -> str:
    return "Name two genres"


def main() -> None:
    book = extract("The Hobbit by J.R.R. Tolkien, fantasy")
    print(type(book).__name__, book.genre)
    stream = extracting("The Hobbit by J.R.R. Tolkien, fantasy")
    for partial in stream:
        print(partial)
    print("equal:", stream.constructed_response_model == book)
    for genre in name_genres().each():
        print("item:", genre)
        break


if __name__ == "__main__":
    main()
