"""A call: its text and its metadata.

Providers: every local
Model: Take the night train to Vienna.
Asks: Suggest a trip by train
Prints: Take the night train to Vienna.
Prints: True True True
Prints: 10 5
"""

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 12})
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


response: llm.CallResponse = suggest_trip("train")
assert isinstance(response, llm.CallResponse)
print(response.content)
print(str(response) == response.content, response.tools is None, response.tool is None)
print(response.input_tokens, response.output_tokens)
assert response.fn_args == {"vehicle": "train"}
assert response.call_params == {"max_tokens": 12}
assert response.prompt_template is None
assert response.end_time >= response.start_time > 0
