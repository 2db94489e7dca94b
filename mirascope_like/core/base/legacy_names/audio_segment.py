"""`AudioSegment`: pydub's class if pydub is installed, else a protocol with the method that the library calls."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..messages import SupportsAudio as AudioSegment
elif find_spec("pydub") is not None:
    AudioSegment = import_module("pydub").AudioSegment
else:
    from ..messages import SupportsAudio as AudioSegment

__all__ = ["AudioSegment"]
