"""What a parser makes of the response.

Model: Oslo to Bergen
Prints: ('Oslo', 'Bergen')
"""

from mirascope import llm


def parse_trip(response: llm.CallResponse) -> tuple[str, str]:
    start, end = response.content.split(" to ")
    return (start, end)


@llm.call(provider="openai", model="gpt-4o-mini", output_parser=parse_trip)
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}. Say only Start to End"


print(suggest_trip("train"))
