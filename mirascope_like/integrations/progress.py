"""Progress of long generations in a terminal, with rich (the extra `chat`).

from mirascope_like.integrations.progress import progress

response = progress(write_essay("the sea"))
"""

from __future__ import annotations

from time import monotonic
from typing import Any, TypeVar

from rich.console import Console

from ..core.base.response import BaseCallResponse
from ..core.base.stream import Stream

ResponseT = TypeVar("ResponseT", bound=BaseCallResponse[Any, Any])


def told(stream: Stream[Any, Any, Any], seconds: float) -> str:
    """Return what a stream has cost so far: tokens, tokens per second, elapsed time and US dollars."""
    parts = [f"{seconds:.1f} s"]
    if (tokens := stream.output_tokens) is not None:
        parts = [f"{tokens} tokens", *([f"{tokens / seconds:.1f} tokens/s"] if seconds > 0 else []), *parts]
    if stream.cost is not None:
        parts.append(f"${stream.cost:.6f}")
    return ", ".join(parts)


def progress(stream: Stream[ResponseT, Any, Any], *, console: Console | None = None) -> ResponseT:
    """Print a stream as it comes, and then its tokens, tokens per second, elapsed time and cost.

    Until the text begins a spinner turns, where the console is a terminal. Returns the full response.
    """
    console = console or Console()
    begun = monotonic()
    texts = stream.text()
    with console.status("waiting"):
        first = next(texts, "")
    console.out(first, end="", highlight=False)
    for text in texts:
        console.out(text, end="", highlight=False)
    console.print()
    console.print(told(stream, monotonic() - begun), style="dim", highlight=False)
    return stream.construct_call_response()
