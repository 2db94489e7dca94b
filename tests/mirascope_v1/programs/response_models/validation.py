"""An answer that does not fit is pydantic's error, with the response in it.

Model: answer {"name": "gannet", "place": "sea"}
Prints: 2 validation errors for Bird
Prints: Assertion failed, must be in capitals
Prints: True
"""

from typing import Annotated

from mirascope import llm
from pydantic import AfterValidator, BaseModel, ValidationError


def in_capitals(value: str) -> str:
    assert value.isupper(), "must be in capitals"
    return value


class Bird(BaseModel):
    name: Annotated[str, AfterValidator(in_capitals)]
    place: Annotated[str, AfterValidator(in_capitals)]


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Bird)
def extract_bird(text: str) -> str:
    return f"Extract {text}"


try:
    print(extract_bird("The gannet of the sea"))
except ValidationError as e:
    print(str(e).splitlines()[0])
    print(e.errors()[0]["msg"])
    response = e._response
    print(isinstance(response, llm.CallResponse))
    assert response.model_dump()["metadata"] == {}
