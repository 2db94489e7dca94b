"""Chaining: use the output of one call in the next: directly, as a computed field, and async. No key, no network."""

import asyncio

from mirascope_like.core import BaseDynamicConfig, local, prompt_template
from mirascope_like.core.local import LocalCallParams

SHORT: LocalCallParams = {"temperature": 0, "max_tokens": 12}


@local.call("smollm2-135m", call_params=SHORT)
def summarize(text: str) -> str:
    return f"Summarize in one line: {text}"


@local.call("smollm2-135m", call_params=SHORT)
@prompt_template("Say this in {language}: {summary}")
def translate(text: str, language: str) -> BaseDynamicConfig:
    return {"computed_fields": {"summary": summarize(text)}}


@local.call("smollm2-135m", call_params=SHORT)
async def find_fact(topic: str) -> str:
    return f"Say a fact about {topic}"


@local.call("smollm2-135m", call_params=SHORT)
async def compare(*topics: str) -> str:
    facts = await asyncio.gather(*map(find_fact, topics))
    return "Compare:\n" + "\n".join(fact.content for fact in facts)


def main() -> None:
    summary = summarize("The sea is wide and deep, and full of fish.").content
    print("1.", summary)
    response = translate("The sea is wide and deep, and full of fish.", "French")
    print("2.", response.content)
    print("the prompt contains the summary:", summary in str(response.common_messages[-1].content))
    compared = asyncio.run(compare("the sea", "the moon"))
    print("3.", compared.content)
    print("the prompt contains both facts:", str(compared.common_messages[-1].content).count("\n") >= 2)


if __name__ == "__main__":
    main()
