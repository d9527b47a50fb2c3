"""Trials by rank: which of many are drawn, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocnn.report.theme import LIGHT

if TYPE_CHECKING:
    import pandas as pd

MOST = 200
"""No more lines than this are drawn in one figure."""

DOTS = 2000
"""Of more dots than this an even selection is drawn, besides those that stand out."""


def evenly(count: int, most: int = MOST) -> list[int]:
    """At most `most` of the ranks 0 to `count` - 1, evenly spread, the best and worst included."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def strokes(frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, str, float]]:
    """The rows in a few groups by `rank`, with a colour and a width each, the best rank last.

    The better a trial the stronger its colour; the best one has a colour of its own.
    """
    ordered = frame.sort_values("rank", ascending=False, kind="stable")
    worst = max(int(frame["rank"].max()), 1) if len(frame) else 1
    best = ordered["rank"] == 0
    levels = (4 * (1 - ordered["rank"] / worst)).round().astype(int).mask(best, 5)
    for level, rows in ordered.groupby(levels):
        yield (rows, LIGHT["best"], 3.0) if level == 5 else (rows, LIGHT[f"scale{level}"], 1.2)


def scattered(number: int) -> float:
    """A place in [-0.5, 0.5) for a number, far from those of the numbers next to it."""
    return (number * 0.618034) % 1 - 0.5
