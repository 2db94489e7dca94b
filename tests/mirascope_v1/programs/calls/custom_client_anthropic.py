"""A client of one's own, for Anthropic.

Providers: openai
Model: Ride to Oslo.
Prints: Ride to Oslo.
"""

from anthropic import Anthropic
from mirascope.core import anthropic


@anthropic.call("claude-sonnet-5", client=Anthropic(max_retries=0))
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


print(suggest_trip("train").content)
