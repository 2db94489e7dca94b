"""Makes `mirascope` another name of `mirascope_like`: the same modules, so the same classes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

OLD, NEW = "mirascope", "mirascope_like"


class Alias(MetaPathFinder, Loader):
    """Finds the modules of `mirascope` among those of `mirascope_like`."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        root, dot, rest = fullname.partition(".")
        if root != OLD:
            return None
        try:
            self.module = importlib.import_module(NEW + dot + rest)
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith(NEW):
                return None
            raise
        return spec_from_loader(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.own = getattr(self.module, "__spec__", None), getattr(self.module, "__loader__", None)
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        if self.own != (None, None):  # a host has neither
            module.__spec__, module.__loader__ = self.own  # the import has given it another's


@contextmanager
def aliased() -> Iterator[None]:
    """Let `import mirascope` import `mirascope_like` in a `with` block."""
    alias = Alias()
    sys.meta_path.insert(0, alias)
    try:
        yield
    finally:
        sys.meta_path.remove(alias)
        for name in [name for name in sys.modules if name == OLD or name.startswith(f"{OLD}.")]:
            del sys.modules[name]
