"""Shows a stream while it is read, updated as text arrives: an output of a notebook, or the end of a terminal."""

from __future__ import annotations

import sys
from enum import Enum
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from ..errors import ConfigurationError
from ..parsing import NOTHING
from ..response import Shown, pretty_json, shown_response
from ..runtime import CLOCK, error_summary
from ..tools import tool_output_text

if TYPE_CHECKING:
    from .base_stream import BaseStream

INTERVAL = 0.05
"""The seconds between two updates. More are not seen, and each sends the whole text to the notebook."""


class LiveDisplay:
    """Shows one stream. A context manager, entered as long as the stream is read by `display()`: its end shows the
    response, or what was received and the error that ended the stream.
    """

    def __init__(self, stream: BaseStream[Any, Any, Any]) -> None:
        self._stream = stream
        self._value: Any = NOTHING
        """The structured output so far; `NOTHING` of a stream that has none."""
        self._shown: float | None = None
        """When the output was updated, in seconds of the clock; None before."""
        self._output = _output()

    def update(self, value: Any = NOTHING) -> None:
        """Show what was received, unless the output was updated a moment ago: the structured output so far (`value`),
        or the text of the stream.
        """
        self._value = value
        now = CLOCK.monotonic()
        if self._shown is None or now - self._shown >= INTERVAL:
            self._shown = now
            self._output.show(self._received())

    def _received(self) -> Shown:
        return Shown(self._stream.content) if self._value is NOTHING else _shown_value(self._value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shown = self._received()
        try:
            response: Any = self._stream.construct_call_response(partial=True)  # type: ignore[attr-defined]
            whole = shown_response(response)
            if error is not None or self._value is NOTHING:  # what the model wrote, also if it is no valid value
                shown = whole._replace(text=self._stream.content)
            else:  # the tool call of a structured output has the same JSON as the value
                shown = whole._replace(text=shown.text, value=shown.value, tools=())
        except Exception:  # nothing was received
            pass
        ended = error_summary(error) if error is not None else ""
        self._output.end(shown._replace(error=ended))


def _shown_value(value: Any) -> Shown:
    if isinstance(value, str) and not isinstance(value, Enum):
        return Shown(value)
    try:
        return Shown("", value=pretty_json(tool_output_text(value)))
    except Exception:  # a serializer of the user's model that does not expect a partial value
        return Shown("", value=repr(value))


class _Output(Protocol):
    """Where a stream is shown."""

    def show(self, shown: Shown) -> None:
        """Replace what is shown."""
        ...

    def end(self, shown: Shown) -> None:
        """Replace what is shown, for the last time."""
        ...


def _output() -> _Output:
    ipython = sys.modules.get("IPython")  # loaded in every program that it runs
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and "TerminalInteractiveShell" not in {kind.__name__ for kind in type(shell).__mro__}:
        return _NotebookOutput()
    try:
        return _TerminalOutput()
    except ImportError as error:
        raise ConfigurationError(
            "display() needs a notebook, or the package rich in a terminal: "
            'pip install "mirascope-like[chat]", or read the stream with a for loop'
        ) from error


class _NotebookOutput:
    """An output of a notebook that is changed: IPython's display."""

    def __init__(self) -> None:
        display: Any = import_module("IPython.display").display
        self._handle: Any = display(Shown("").bundle(), raw=True, display_id=True)

    def show(self, shown: Shown) -> None:
        if self._handle is not None:  # None where IPython's output is off
            self._handle.update(shown.bundle(), raw=True)

    end = show


class _TerminalOutput:
    """The last lines of standard output, which rich writes again. Only the end is printed to a file or a pipe.

    Raises `ImportError` without rich.
    """

    def __init__(self) -> None:
        self._console: Any = import_module("rich.console").Console()
        self._text: Any = import_module("rich.text").Text
        live: Any = import_module("rich.live").Live
        self._live: Any = live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def show(self, shown: Shown) -> None:
        lines = self._text(shown.lines()).wrap(self._console, self._console.width)
        room = max(1, self._console.height - 1)  # what is longer cannot be written again: its end is shown
        self._live.update(self._text("\n").join(lines[-room:]), refresh=True)

    def end(self, shown: Shown) -> None:
        self._live.stop()
        if lines := shown.lines():
            self._console.print(self._text(lines))
