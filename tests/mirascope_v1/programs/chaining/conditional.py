"""A prompt that depends on a class found by another call.

Model: answer "negative"
Model: We are sorry.
Asks: Is this review positive or negative? The boat was late.
Asks: Answer this review: The boat was late.
Prints: We are sorry.
Prints: Sentiment.NEGATIVE apology
"""

from enum import Enum

from mirascope import BaseDynamicConfig, llm, prompt_template


class Sentiment(str, Enum):  # noqa: UP042  # as it is documented
    POSITIVE = "positive"
    NEGATIVE = "negative"


@llm.call(provider="openai", model="gpt-4o-mini", response_model=Sentiment)
def classify(review: str) -> str:
    return f"Is this review positive or negative? {review}"


@llm.call(provider="openai", model="gpt-4o-mini")
@prompt_template(
    """
    SYSTEM:
    You answer reviews. This one is {sentiment}: write an {kind}.

    USER: Answer this review: {review}
    """
)
def answer(review: str) -> BaseDynamicConfig:
    sentiment = classify(review=review)
    kind = "thank you" if sentiment == Sentiment.POSITIVE else "apology"
    return {"computed_fields": {"sentiment": sentiment, "kind": kind}}


response = answer("The boat was late.")
print(response)
print(response.dynamic_config["computed_fields"]["sentiment"], response.dynamic_config["computed_fields"]["kind"])
