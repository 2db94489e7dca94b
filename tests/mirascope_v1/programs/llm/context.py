"""Another provider for all calls in a block.

Providers: openai
Model: Ride to Oslo.
Model: Ride to Rome.
Model: Ride to Bern.
Prints: gpt-4o-mini-2024-07-18
Prints: claude-sonnet-5
Prints: gpt-4o-mini-2024-07-18
"""

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini")
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


print(suggest_trip("train").model)
with llm.context(provider="anthropic", model="claude-sonnet-5"):
    print(suggest_trip("train").model)
print(suggest_trip("train").model)
