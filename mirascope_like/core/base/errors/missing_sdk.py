"""Import a provider's SDK, or raise an error that says how to install it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .exceptions import ConfigurationError


class MissingSDKError(ConfigurationError, ImportError):
    """A provider's SDK is not installed. The message gives the pip command."""


def load_sdk(module: str, *, extra: str) -> ModuleType:
    """Import a module of an SDK and return it.

    `extra` is the name of our extra that installs it. Raises `MissingSDKError` if it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingSDKError(
            f"the package {module!r} is not installed: run `pip install 'mirascope-like[{extra}]'`", name=module
        ) from error
