"""Any provider's error is an `Exception` with the provider's words.

Model: error 400
Prints: Error: True
"""

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini")
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


try:
    print(suggest_trip("train").content)
except Exception as e:
    print(f"Error: {'no more today' in str(e)}")
