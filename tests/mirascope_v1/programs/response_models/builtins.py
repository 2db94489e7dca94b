"""Answers of built-in types, of lists of models, literals and unions.

Model: answer ["gannet", "puffin"]
Model: answer [{"name": "gannet"}, {"name": "puffin"}]
Model: answer 42
Model: answer true
Model: answer "sea"
Prints: ['gannet', 'puffin']
Prints: [Bird(name='gannet'), Bird(name='puffin')]
Prints: 42
Prints: True
Prints: sea
"""

from typing import Literal

from mirascope import llm, prompt_template
from pydantic import BaseModel


class Bird(BaseModel):
    name: str


@prompt_template("Extract from {text}")
def extract(text: str): ...


for kind in (list[str], list[Bird], int, bool, Literal["sea", "land"]):
    print(llm.call(provider="openai", model="gpt-4o-mini", response_model=kind)(extract)("Two birds of the sea"))
