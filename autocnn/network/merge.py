"""How the outputs of several paths become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from autocnn.space.layer import Shape, ShapeError, each, several

Merge = Literal["add", "concat", "mean", "max", "mul"]

Join = Merge | Literal["none"]
"""How a graph joins what a node takes; `none` keeps the maps apart, side by side."""


def merged_shape(merge: Merge, shapes: Sequence[Shape]) -> Shape:
    """The shape after merging; raises ShapeError unless the shapes agree.

    `concat` joins channels and needs equal height and width; the others need equal shapes and
    never broadcast.
    """
    if any(map(several, shapes)):
        raise ShapeError(
            "Y25", f"cannot {merge} several maps at once: a graph can take them apart"
        )
    first = shapes[0]
    joined = merge == "concat"
    if any(len(shape) != len(first) or shape[joined:] != first[joined:] for shape in shapes):
        listed = ", ".join(str(shape) for shape in shapes)
        raise ShapeError("Y25", f"cannot {merge} paths of different shapes: {listed}")
    return (sum(shape[0] for shape in shapes), *first[1:]) if joined else first


def joined_shape(join: Join, shapes: Sequence[Shape]) -> Shape:
    """The shape after joining; raises ShapeError unless the shapes agree, or are kept apart."""
    if join != "none":
        return merged_shape(join, shapes)
    apart = tuple(one for shape in shapes for one in each(shape))
    return apart if len(apart) > 1 else apart[0]
