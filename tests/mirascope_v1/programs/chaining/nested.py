"""A call within a call's prompt, as text and as a computed field.

Model: Gannets dive.
Model: Les fous plongent.
Model: Gannets dive.
Model: Les fous plongent.
Asks: Sum up: Gannets fall.
Asks: Translate into French: Gannets dive.
Asks: Sum up: Gannets fall.
Asks: Translate into French: Gannets dive.
Prints: Les fous plongent.
Prints: Les fous plongent.
Prints: Gannets dive.
Prints: Gannets dive.
"""

from mirascope import BaseDynamicConfig, llm, prompt_template


@llm.call(provider="openai", model="gpt-4o-mini")
def sum_up(text: str) -> str:
    return f"Sum up: {text}"


@llm.call(provider="openai", model="gpt-4o-mini")
def returned(text: str, language: str) -> str:
    return f"Translate into {language}: {sum_up(text).content}"


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template("Translate into {language}: {summary}")
def written(text: str, language: str) -> BaseDynamicConfig:
    return {"computed_fields": {"summary": sum_up(text)}}


print(returned("Gannets fall.", "French"))
response = written("Gannets fall.", "French")
print(response)
print(response.dynamic_config["computed_fields"]["summary"])
print(response.model_dump()["computed_fields"]["summary"]["content"])
