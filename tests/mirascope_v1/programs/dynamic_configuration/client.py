"""A client for one call.

Providers: openai
Model: The puffin.
Prints: The puffin.
"""

from mirascope.core import openai, prompt_template
from openai import OpenAI


@openai.call("gpt-4o-mini")
@prompt_template("Name a {place} bird")
def bird(place: str) -> openai.OpenAIDynamicConfig:
    return {"client": OpenAI()}


print(bird("sea").content)
