"""Parameters of the call, by common names.

Providers: openai local
Model: Ride to Oslo.
Prints: Ride to Oslo.
Prints: 12 0.5
"""

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 12, "temperature": 0.5})
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


response = suggest_trip("train")
print(response.content)
print(response.call_kwargs["max_tokens"], response.call_kwargs["temperature"])
