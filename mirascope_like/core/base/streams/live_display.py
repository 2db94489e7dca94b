"""Shows a stream in a notebook while it is read: IPython's display, updated as text arrives."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..response import Shown, shown_response
from ..runtime import CLOCK

if TYPE_CHECKING:
    from .base_stream import BaseStream

INTERVAL = 0.05
"""The seconds between two updates. More are not seen, and each sends the whole text to the notebook."""


class LiveDisplay:
    """One output of a notebook that shows a stream. Lives as long as the stream is read by `display()`."""

    def __init__(self) -> None:
        try:
            display: Any = import_module("IPython.display").display
        except ImportError as error:
            raise ConfigurationError(
                "display() needs IPython, which notebooks have: use print() in a terminal, or install ipython"
            ) from error
        self._handle: Any = display(Shown("").bundle(), raw=True, display_id=True)
        self._shown: float | None = None
        """When the output was updated, in seconds of the clock; None before."""

    def update(self, stream: BaseStream[Any, Any, Any]) -> None:
        """Show what has arrived, unless the output was updated a moment ago."""
        now = CLOCK.monotonic()
        if self._shown is None or now - self._shown >= INTERVAL:
            self._shown = now
            self._show(Shown(stream.content))

    def end(self, stream: BaseStream[Any, Any, Any], error: BaseException | None) -> None:
        """Show the response, or what has arrived of it and why the stream ended."""
        ended = f"{type(error).__name__}: {error}" if error is not None else ""
        try:
            response: Any = stream.construct_call_response(partial=True)  # type: ignore[attr-defined]
            shown = shown_response(response)._replace(text=stream.content, error=ended)
        except Exception:  # nothing has arrived
            shown = Shown(stream.content, error=ended)
        self._show(shown)

    def _show(self, shown: Shown) -> None:
        if self._handle is not None:  # None outside of a notebook
            self._handle.update(shown.bundle(), raw=True)
