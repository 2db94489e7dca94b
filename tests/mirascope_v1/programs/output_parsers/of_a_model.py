"""A parser of an answer of a type, and of JSON in prose.

Model: answer {"name": "gannet"}
Model: Here: {"name": "puffin"}. There!
Prints: GANNET
Prints: {'name': 'puffin'}
"""

import json

from mirascope import llm
from pydantic import BaseModel


class Bird(BaseModel):
    name: str


def loudly(bird: Bird) -> str:
    return bird.name.upper()


def only_json(response: llm.CallResponse) -> str:
    return response.content[response.content.index("{") : response.content.rindex("}") + 1]


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird, output_parser=loudly)
def name_bird(place: str) -> str:
    return f"Name a bird of the {place}"


@llm.call(provider="openai", model="gpt-4o-mini", json_mode=True, output_parser=only_json)
def name_in_json(place: str) -> str:
    return f"Name a bird of the {place}"


print(name_bird("sea"))
print(json.loads(name_in_json("sea")))
