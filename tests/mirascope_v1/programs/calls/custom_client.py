"""A client of one's own, given to the decorator.

Providers: openai
Model: Ride to Oslo.
Prints: Ride to Oslo.
"""

from mirascope.core import openai
from openai import OpenAI


@openai.call("gpt-4o-mini", client=OpenAI(default_headers={"x-team": "trips"}))
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


print(suggest_trip("train").content)
