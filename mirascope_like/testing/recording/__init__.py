"""Recordings of what passed on the wire: `record` writes one, `replay` answers from one.

`rows` has the form of the file, `hiding` what is never in it. docs/design/0010-recordings.md has the reasons.
"""

from .exchange import RecordedRequest
from .player import Player
from .recorder import Recorder
from .recording import Recording
from .starting import record, replay

__all__ = ["Player", "RecordedRequest", "Recorder", "Recording", "record", "replay"]
