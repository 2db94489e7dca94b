"""A provider's own module, its response and the SDK's object behind it.

Providers: not bedrock cohere gemini google vertex
Model: Ride to Oslo.
Asks: Suggest a trip by train
Prints: Ride to Oslo.
"""

from mirascope.core import openai


@openai.call("gpt-4o-mini")
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


response = suggest_trip("train")
print(response.content)
assert isinstance(response, openai.OpenAICallResponse)
assert response.id == response.response.id
assert response.model == response.response.model
assert response.usage is not None
assert response.user_message_param is not None
