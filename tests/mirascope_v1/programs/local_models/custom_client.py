"""A model on this machine behind OpenAI's SDK, given as a client, and typed answers of it.

Providers: openai
Model: Ride to Oslo.
Model: answer {"start": "Oslo", "end": "Bergen"}
Prints: Ride to Oslo.
Prints: start='Oslo' end='Bergen'
"""

import os

from mirascope.core import openai
from openai import OpenAI
from pydantic import BaseModel

custom_client = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="unused")


@openai.call("llama3.2", client=custom_client)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


print(suggest_trip("train"))


class Trip(BaseModel):
    start: str
    end: str


@openai.call("llama3.2", response_model=Trip, client=custom_client)
def extract_trip(text: str) -> str:
    return f"Extract {text}"


trip = extract_trip("From Oslo to Bergen")
assert isinstance(trip, Trip)
print(trip)
