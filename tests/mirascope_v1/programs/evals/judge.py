"""A model that judges, with a score and its reasons.

Model: answer {"reasoning": "It is unkind.", "score": 2.0}
Model: answer {"reasoning": "It is kind.", "score": 0}
Prints: reasoning='It is unkind.' score=2.0
Prints: reasoning='It is kind.' score=0.0
"""

import inspect

from mirascope import llm
from pydantic import BaseModel, Field


class Eval(BaseModel):
    reasoning: str = Field(..., description="Why, in fewer than 100 characters.")
    score: float = Field(..., description="From 0 to 5")


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Eval)
def judge(text: str) -> str:
    return inspect.cleandoc(
        f"""
        How rude is this text?

        0 - not at all
        5 - most rude

        Text: {text}
        """
    )


print(judge("You will never see a gannet."))
print(judge("There are gannets for everyone."))
