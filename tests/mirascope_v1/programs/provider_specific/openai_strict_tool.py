"""A tool whose arguments OpenAI holds to the schema.

Providers: openai
Model: call FormatTrip {"start": "Oslo", "end": "Bergen"}
Prints: Oslo - Bergen
Prints: True required
"""

from mirascope.core import BaseTool, openai
from mirascope.core.openai import OpenAIToolConfig


class FormatTrip(BaseTool):
    start: str
    end: str

    tool_config = OpenAIToolConfig(strict=True)

    def call(self) -> str:
        return f"{self.start} - {self.end}"


@openai.call("gpt-4o-mini", tools=[FormatTrip], call_params={"tool_choice": "required"})
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


response = suggest_trip("train")
if tool := response.tool:
    print(tool.call())
print(response.call_kwargs["tools"][0]["function"]["strict"], response.call_kwargs["tool_choice"])
