"""Starts recordings and replays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from .player import Player
from .recorder import Recorder
from .recording import Recording


def record(path: str | PathLike[str], *, hosts: Sequence[str] = ()) -> Recording:
    """Return a context manager (`with` and `async with`) that sends the requests for a model, and writes them and their
    responses to the file `path` at the end of its block. Missing folders are made; an existing file is replaced,
    unless the block ends with an exception.

    All requests for models are recorded, and those to the hosts of providers, of every client of the process. Other
    requests are sent and not recorded; `hosts` names hosts, with those below them, whose requests are recorded, too.

    The program reads each piece of a response when it arrives. A response that it closes early is recorded so far, and
    its connection is closed. Keys are not recorded: only headers of a list are, and keys in URLs and bodies are
    replaced by "***".

    Raises `OSError` when the block begins if the file cannot be written.
    """
    return Recorder(Path(path), hosts)


def replay(path: str | PathLike[str], pace: float = 1.0, cut_after: int | None = None) -> Recording:
    """Return a context manager (`with` and `async with`) that answers the requests for a model from a recording, the
    file `path`, through the real SDK. Nothing is sent, except other requests to this machine. Needs no key.

    A request is answered with the response to an equal one: method, path and body are compared, whatever the order of
    JSON keys; without a body, the query is, too. Equal requests are answered in the order in which they were recorded,
    each recorded response once. A request that the recording does not have raises `ReplayError`, which shows the
    difference.

    `pace` multiplies the recorded times: 1.0 is as recorded, 0 at once. `cut_after` cuts the connection of each
    response after so many pieces, if it has more.

    Raises `FileNotFoundError` if there is no file, `RecordingFormatError` if it is not a recording, and `ValueError`
    for a negative `pace` or `cut_after`.
    """
    if not (math.isfinite(pace) and pace >= 0):
        raise ValueError(f"pace is a factor of 0 or more, not {pace!r}")
    if cut_after is not None and cut_after < 0:
        raise ValueError(f"cut_after is a number of pieces, not {cut_after!r}")
    return Player(Path(path), pace, cut_after)
