"""Another provider, model and parameters for a function that has some already.

Providers: openai
Model: Ride to Oslo.
Model: Ride to Rome.
Model: Ride to Bern.
Prints: Ride to Oslo. OpenAI
Prints: Ride to Rome. Anthropic
Prints: Ride to Bern. OpenAI
"""

from mirascope import llm
from mirascope.core import prompt_template


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


def who(response: llm.CallResponse) -> str:
    return "Anthropic" if type(response.response).__module__.startswith("anthropic") else "OpenAI"


response = suggest_trip("train")
print(response.content, who(response))
response = llm.override(
    suggest_trip,
    provider="anthropic",
    model="claude-sonnet-5",
    call_params={"max_tokens": 64},
)("train")
print(response.content, who(response))
response = suggest_trip("train")
print(response.content, who(response))
