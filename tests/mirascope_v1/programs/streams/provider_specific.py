"""A provider's own stream, its chunks and the SDK's events behind them.

Providers: openai anthropic local
Model: Ride slowly to Oslo.
Prints: Ride slowly to Oslo.
Prints: True True
"""

from mirascope.core import openai, prompt_template


@openai.call("gpt-4o-mini", stream=True, call_params={"max_tokens": 12})
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


stream: openai.OpenAIStream = suggest_trip("train")
text = ""
for chunk, tool in stream:
    assert isinstance(chunk, openai.OpenAICallResponseChunk)
    assert tool is None
    assert chunk.chunk is not None
    text += str(chunk)
print(text)
print(stream.content == text, isinstance(stream, openai.OpenAIStream))
assert isinstance(stream.construct_call_response(), openai.OpenAICallResponse)
assert stream.message_param["role"] == "assistant"
assert stream.user_message_param is not None
assert stream.input_tokens
assert stream.output_tokens
assert stream.id
assert stream.finish_reasons
