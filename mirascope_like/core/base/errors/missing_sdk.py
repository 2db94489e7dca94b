"""Imports a provider's SDK. If it is missing, raises an error with the command that installs it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .exceptions import ConfigurationError


class MissingSDKError(ConfigurationError, ImportError):
    """A provider's SDK is not installed. The message has the pip command that installs it."""


def load_sdk(module: str, *, extra: str) -> ModuleType:
    """Import a module of an SDK and return the module.

    `extra` is the extra of this package that installs the SDK. Raises `MissingSDKError` if the SDK is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingSDKError(
            f"the package {module!r} is not installed: run `pip install 'mirascope-like[{extra}]'`", name=module
        ) from error
