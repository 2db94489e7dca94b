"""One prompt, called at two providers.

Providers: openai
Model: Ride to Oslo.
Model: Ride to Rome.
Asks: Suggest a trip by train
Asks: Suggest a trip by train
Prints: OpenAI: Ride to Oslo.
Prints: Anthropic: Ride to Rome.
"""

from mirascope.core import anthropic, openai, prompt_template


@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


print("OpenAI:", openai.call("gpt-4o-mini")(suggest_trip)("train").content)
print("Anthropic:", anthropic.call("claude-sonnet-5")(suggest_trip)("train").content)
