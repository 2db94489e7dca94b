"""An answer that OpenAI holds to its schema.

Providers: openai
Model: {"start": "Oslo", "end": "Bergen"}
Prints: start='Oslo' end='Bergen'
Prints: json_schema True
"""

from mirascope.core import ResponseModelConfigDict, openai
from pydantic import BaseModel


class Trip(BaseModel):
    start: str
    end: str

    model_config = ResponseModelConfigDict(strict=True)


@openai.call("gpt-4o-mini", response_model=Trip, json_mode=True)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


trip = suggest_trip("train")
print(trip)
form = trip._response.call_kwargs["response_format"]
print(form["type"], form["json_schema"]["strict"])
