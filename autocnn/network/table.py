"""An architecture as a table of its layers, in plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import ceil
from typing import Any

from autocnn.network.chain import chain_counts, steps
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Layer, Shape, Window, several

Row = dict[str, Any]

Pixels = tuple[int | Fraction, int | Fraction]

DEEP = ("conv", "linear")
"""The layers that count towards depth."""


@dataclass(frozen=True)
class View:
    """What one value sees of the input: extent of its field and distance to the next, in pixels.

    Both are `(height, width)`; see https://distill.pub/2019/computing-receptive-fields. They are
    fractions after a layer that enlarges the map. `depth` is the number of convolutions and linear
    layers on the longest way to the value.
    """

    field: Pixels = (1, 1)
    jump: Pixels = (1, 1)
    depth: int = 0

    def through(self, window: Window) -> View:
        """The view of a value that sees `window` of these values."""
        (height, down), (width, across) = window
        return replace(
            self,
            field=(
                self.field[0] + (height - 1) * self.jump[0],
                self.field[1] + (width - 1) * self.jump[1],
            ),
            jump=(self.jump[0] * down, self.jump[1] * across),
        )

    def deeper(self) -> View:
        """The view of a value one convolution or linear layer later."""
        return replace(self, depth=self.depth + 1)

    def joined(self, other: View) -> View:
        """The view of a value that sees both."""
        return View(
            (max(self.field[0], other.field[0]), max(self.field[1], other.field[1])),
            (max(self.jump[0], other.jump[0]), max(self.jump[1], other.jump[1])),
            max(self.depth, other.depth),
        )


Views = tuple[View, ...]
"""The view of each map that goes on together, of one most often."""


def table(architecture: Architecture) -> list[Row]:
    """One row per layer, nested; raises ShapeError.

    A row has `kind`, `name` (of a block, else ''), `path` (of the submodule), `options`,
    `in_shape` and `out_shape` (lists), `params`, `macs` and `activations` (for one image, with
    everything inside), `depth` (how many convolutions and linear layers it adds to the longest
    path; where several maps go together, shapes are lists of lists), `field`
    (`[height, width]` of the receptive field of its output, in pixels of the input, which may be
    larger than the image) and `parts`: `[{name, layers: [rows]}]`. A gate that sees the whole
    map (`se`) does not widen the field.
    """
    rows, _ = _rows(architecture.layers, architecture.shape, (View(),), "")
    return rows


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`params`, `macs`, `activations`, `depth` and `receptive_field` of what `table` returned."""
    summed = {
        name: sum(row[name] for row in rows) for name in ("params", "macs", "activations", "depth")
    }
    return {**summed, "receptive_field": rows[-1]["field"] if rows else [1, 1]}


def _rows(
    layers: Sequence[Layer], shape: Shape, views: Views, above: str
) -> tuple[list[Row], Views]:
    rows: list[Row] = []
    for name, layer, given, out in steps(layers, shape):
        path = f"{above}.{name}" if above else name
        row, views = _row(layer, given, out, views, path)
        rows.append(row)
    return rows, views


def _row(layer: Layer, shape: Shape, out: Shape, views: Views, path: str) -> tuple[Row, Views]:
    parts: list[Row] = []
    ends = {"": views, **{str(place): (view,) for place, view in enumerate(views)}}
    for part in layer.parts(shape):
        start = _met([ends[name] for name in part.after], part.shape)
        inside = f"{path}.{part.name}" if part.name else path
        rows, ends[part.name] = _rows(part.layers, part.shape, start, inside)
        parts.append({"name": part.name, "layers": rows})
    seen = _met([ends[name] for name in layer.ends(shape)], out)
    seen = tuple(view.through(layer.window(shape)) for view in seen)
    if layer.word in DEEP:
        seen = tuple(view.deeper() for view in seen)
    counts = chain_counts((layer,), shape)
    last = reduce(View.joined, seen)
    row = {
        "kind": layer.word,
        "name": getattr(layer, "name", ""),
        "path": path,
        "options": _options(layer),
        "in_shape": _listed(shape),
        "out_shape": _listed(out),
        "params": counts.params,
        "macs": counts.macs,
        "activations": counts.activations,
        "depth": last.depth - reduce(View.joined, views).depth,
        "field": [ceil(side) for side in last.field],
        "parts": parts,
    }
    return row, seen


def _met(ends: Sequence[Views], shape: Shape) -> Views:
    """The views where several ways meet: side by side if that makes several maps."""
    every = tuple(view for views in ends for view in views)
    return every if several(shape) else (reduce(View.joined, every),)


def _listed(shape: Shape) -> list[Any]:
    return [list(one) for one in shape] if several(shape) else list(shape)


def _options(layer: Layer) -> dict[str, Any]:
    """The options but for the layers inside, which are parts, and the name."""
    return {
        name: value
        for name, value in layer.with_layers(lambda _: ()).to_json().items()
        if name != "name" and not (isinstance(value, list) and _holds_layers(layer, name))
    }


def _holds_layers(layer: Layer, option: str) -> bool:
    """Whether an option holds layers and nothing else; a graph's nodes say what they take, too."""
    return layer.layer_fields.get(option) in ("list", "lists")
