"""Parameters, computed fields, metadata and tools, decided by each call.

Providers: not bedrock gemini google vertex
Model: call ring_bird {"name": "Ada"}
Asks: Name a SEA bird
Prints: 7
Prints: {'tags': {'place:sea'}}
Prints: Ada has ring 41
"""

from mirascope import BaseDynamicConfig, llm, prompt_template


def ring_bird(name: str) -> str:
    """Ring a bird."""
    return f"{name} has ring 41"


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 64})
@prompt_template("Name a {loud} bird")
def bird(place: str, length: int) -> BaseDynamicConfig:
    return {
        "computed_fields": {"loud": place.upper()},
        "call_params": {"max_tokens": length},
        "metadata": {"tags": {f"place:{place}"}},
        "tools": [ring_bird],
    }


response = bird("sea", 7)
print(response.call_kwargs["max_tokens"])
print(response.metadata)
if tool := response.tool:
    print(tool.call())
assert response.dynamic_config["computed_fields"] == {"loud": "SEA"}
