"""A toolkit made for the call.

Model: call kit_note_bird {"name": "gannet"}
Prints: Noted: gannet, by the sea
Prints: Note a bird seen by the sea.
"""

from mirascope import BaseDynamicConfig, BaseToolKit, llm, prompt_template, toolkit_tool


class Notebook(BaseToolKit):
    __namespace__ = "kit"

    place: str

    @toolkit_tool
    def note_bird(self, name: str) -> str:
        """Note a bird seen by the {self.place}."""
        return f"Noted: {name}, by the {self.place}"


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Name a {place} bird")
def bird(place: str) -> BaseDynamicConfig:
    return {"tools": Notebook(place=place).create_tools()}


response = bird("sea")
if tool := response.tool:
    print(tool.call())
    print(tool._description())
