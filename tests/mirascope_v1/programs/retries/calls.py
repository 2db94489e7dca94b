"""A call that is tried again.

Model: error 429
Model: Ride to Oslo.
Prints: Ride to Oslo.
"""

from mirascope import llm, prompt_template
from tenacity import retry, stop_after_attempt, wait_exponential


@retry(stop=stop_after_attempt(3), wait=wait_exponential(multiplier=0.001, max=0.01))
@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


print(suggest_trip("train"))
