"""Two calls at once, and a third that needs both.

Model: Ida
Model: Ida
Model: Row out at dawn.
Prints: Row out at dawn.
Prints: Go with Ida and Ida.
"""

import asyncio

from mirascope import BaseDynamicConfig, llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Who knows the birds of {place}?")
async def guide(place: str): ...


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Who rows to {place}?")
async def rower(place: str): ...


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Plan a day: {plan}")
async def day(place: str) -> BaseDynamicConfig:
    one, two = await asyncio.gather(guide(place), rower(place))
    return {"computed_fields": {"plan": f"Go with {one} and {two}."}}


response = asyncio.run(day("Lundy"))
print(response.content)
print(response.dynamic_config["computed_fields"]["plan"])
