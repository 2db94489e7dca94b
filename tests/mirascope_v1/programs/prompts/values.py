"""Attributes, format specs, lists and lists of lists in templates.

Prints: The gannet of 1.75 m dives.
Prints: Colours:
Prints: white
Prints: black
Prints:
Prints: Sightings:
Prints: Where: Rockall
Prints: When: May
Prints:
Prints: Where: Lundy
Prints: When: June
"""

from mirascope import prompt_template
from pydantic import BaseModel


class Bird(BaseModel):
    name: str
    span: float


@prompt_template("The {bird.name} of {bird.span:.2f} m dives.")
def describe(bird: Bird): ...


@prompt_template(
    """
    Colours:
    {colours:list}

    Sightings:
    {sightings:lists}
    """
)
def report(colours: list[str], sightings: list[list[str]]): ...


print(describe(Bird(name="gannet", span=1.7451))[0].content)
print(report(["white", "black"], [["Where: Rockall", "When: May"], ["Where: Lundy", "When: June"]])[0].content)
