"""Calls one after the other.

Providers: every local
Model: Gannets dive.
Model: Les fous plongent.
Asks: Sum up: Gannets fall from the sky into the sea.
Asks: Translate into French: Gannets dive.
Prints: Les fous plongent.
"""

from mirascope import llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 10})
@prompt_template("Sum up: {text}")
def sum_up(text: str): ...


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 10})
@prompt_template("Translate into {language}: {text}")
def translate(text: str, language: str): ...


print(translate(sum_up("Gannets fall from the sky into the sea.").content, "French").content)
