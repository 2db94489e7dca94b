"""The table: what was measured, beside what it is compared with and what was hoped for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .measure import Samples

WIDTH = 58


@dataclass
class Table:
    """Prints rows as they come, and remembers which miss their target."""

    missed: list[str] = field(default_factory=list[str])
    _title: str = ""

    def title(self, text: str, unit: str) -> None:
        self._title = text
        print(f"\n{text:<{WIDTH}} {unit:>9} {'ratio':>7}  target", flush=True)

    def row(
        self, name: str, value: float, ratio: float | None = None, target: float | None = None, *, of: str = ""
    ) -> None:
        """Print a figure. `target` is the most that `ratio` (or `value`, without a ratio) should be."""
        ratio_text = "" if ratio is None else f"{ratio:.2f}"
        line = f"  {name:<{WIDTH - 2}} {value:>9.2f} {ratio_text:>7}"
        if target is not None:
            reached = (value if ratio is None else ratio) <= target
            line += f"  <= {target:.2f} {of:<8}{'met' if reached else 'NOT MET'}"
            if not reached:
                self.missed.append(f"{self._title}: {name}")
        print(line.rstrip(), flush=True)

    def compare(
        self,
        samples: dict[str, Samples],
        scale: float,
        *,
        base: str,
        targets: Mapping[str, tuple[str, float | None]],
    ) -> None:
        """Print a row for each contender; `targets` says what each is held against, and the most it may be."""
        for name, found in samples.items():
            against, target = targets.get(name, (base, None))
            of = "" if against == base else "of ours"
            self.row(name, found.median * scale, found.ratio(samples[against]), target, of=of)

    def end(self) -> None:
        print("\nall targets met" if not self.missed else "\nnot met:\n  " + "\n  ".join(self.missed))
