"""What a long stream leaves in memory."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from .contenders import Contest


def held(contest: Contest, client: Any) -> tuple[float, float]:
    """Megabytes above the reply's own text: at most while it was read, and once it is rebuilt and still held."""
    prompt = contest.prompt(client, stream=True)
    for _, _ in prompt():  # what is made once, is made now
        pass
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    stream = prompt()
    for _, _ in stream:
        pass
    response = stream.construct_call_response()
    gc.collect()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    text = len(response.content.encode())
    return (peak - before - text) / 1e6, (after - before - text) / 1e6
