"""Messages in a dynamic config, in the provider's own form and in neutral words.

Providers: not bedrock gemini google vertex
Model: The puffin.
Model: The gannet.
Asks: Name a sea bird
Asks: Name a sea bird
Prints: The puffin.
Prints: The gannet.
"""

from mirascope import BaseDynamicConfig, Messages
from mirascope.core import openai


@openai.call("gpt-4o-mini")
def own(place: str) -> openai.OpenAIDynamicConfig:
    return {"messages": [{"role": "user", "content": f"Name a {place} bird"}]}


@openai.call("gpt-4o-mini")
def neutral(place: str) -> BaseDynamicConfig:
    return {"messages": [Messages.System("You know birds"), Messages.User(content=f"Name a {place} bird")]}


print(own("sea").content)
print(neutral("sea").content)
