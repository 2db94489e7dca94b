"""The SDK's own completion, and a dump for a log.

Providers: openai
Model: Ride to Oslo.
Prints: Ride to Oslo.
Prints: chatcmpl-1 gpt-4o-mini-2024-07-18
Prints: ['stop'] {'role': 'user', 'content': 'Suggest a trip by train'}
"""

from mirascope.core import openai, prompt_template


@openai.call(model="gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


response = suggest_trip("train")
completion = response.response
print(completion.choices[0].message.content)
dump = response.model_dump()
print(dump["response"]["id"], dump["model"])
print(response.finish_reasons, response.user_message_param)
