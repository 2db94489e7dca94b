"""Loading a provider's SDK, or saying how to get it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .exceptions import ConfigurationError


class MissingSDKError(ConfigurationError, ImportError):
    """A provider's SDK is not installed; the message says what to run."""


def load_sdk(module: str, *, extra: str) -> ModuleType:
    """Return the module of an SDK.

    Raises `MissingSDKError` where it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingSDKError(
            f"the package {module!r} is not installed: run `pip install 'mirascope-like[{extra}]'`", name=module
        ) from error
