"""An async client of one's own, given to the decorator and to one call.

Providers: openai
Model: Ride to Oslo.
Model: Ride to Rome.
Prints: Ride to Oslo.
Prints: Ride to Rome.
"""

import asyncio

from mirascope import Messages
from mirascope.core import openai
from mirascope.core.openai import AsyncOpenAIDynamicConfig
from openai import AsyncOpenAI

client = AsyncOpenAI()


@openai.call("gpt-4o-mini", client=client)
async def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@openai.call("gpt-4o-mini")
async def suggest_another(vehicle: str) -> AsyncOpenAIDynamicConfig:
    return {"messages": [Messages.User(f"Suggest a trip by {vehicle}")], "client": client}


async def main():
    print((await suggest_trip("train")).content)
    print((await suggest_another("train")).content)
    await client.close()


asyncio.run(main())
