"""An async tool.

Model: call FormatTrip {"start": "Oslo", "end": "Bergen"}
Prints: Oslo - Bergen
"""

import asyncio

from mirascope import BaseTool, llm


class FormatTrip(BaseTool):
    start: str
    end: str

    async def call(self) -> str:
        await asyncio.sleep(0)
        return f"{self.start} - {self.end}"


@llm.call(provider="openai", model="gpt-4o-mini", tools=[FormatTrip])
async def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


async def main():
    response = await suggest_trip("train")
    if tool := response.tool:
        if isinstance(tool, FormatTrip):
            print(await tool.call())
    else:
        print(response.content)


asyncio.run(main())
