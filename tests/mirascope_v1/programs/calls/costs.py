"""The cost of a call, computed from the usage of its response.

Model: The gannet.
Prints: (10, 5)
Prints: True
"""

from mirascope.core import calculate_cost, openai


@openai.call("gpt-4o-mini")
def ask() -> str:
    return "Which bird?"


response = ask()
metadata = response.cost_metadata
print((metadata.input_tokens, metadata.output_tokens))
print(calculate_cost("openai", response.model, metadata) == response.cost)
