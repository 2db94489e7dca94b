"""A call with a string template, and all properties of its response.

Model: Ride to Oslo.
Asks: Suggest a trip by train
Prints: Ride to Oslo.
Prints: Suggest a trip by {vehicle}
Prints: [BaseMessageParam(role='user', content='Suggest a trip by train')]
Prints: ['stop']
"""

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


response = suggest_trip("train")
print(response)
print(response.prompt_template)
print(response.common_messages)
print(response.common_finish_reasons)
