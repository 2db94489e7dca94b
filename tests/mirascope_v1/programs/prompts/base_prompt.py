"""Prompts as classes, with computed fields and metadata, run by any call.

Providers: every local
Model: The puffin.
Model: The gannet.
Prints: Name a sea bird that nests in burrows
Prints: [BaseMessageParam(role='user', content='Name a sea bird that nests in burrows')]
Prints: {'tags': {'version:0001'}}
Prints: The puffin.
Prints: The gannet.
"""

import asyncio

from mirascope.core import BasePrompt, metadata, openai, prompt_template
from pydantic import computed_field


@metadata({"tags": {"version:0001"}})
@prompt_template("Name a {place} bird that nests {where}")
class BirdPrompt(BasePrompt):
    place: str
    small: bool

    @computed_field
    @property
    def where(self) -> str:
        return "in burrows" if self.small else "on cliffs"


prompt = BirdPrompt(place="sea", small=True)
print(prompt)
print(prompt.message_params())
print(prompt.dump()["metadata"])
print(prompt.run(openai.call("gpt-4o-mini", call_params={"max_tokens": 8})))
print(asyncio.run(prompt.run_async(openai.call("gpt-4o-mini", call_params={"max_tokens": 8}))))
