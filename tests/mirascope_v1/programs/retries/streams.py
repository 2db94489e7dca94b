"""A stream that is tried again, by the function around its loop.

Model: error 429
Model: Ride slowly to Oslo.
Prints: Ride slowly to Oslo.
"""

from mirascope import llm
from tenacity import retry, stop_after_attempt, wait_exponential


@llm.call(provider="openai", model="gpt-4o-mini", stream=True)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@retry(stop=stop_after_attempt(3), wait=wait_exponential(multiplier=0.001, max=0.01))
def stream():
    for chunk, _ in suggest_trip("train"):
        print(chunk.content, end="", flush=True)


stream()
