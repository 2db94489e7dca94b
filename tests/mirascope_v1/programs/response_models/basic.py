"""An answer of a type, with the response behind it.

Model: answer {"name": "gannet", "span": 1.8}
Asks: Extract: The gannet spans 1.8 m
Prints: name='gannet' span=1.8
Prints: True
"""

from mirascope import llm
from pydantic import BaseModel


class Bird(BaseModel):
    """A bird that was seen."""

    name: str
    span: float


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird)
def extract_bird(text: str) -> str:
    return f"Extract: {text}"


bird = extract_bird("The gannet spans 1.8 m")
assert isinstance(bird, Bird)
print(bird)
response = bird._response
print(isinstance(response, llm.CallResponse))
assert response.model_dump()["id"] == response.id
assert response.model_dump()["response"]
