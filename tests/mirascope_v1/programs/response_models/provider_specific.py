"""The provider's own response behind an answer of a type.

Providers: not bedrock gemini google vertex
Model: answer {"name": "gannet", "span": 1.8}
Prints: name='gannet' span=1.8
"""

from typing import cast

from mirascope.core import Messages, openai, prompt_template
from pydantic import BaseModel


class Bird(BaseModel):
    name: str
    span: float


@openai.call(model="gpt-4o-mini", response_model=Bird)
@prompt_template()
def extract_bird(text: str) -> Messages.Type:
    return f"Extract: {text}"


bird = extract_bird("The gannet spans 1.8 m")
print(bird)
response = cast(openai.OpenAICallResponse, bird._response)
assert isinstance(response, openai.OpenAICallResponse)
assert response.response.id == response.id
