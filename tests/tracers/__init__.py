"""What tracers record of our calls, compared with what they record of the bare SDK's: `nox -s tracers` runs it."""

import tomllib
from pathlib import Path
from typing import Any

TRACERS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "tracers.toml").read_text())
"""What each tracer needs."""
