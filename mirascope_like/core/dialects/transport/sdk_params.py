"""Call parameters as an SDK's own object, and what is raised for those that it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...base.errors import ConfigurationError

ModelT = TypeVar("ModelT", bound=BaseModel)


def made(kind: type[ModelT], given: Mapping[str, Any], provider: str) -> ModelT:
    """Make an object of an SDK. Raises `ConfigurationError`, which names the parameters that it refuses."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise refusal(error, provider)


def refusal(error: ValidationError, provider: str) -> ConfigurationError:
    """Return what to raise for parameters that an SDK refuses."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    # Of a parameter that may be one thing or another, the first fault tells enough.
    told = {fault["loc"][:1]: f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in reversed(faults)}
    refused = ConfigurationError(f"{provider} does not take {'; '.join(told.values())}")
    refused.__cause__ = error
    return refused
