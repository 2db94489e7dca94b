"""An async stream, awaited and read.

Providers: every local
Model: Ride slowly to Oslo.
Prints: Ride slowly to Oslo.
Prints: Ride slowly to Oslo.
"""

import asyncio

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini", stream=True, call_params={"max_tokens": 8})
@prompt_template("Suggest a trip by {vehicle}")
async def suggest_trip(vehicle: str): ...


async def main():
    stream = await suggest_trip("train")
    async for chunk, _ in stream:
        print(chunk.content, end="", flush=True)
    print()
    print(stream.construct_call_response().content)


asyncio.run(main())
