"""The public names of the package: what users import, and what the rooms offer to each other."""

from __future__ import annotations

import inspect
import pkgutil
import warnings
from importlib import import_module
from types import ModuleType
from typing import Any

import mirascope_like.core
from mirascope_like.core import PROVIDERS


def _modules(package: str) -> list[str]:
    return [f"{package}.{one.name}" for one in pkgutil.iter_modules(import_module(package).__path__)]


def rooms() -> list[str]:
    """Return the full names of the rooms of `core.base` and `core.dialects`."""
    parents = ("mirascope_like.core.base", "mirascope_like.core.dialects")
    return [room for parent in parents for room in _modules(parent)]


def public_homes() -> list[str]:
    """Return the full names of everything that holds public names: packages, modules, and hosts (`core.xai`)."""
    core = "mirascope_like.core"
    found = ["mirascope_like", core, f"{core}.base", *rooms(), f"{core}.hosts"]
    for provider in PROVIDERS:
        found += [f"{core}.{provider}", *([f"{core}.{provider}.responses"] if provider in ("openai", "azure") else ())]
    for package in ("llm", "integrations", "retries", "spending", "tools"):
        found += [f"mirascope_like.{package}", *_modules(f"mirascope_like.{package}")]
    return found


def loaded_home(home: str) -> Any:
    """Return the module or host with this full name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Gemini's SDK warns that it is retired
        host = home.rpartition(".")[2]
        return getattr(mirascope_like.core, host) if host in PROVIDERS else import_module(home)


def public(home: str) -> dict[str, Any]:
    """Return the public names of a module or host, each with its value.

    Those are the names in `__all__`; without one, of a module the classes and functions that are defined in it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Gemini's SDK warns that it is retired
        found = loaded_home(home)
        if (names := getattr(found, "__all__", None)) is None:
            names = [name for name in dir(found) if not name.startswith("_")]
            if isinstance(found, ModuleType):
                names = [name for name in names if getattr(vars(found)[name], "__module__", None) == home]
        return {name: getattr(found, name) for name in names}


def is_ours(value: Any) -> bool:
    """Return whether a value is a class or function that is defined in the package."""
    is_kind = inspect.isclass(value) or inspect.isfunction(value)
    return is_kind and value.__module__.partition(".")[0] == "mirascope_like"
