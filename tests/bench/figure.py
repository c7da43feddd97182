"""One figure: a value, and the ratio against its anchor that a goal is set for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """``ratio`` is better when larger; ``goal`` is its minimum, None where the figure only informs."""

    name: str
    value: float
    unit: str
    ratio: float
    anchor: str
    goal: float | None

    @property
    def met(self) -> bool:
        return self.goal is None or self.ratio >= self.goal

    def line(self) -> str:
        goal = "-" if self.goal is None else f"{self.goal:g}"
        return f"{self.name} {self.value:.4g} {self.unit} ratio={self.ratio:.3f} anchor={self.anchor} goal={goal}"


def rate_figure(name: str, ours: Iterable[float], anchors: Iterable[float], anchor: str, goal: float | None) -> Figure:
    """From rates per second of interleaved rounds: the median rate, and the median of the rounds' ratios."""
    ours, anchors = list(ours), list(anchors)
    ratio = median(o / a for o, a in zip(ours, anchors, strict=True))
    return Figure(name, median(ours), "1/s", ratio, anchor, goal)


def write(figures: Iterable[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(f), "met": f.met} for f in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
