"""JSON as text.

Model: {"name": "gannet", "place": "sea"}
Prints: {'name': 'gannet', 'place': 'sea'}
"""

import json

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini", json_mode=True)
@prompt_template("Give the name and place of the {bird} in JSON")
def describe(bird: str): ...


print(json.loads(describe("gannet").content))
