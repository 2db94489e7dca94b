"""Dynamic configuration: a function returns the settings of a single call. No key, no network."""

from mirascope_like.core import BaseDynamicConfig, Messages, local, metadata, prompt_template


def count_pages(title: str) -> int:
    """Count the pages of a book."""
    return len(title) * 100


@local.call("smollm2-135m", call_params={"temperature": 0})
@prompt_template("Say {count} facts about {topic}")
@metadata({"tags": {"books"}})
def facts(topic: str, n: int) -> BaseDynamicConfig:
    return {
        "computed_fields": {"count": n * 2},
        "call_params": {"max_tokens": 10 * n},
        "metadata": {"n": n},
    }


@local.call("smollm2-135m", call_params={"temperature": 0, "max_tokens": 10})
def ask(question: str, *, careful: bool) -> BaseDynamicConfig:
    if careful:
        return {"messages": [Messages.System("Look it up."), Messages.User(question)], "tools": [count_pages]}
    return {"messages": question}


def main() -> None:
    response = facts("the sea", 2)
    print(response.content)
    print("prompt:", response.common_messages[-1].content)
    print("tokens:", response.output_tokens, "of", response.call_kwargs["max_tokens"])
    print("metadata:", response.metadata)
    for careful in (False, True):
        response = ask("How long is Dune?", careful=careful)
        tools = response.call_kwargs.get("tools", [])
        print("careful:", careful, "| messages:", len(response.messages), "| tools:", len(tools))


if __name__ == "__main__":
    main()
