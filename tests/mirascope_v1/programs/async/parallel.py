"""Several calls at once.

Model: Ride.
Model: Ride.
Model: Ride.
Prints: (train): Ride.
Prints: (boat): Ride.
Prints: (bike): Ride.
"""

import asyncio

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini")
async def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


async def main():
    vehicles = ["train", "boat", "bike"]
    responses = await asyncio.gather(*[suggest_trip(vehicle) for vehicle in vehicles])
    for vehicle, response in zip(vehicles, responses, strict=True):
        print(f"({vehicle}): {response.content}")


asyncio.run(main())
