"""An enum is asked for under its own name, also in a stream and in async code.

Model: call Mood {"value": "calm"}
Model: call Mood {"value": "calm"}
Model: call Mood {"value": "wild"}
Prints: Mood.CALM
Prints: Mood.CALM
Prints: Mood.WILD
"""

import asyncio
from enum import Enum

from mirascope.core import openai


class Mood(Enum):
    CALM = "calm"
    WILD = "wild"


@openai.call("gpt-4o-mini", response_model=Mood)
def mood(text: str) -> str:
    return f"What is the mood of {text}?"


@openai.call("gpt-4o-mini", response_model=Mood, stream=True)
def moods(text: str) -> str:
    return f"What is the mood of {text}?"


@openai.call("gpt-4o-mini", response_model=Mood)
async def mood_async(text: str) -> str:
    return f"What is the mood of {text}?"


print(mood("the sea"))
print(list(moods("the sea"))[-1])
print(asyncio.run(mood_async("the wind")))
