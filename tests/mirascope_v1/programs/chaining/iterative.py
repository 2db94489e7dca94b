"""A text that is criticised and written again.

Model: Gannets.
Model: answer {"critique": "Too short.", "rewritten": "Gannets dive."}
Model: answer {"critique": "Still short.", "rewritten": "Gannets dive from great heights."}
Prints: Gannets dive from great heights.
"""

from mirascope import llm, prompt_template
from pydantic import BaseModel, Field


class Feedback(BaseModel):
    """A critique of a summary, and a summary that heeds it."""

    critique: str = Field(..., description="What is wrong with the summary.")
    rewritten: str = Field(..., description="A better summary.")


@llm.call(provider="openai", model="gpt-4o-mini")
def sum_up(text: str) -> str:
    return f"Sum up: {text}"


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Feedback)
@prompt_template(
    """
    Text: {text}
    Summary: {summary}

    Criticise the summary, and write it again.
    """
)
def improve(text: str, summary: str): ...


summary = sum_up("Gannets fall from the sky into the sea.").content
for _ in range(2):
    summary = improve("Gannets fall from the sky into the sea.", summary).rewritten
print(summary)
