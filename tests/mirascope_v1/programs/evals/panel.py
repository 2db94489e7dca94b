"""Several judges of one prompt.

Model: answer {"reasoning": "It is unkind.", "score": 2.0}
Model: answer {"reasoning": "It is untrue.", "score": 3.5}
Prints: reasoning='It is unkind.' score=2.0
Prints: reasoning='It is untrue.' score=3.5
Prints: mean 2.75
"""

from mirascope import llm, prompt_template
from pydantic import BaseModel


class Eval(BaseModel):
    reasoning: str
    score: float


@prompt_template()
def judge(text: str) -> str:
    return f"How rude is this text? {text}"


judges = [
    llm.call(provider="openai", model="gpt-4o-mini", response_model=Eval),
    llm.call(provider="anthropic", model="claude-sonnet-5", response_model=Eval),
]
evaluations: list[Eval] = [one(judge)("You will never see a gannet.") for one in judges]
for evaluation in evaluations:
    print(evaluation)
print("mean", sum(one.score for one in evaluations) / len(evaluations))
