"""Builds parameter objects of an SDK, and converts their validation errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...base.errors import ConfigurationError

ModelT = TypeVar("ModelT", bound=BaseModel)


def made(kind: type[ModelT], given: Mapping[str, Any], provider: str) -> ModelT:
    """Return an object of an SDK class. Raises `ConfigurationError`, which names the parameters that are invalid."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise refusal(error, provider)


def refusal(error: ValidationError, provider: str) -> ConfigurationError:
    """Return a `ConfigurationError` for parameters that an SDK rejects."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    # A parameter with several allowed types has several faults; report only the first.
    by_field = {fault["loc"][:1]: f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in reversed(faults)}
    refused = ConfigurationError(f"invalid call parameters for {provider}: {'; '.join(by_field.values())}")
    refused.__cause__ = error
    return refused
