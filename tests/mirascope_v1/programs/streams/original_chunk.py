"""The SDK's own chunk.

Providers: openai
Model: Ride slowly to Oslo.
Prints: ChatCompletionChunk Ride slowly to Oslo.
"""

from mirascope.core import openai


@openai.call("gpt-4o-mini", stream=True)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


pieces = [chunk.chunk for chunk, _ in suggest_trip("train")]
words = [piece.choices[0].delta.content or "" for piece in pieces if piece.choices]
print(type(pieces[0]).__name__, "".join(words))
