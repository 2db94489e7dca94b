"""The SDK's own error is caught by its own name.

Providers: openai
Model: error 429
Model: error 400
Prints: limited: True
Prints: refused: True
"""

from mirascope.core import openai, prompt_template
from openai import OpenAIError, RateLimitError


@openai.call(model="gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


try:
    suggest_trip("train")
except RateLimitError as e:
    print(f"limited: {'no more today' in str(e)}")
try:
    suggest_trip("train")
except OpenAIError as e:
    print(f"refused: {'no more today' in str(e)}")
