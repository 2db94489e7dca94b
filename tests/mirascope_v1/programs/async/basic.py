"""An async call, in both styles.

Providers: every local
Model: Ride to Oslo.
Model: Ride to Rome.
Prints: Ride to Oslo.
Prints: Ride to Rome.
"""

import asyncio

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 8})
async def returned(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 8})
@prompt_template("Suggest a trip by {vehicle}")
async def written(vehicle: str): ...


async def main():
    print((await returned("train")).content)
    print((await written("train")).content)


asyncio.run(main())
