"""`Image` of v1's `core.base.types`: the module `PIL.Image` if Pillow is installed, else a module-like class."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or find_spec("PIL") is None:

    class Image:
        """Has the name of Pillow's class of images."""

        Image: Any = type("Image", (), {})
        """A class without instances."""
else:
    Image = import_module("PIL.Image")

__all__ = ["Image"]
