"""A model on this machine by the name of its host; provider and model without their names.

Providers: openai
Model: Ride to Oslo.
Model: answer {"start": "Oslo", "end": "Bergen"}
Prints: Ride to Oslo.
Prints: start='Oslo' end='Bergen'
"""

import os

from mirascope import llm
from openai import OpenAI
from pydantic import BaseModel

client = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="unused")


@llm.call("ollama", "llama3.2", client=client)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


print(suggest_trip("train"))


class Trip(BaseModel):
    start: str
    end: str


@llm.call("vllm", "llama3.2", response_model=Trip, client=client)
def extract_trip(text: str) -> str:
    return f"Extract {text}"


trip = extract_trip("From Oslo to Bergen")
assert isinstance(trip, Trip)
print(trip)
