"""A type that grows: partial models, then the whole one.

Providers: not groq mistral
Model: answer {"name": "gannet", "places": ["Rockall", "Lundy"]}
Prints: name='gannet' places=['Rockall', 'Lundy']
Prints: name='gannet' places=['Rockall', 'Lundy']
"""

from mirascope import llm
from pydantic import BaseModel


class Bird(BaseModel):
    name: str
    places: list[str]


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird, stream=True)
def extract_bird(text: str) -> str:
    return f"Extract {text}"


bird_stream = extract_bird("gannets on Rockall and Lundy")
birds = list(bird_stream)
assert len(birds) > 1
assert birds[0].name is None or birds[0].places is None
assert isinstance(birds[-1], Bird)
print(birds[-1])
print(bird_stream.constructed_response_model)
assert isinstance(bird_stream.constructed_response_model._response, llm.CallResponse)
assert bird_stream.stream.construct_call_response().input_tokens == 10
