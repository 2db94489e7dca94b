"""An error is raised in the loop, not by the call.

Providers: openai
Model: error 400
Prints: asked
Prints: Streaming Error: True
"""

from mirascope.core import openai, prompt_template
from openai import OpenAIError


@openai.call(model="gpt-4o-mini", stream=True)
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


stream = suggest_trip("train")
print("asked")
try:
    for chunk, _ in stream:
        print(chunk.content, end="", flush=True)
except OpenAIError as e:
    print(f"Streaming Error: {'no more today' in str(e)}")
