"""An async answer of a type, and one that grows.

Model: answer {"start": "Oslo", "end": "Bergen"}
Model: answer {"start": "Oslo", "end": "Bergen"}
Prints: start='Oslo' end='Bergen'
Prints: start='Oslo' end='Bergen'
"""

import asyncio

from mirascope import llm
from pydantic import BaseModel


class Trip(BaseModel):
    start: str
    end: str


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Trip)
async def extract_trip(text: str) -> str:
    return f"Extract {text}"


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Trip, stream=True)
async def watch_trip(text: str) -> str:
    return f"Extract {text}"


async def main():
    print(await extract_trip("Oslo to Bergen"))
    trip = None
    async for partial in await watch_trip("Oslo to Bergen"):
        trip = partial
    print(trip)


asyncio.run(main())
