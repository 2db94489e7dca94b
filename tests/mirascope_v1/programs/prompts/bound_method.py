"""A template method of an object becomes a call after it is bound.

Model: The gannet.
Model: The puffin.
Prints: The gannet.
Prints: The puffin.
Asks: Ada asks for a bird of the sea
Asks: Ada asks for a bird of the coast
"""

import asyncio

from mirascope.core import openai, prompt_template


class Keeper:
    def __init__(self, name: str):
        self.name = name

    @prompt_template("{self.name} asks for a bird of the {place}")
    def ask(self, place: str): ...

    @prompt_template("{self.name} asks for a bird of the {place}")
    async def ask_async(self, place: str): ...


keeper = Keeper("Ada")
print(openai.call("gpt-4o-mini")(keeper.ask)("sea"))
print(asyncio.run(openai.call("gpt-4o-mini")(keeper.ask_async)("coast")))
