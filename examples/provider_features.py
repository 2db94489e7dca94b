"""Features of one provider, typed: reasoning, server-side tools, structured output.

Needs OPENAI_API_KEY and ANTHROPIC_API_KEY.
"""

from pydantic import BaseModel

from mirascope_like.core import ResponseModelConfigDict, ThinkingEvent, anthropic, openai


@openai.responses.call(
    "o3-mini",
    call_params={
        "reasoning": {"effort": "high", "summary": "detailed"},
        "include": ["reasoning.encrypted_content"],
    },
)
def reason(question: str) -> str:
    return question


@anthropic.call(
    "claude-sonnet-5",
    stream=True,
    call_params={"max_tokens": 16000, "thinking": {"type": "adaptive", "display": "summarized"}},
)
def think(question: str) -> str:
    return question


@anthropic.call(
    "claude-sonnet-5",
    tools=[{"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8", "max_tokens": 1024}],
    call_params={"max_tokens": 4096},
)
def consult(question: str) -> str:
    return question


class Payment(BaseModel):
    amount: float

    model_config = ResponseModelConfigDict(strict=True)


@anthropic.call("claude-sonnet-5", response_model=Payment, call_params={"max_tokens": 4096})
def extract(text: str) -> str:
    return f"Return exactly this payment {text}"


def main() -> None:
    reasoned = reason("How do I cross the street?")
    assert reasoned.thinking is not None
    print("o3-mini reasons:", reasoned.thinking.splitlines()[0])
    for event in (stream := think("What is 2 + 2?")).events():
        if isinstance(event, ThinkingEvent):
            print(event.text, end="", flush=True)
    print("\n->", stream.content)
    consulted = consult("What's 2+2? Consult your advisor first.")
    print([block.type for block in consulted.response.content], consulted.content)
    print(extract("amount: 12.34"))


if __name__ == "__main__":
    main()
