"""What every drawn part of a diagram is made of."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from autocnn.report.layers import TIMES

SIDE = 18  # between columns


@dataclass(frozen=True)
class Piece:
    """A drawn part: its size, the x of its entry and exit, and its SVG relative to its corner."""

    width: float
    height: float
    axis: float
    svg: str
    skip: bool = False


def moved(piece: Piece, x: float, y: float) -> str:
    """The SVG of a piece with its corner at a place."""
    return f'<g transform="translate({x:.1f} {y:.1f})">{piece.svg}</g>'


def tip(x: float, y: float) -> str:
    """The tip of an arrow that points down to a place."""
    return f'<path class="tip" d="M{x - 4:.1f} {y - 7:.1f}h8l-4 7z"/>'


def pill(text: str) -> Piece:
    """A rounded box for what is no layer, such as how paths are merged."""
    wide = max(22.0, 7.0 * len(text) + 14)
    svg = (
        f'<rect class="merge" width="{wide:.1f}" height="22" rx="11"/>'
        f'<text x="{wide / 2:.1f}" y="15">{escape(text)}</text>'
    )
    return Piece(wide, 22, wide / 2, svg)


def merge_sign(merge: str) -> str:
    """A sign for the merges that have one, else their name."""
    return {"add": "+", "mul": TIMES}.get(merge, merge)
