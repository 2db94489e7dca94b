"""The decorator under its own name.

Model: Ride to Oslo.
Prints: Ride to Oslo.
"""

from mirascope.core import prompt_template
from mirascope.core.openai import openai_call


@openai_call("gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


print(suggest_trip("train").content)
