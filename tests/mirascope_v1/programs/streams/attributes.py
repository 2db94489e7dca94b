"""What a stream knows of its call.

Model: A gull
Prints: {'place': 'cliff', 'mood': 'brief'} Be {mood}: a bird of the {place} {'tags': {'birds'}}
Prints: A gull
Prints: ['stop'] A gull
"""

from mirascope.core import metadata, openai, prompt_template


@openai.call("gpt-4o-mini", stream=True)
@metadata({"tags": {"birds"}})
@prompt_template("Be {mood}: a bird of the {place}")
def ask(place: str) -> openai.OpenAIDynamicConfig:
    return {"computed_fields": {"mood": "brief"}}


stream = ask("cliff")
print(stream.fn_args, stream.prompt_template, stream.metadata)
for chunk, _ in stream:
    print(chunk.content, end="", flush=True)
print()
response = stream.construct_call_response()
print(response.common_finish_reasons, response.content)
