"""Fields that are filled from the arguments of the call, and validated with the rest.

Model: answer {"birds": [{"name": "gannet"}, {"name": "puffin"}]}
Model: answer {"birds": [{"name": "gannet"}]}
Prints: texts=['a gannet', 'a puffin'] birds=[Bird(name='gannet'), Bird(name='puffin')]
Prints: Value error, as many birds as texts
"""

from typing import Annotated, Self

from mirascope import llm
from mirascope.core import FromCallArgs
from pydantic import BaseModel, ValidationError, model_validator


class Bird(BaseModel):
    name: str


class Birds(BaseModel):
    texts: Annotated[list[str], FromCallArgs()]
    birds: list[Bird]

    @model_validator(mode="after")
    def as_many(self) -> Self:
        if len(self.texts) != len(self.birds):
            raise ValueError("as many birds as texts")
        return self


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Birds)
def extract_birds(texts: list[str]) -> str:
    return f"Extract the birds of these texts: {texts}"


print(extract_birds(["a gannet", "a puffin"]))
try:
    extract_birds(["a gannet", "a puffin"])
except ValidationError as e:
    print(e.errors()[0]["msg"])
