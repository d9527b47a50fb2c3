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
    """The rows of each `rank` with a colour and a width, the worst first so the best is on top.

    The better a trial the stronger its colour; the best one has a colour of its own.
    """
    worst = max(int(frame["rank"].max()), 1) if len(frame) else 1
    for rank in sorted(set(frame["rank"].astype(int)), reverse=True):
        shade = LIGHT["best"] if rank == 0 else LIGHT[f"scale{round(4 * (1 - rank / worst))}"]
        yield frame[frame["rank"] == rank], shade, 3.0 if rank == 0 else 1.2


def scattered(number: int) -> float:
    """A place in [-0.5, 0.5) for a number, far from those of the numbers next to it."""
    return (number * 0.618034) % 1 - 0.5
