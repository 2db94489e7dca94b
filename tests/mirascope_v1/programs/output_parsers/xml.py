"""XML into a model, by a provider's own response.

Model: <trip><start>Oslo</start><days>3</days></trip>
Model: no XML
Prints: start='Oslo' days=3
Prints: Cannot parse
Prints: None
"""

import xml.etree.ElementTree as ET

from mirascope.core import openai, prompt_template
from pydantic import BaseModel


class Trip(BaseModel):
    start: str
    days: int


def parse_trip(response: openai.OpenAICallResponse) -> Trip | None:
    try:
        root = ET.fromstring(response.content)
        return Trip(start=root.findtext("start", ""), days=int(root.findtext("days", "")))
    except (ET.ParseError, ValueError):
        print("Cannot parse")
        return None


@openai.call("gpt-4o-mini", output_parser=parse_trip)
@prompt_template(
    """
    Suggest a trip by {vehicle}, in this form:
    <trip>
        <start>Where from</start>
        <days>How long</days>
    </trip>
    """
)
def suggest_trip(vehicle: str): ...


print(suggest_trip("train"))
print(suggest_trip("train"))
