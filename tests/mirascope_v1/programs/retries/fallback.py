"""Another provider, where the first has had enough.

Providers: openai
Model: error 429
Model: Ride to Rome.
Model: error 429
Model: error 429
Prints: caught [RateLimitError]
Prints: Ride to Rome.
Prints: all failed
"""

from anthropic import RateLimitError as AnthropicRateLimitError
from mirascope import llm
from mirascope.retries import FallbackError, fallback
from openai import RateLimitError as OpenAIRateLimitError


@fallback(
    OpenAIRateLimitError,
    [{"catch": AnthropicRateLimitError, "provider": "anthropic", "model": "claude-sonnet-5"}],
)
@llm.call("openai", "gpt-4o-mini")
def suggest_trip(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


response = suggest_trip("train")
if caught := getattr(response, "_caught", None):
    print(f"caught [{', '.join(type(one).__name__ for one in caught)}]")
print(response.content)
try:
    suggest_trip("train")
except FallbackError:
    print("all failed")
