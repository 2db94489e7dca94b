"""Another provider, where the first has been tried often enough.

Providers: openai
Model: error 429
Model: error 429
Model: error 429
Model: Ride to Rome.
Prints: Ride to Rome.
"""

from anthropic import RateLimitError as AnthropicRateLimitError
from mirascope import llm, prompt_template
from mirascope.retries import FallbackError, fallback
from openai import RateLimitError as OpenAIRateLimitError
from tenacity import RetryError, retry, retry_if_exception_type, stop_after_attempt, wait_exponential


@fallback(RetryError, [{"catch": RetryError, "provider": "anthropic", "model": "claude-sonnet-5"}])
@retry(
    retry=retry_if_exception_type((OpenAIRateLimitError, AnthropicRateLimitError)),
    stop=stop_after_attempt(2),
    wait=wait_exponential(multiplier=0.001, max=0.01),
)
@llm.call("openai", "gpt-4o-mini")
@prompt_template("Suggest a trip by {vehicle}")
def suggest_trip(vehicle: str): ...


try:
    print(suggest_trip("train").content)
except FallbackError as e:
    print(e)
