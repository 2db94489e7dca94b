"""Evals: a model judges an answer, then a panel of models does. No key, no network, unless JUDGES names other models:

JUDGES=openai:gpt-4o-mini,anthropic:claude-sonnet-5 python examples/evals.py
"""

import asyncio
import os
from statistics import median

from pydantic import BaseModel, Field

from mirascope_like import llm
from mirascope_like.core import prompt_template

JUDGES = os.environ.get("JUDGES", "local:smollm2-135m,local:smollm2-135m").split(",")


class Verdict(BaseModel):
    """The verdict of a judge."""

    reasoning: str = Field(description="One short sentence.", max_length=60)
    score: int = Field(description="1 is bad, 5 is good.", ge=1, le=5)


@llm.call(JUDGES[0], response_model=Verdict, max_retries=1, call_params={"temperature": 0, "max_tokens": 80})
@prompt_template(
    """
    SYSTEM: You judge how polite an answer is.
    USER:
    The answer:
    <answer>{answer}</answer>
    """
)
async def judge(answer: str) -> None: ...


async def panel(answer: str) -> list[Verdict]:
    async def ask(judge_name: str) -> Verdict:
        with llm.context(provider=judge_name.partition(":")[0], model=judge_name.partition(":")[2]):
            return await judge(answer)

    return await asyncio.gather(*map(ask, JUDGES))


def main() -> None:
    verdicts = asyncio.run(panel("Certainly! The Hobbit stands on shelf A1."))
    for name, verdict in zip(JUDGES, verdicts, strict=True):
        print(name, verdict)
    print("panel:", median(verdict.score for verdict in verdicts))


if __name__ == "__main__":
    main()
