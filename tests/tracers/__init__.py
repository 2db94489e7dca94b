"""What tracers record of our calls, compared with what they record of the bare SDK's: `nox -s tracers` runs it."""

import tomllib
from pathlib import Path

PACKAGES: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "packages.toml").read_text())
"""The packages of each tracer."""
