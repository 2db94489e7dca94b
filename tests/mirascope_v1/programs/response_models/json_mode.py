"""Answers of a type in JSON mode, with examples.

Model: answer {"name": "GANNET", "places": ["Rockall", "Lundy"]}
Prints: name='GANNET' places=['Rockall', 'Lundy']
"""

from mirascope import llm, prompt_template
from pydantic import BaseModel, ConfigDict, Field


class Bird(BaseModel):
    name: str = Field(..., examples=["PUFFIN"])
    places: list[str]

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "PUFFIN", "places": ["Skomer"]}]})


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird, json_mode=True)
@prompt_template("Extract {text}. Match the examples.")
def extract_bird(text: str): ...


print(extract_bird("gannets on Rockall and Lundy"))
