"""Messages in the provider's own form.

Providers: not bedrock gemini google vertex
Model: Ride to Oslo.
Asks: Suggest a trip by train
Prints: Ride to Oslo.
"""

from mirascope.core import openai
from mirascope.core.openai import OpenAIDynamicConfig


@openai.call("gpt-4o-mini")
def suggest_trip(vehicle: str) -> OpenAIDynamicConfig:
    return {"messages": [{"role": "user", "content": f"Suggest a trip by {vehicle}"}]}


print(suggest_trip("train").content)
