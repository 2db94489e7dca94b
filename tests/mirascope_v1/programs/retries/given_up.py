"""A call that fails each time.

Providers: not cohere
Model: error 429
Model: error 429
Prints: gave up
"""

from mirascope import llm
from tenacity import RetryError, retry, stop_after_attempt


@retry(stop=stop_after_attempt(2))
@llm.call(provider="openai", model="gpt-4o-mini")
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


try:
    suggest_trip("train")
except RetryError:
    print("gave up")
