"""Evaluating the text of a response by rules, without a model.

Providers: every local
Model: Gannets nest on Lundy and Rockall.
Prints: True
Prints: Recall: 0.75
"""

from mirascope import llm


@llm.call(provider="openai", model="gpt-4o-mini", call_params={"max_tokens": 10})
def describe(bird: str) -> str:
    return f"Where does the {bird} nest?"


output = str(describe("gannet"))
expected = "gannets nest on skomer"
print(all(phrase in output for phrase in ["Lundy", "Rockall"]))
words = {word.strip(".").lower() for word in output.split()}
print(f"Recall: {len(words & set(expected.split())) / len(expected.split()):.2f}")
