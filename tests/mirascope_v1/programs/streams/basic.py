"""A stream, printed as it comes.

Providers: every local
Model: Ride slowly to Oslo.
Asks: Suggest a trip by train
Prints: Ride slowly to Oslo.
Prints: Content: Ride slowly to Oslo.
Prints: Usage: 10 5
"""

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini", stream=True, call_params={"max_tokens": 12})
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


stream = suggest_trip("train")
for chunk, _ in stream:
    print(chunk.content, end="", flush=True)
print()
print(f"Content: {stream.content}")
call_response = stream.construct_call_response()
assert isinstance(call_response, llm.CallResponse)
assert call_response.usage is not None
print(f"Usage: {call_response.input_tokens} {call_response.output_tokens}")
