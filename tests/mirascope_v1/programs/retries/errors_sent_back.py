"""The validation errors of one attempt are in the prompt of the next, in both styles.

Model: answer "ida"
Model: answer "IDA"
Model: answer "ida"
Model: answer "IDA"
Prints: told 1
Prints: IDA
Prints: told 1
Prints: IDA
"""

from typing import Annotated

from mirascope import BaseDynamicConfig, llm, prompt_template
from mirascope.retries.tenacity import collect_errors
from pydantic import AfterValidator, ValidationError
from tenacity import retry, stop_after_attempt


def is_upper(value: str) -> str:
    assert value.isupper(), "Must be uppercase"
    return value


@retry(stop=stop_after_attempt(3), after=collect_errors(ValidationError))
@llm.call(provider="openai", model="gpt-4o-mini", response_model=Annotated[str, AfterValidator(is_upper)])
def returned(boat: str, *, errors: list[ValidationError] | None = None) -> str:
    if errors:
        print("told", len(errors))
        return f"Previous Error: {errors}\n\nWho rows the {boat}?"
    return f"Who rows the {boat}?"


@retry(stop=stop_after_attempt(3), after=collect_errors(ValidationError))
@llm.call(provider="openai", model="gpt-4o-mini", response_model=Annotated[str, AfterValidator(is_upper)])
@prompt_template(
    """
    {previous_errors}

    Who rows the {boat}?
    """
)
def written(boat: str, *, errors: list[ValidationError] | None = None) -> BaseDynamicConfig:
    previous_errors = None
    if errors:
        previous_errors = f"Previous Errors: {errors}"
        print("told", len(errors))
    return {"computed_fields": {"previous_errors": previous_errors}}


print(returned("dory"))
print(written("dory"))
