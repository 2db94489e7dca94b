"""What is saved of async calls.

Model: Ride to Oslo.
Model: Ride slowly.
Prints: response Ride to Oslo.
Prints: stream Ride slowly.
"""

import asyncio
from collections.abc import Callable

from mirascope import llm
from mirascope.core.base import BaseCallResponse, BaseStream
from mirascope.integrations import middleware_factory


async def handle_call_response_async(result: BaseCallResponse, fn: Callable, context: None):
    await asyncio.sleep(0)
    print("response", result.content)


async def handle_stream_async(stream: BaseStream, fn: Callable, context: None):
    await asyncio.sleep(0)
    print("stream", stream.construct_call_response().content)


with_saving = middleware_factory(
    handle_call_response_async=handle_call_response_async, handle_stream_async=handle_stream_async
)


@with_saving
@llm.call(provider="openai", model="gpt-4o-mini")
async def suggest(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@with_saving
@llm.call(provider="openai", model="gpt-4o-mini", stream=True)
async def stream(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


async def main():
    await suggest("train")
    async for _ in await stream("train"):
        pass


asyncio.run(main())
