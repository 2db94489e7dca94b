"""JSON of the embedded model.

Providers: local
"""

import json

from mirascope import llm


@llm.call(provider="local", model="smollm2-135m", json_mode=True, call_params={"max_tokens": 200})
def describe(bird: str) -> str:
    return f"Give the name of the {bird} in JSON"


try:
    print(json.loads(describe("gannet").content))
except json.JSONDecodeError:
    print("The model was cut off")
