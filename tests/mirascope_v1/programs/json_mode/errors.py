"""JSON that is none.

Model: {"name": "gannet", "pl
Prints: The model produced invalid JSON
"""

import json

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini", json_mode=True)
def describe(bird: str) -> str:
    return f"Give the name and place of the {bird} in JSON"


try:
    response = describe("gannet")
    print(json.loads(response.content))
except json.JSONDecodeError:
    print("The model produced invalid JSON")
