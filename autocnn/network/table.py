"""An architecture as a table of its layers, in plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil
from typing import Any

from autocnn.network.chain import chain_counts, steps
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Layer, Shape, Window

Row = dict[str, Any]

Pixels = tuple[int | Fraction, int | Fraction]

DEEP = ("conv", "linear")
"""The layers that count towards depth."""


@dataclass(frozen=True)
class View:
    """What one value sees of the input: extent of its field and distance to the next, in pixels.

    Both are `(height, width)`; see https://distill.pub/2019/computing-receptive-fields. They are
    fractions after a layer that enlarges the map.
    """

    field: Pixels = (1, 1)
    jump: Pixels = (1, 1)

    def through(self, window: Window) -> View:
        """The view of a value that sees `window` of these values."""
        (height, down), (width, across) = window
        return View(
            (
                self.field[0] + (height - 1) * self.jump[0],
                self.field[1] + (width - 1) * self.jump[1],
            ),
            (self.jump[0] * down, self.jump[1] * across),
        )

    def joined(self, other: View) -> View:
        """The view of a value that sees both."""
        return View(
            (max(self.field[0], other.field[0]), max(self.field[1], other.field[1])),
            (max(self.jump[0], other.jump[0]), max(self.jump[1], other.jump[1])),
        )


def table(architecture: Architecture) -> list[Row]:
    """One row per layer, nested; raises ShapeError.

    A row has `kind`, `name` (of a block, else ''), `path` (of the submodule), `options`,
    `in_shape` and `out_shape` (lists), `params`, `macs` and `activations` (for one image, with
    everything inside), `depth` (convolutions and linear layers on its longest path), `field`
    (`[height, width]` of the receptive field of its output, in pixels of the input, which may be
    larger than the image) and `parts`: `[{name, layers: [rows]}]`. A gate that sees the whole
    map (`se`) does not widen the field.
    """
    rows, _ = _rows(architecture.layers, architecture.shape, View(), "")
    return rows


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`params`, `macs`, `activations`, `depth` and `receptive_field` of what `table` returned."""
    summed = {
        name: sum(row[name] for row in rows) for name in ("params", "macs", "activations", "depth")
    }
    return {**summed, "receptive_field": rows[-1]["field"] if rows else [1, 1]}


def _rows(layers: Sequence[Layer], shape: Shape, view: View, above: str) -> tuple[list[Row], View]:
    rows: list[Row] = []
    for name, layer, given, out in steps(layers, shape):
        path = f"{above}.{name}" if above else name
        row, view = _row(layer, given, out, view, path)
        rows.append(row)
    return rows, view


def _row(layer: Layer, shape: Shape, out: Shape, view: View, path: str) -> tuple[Row, View]:
    parts: list[Row] = []
    ends = {"": (view, 0)}
    for part in layer.parts(shape):
        start, before = _joined([ends[name] for name in part.after])
        inside = f"{path}.{part.name}" if part.name else path
        rows, end = _rows(part.layers, part.shape, start, inside)
        parts.append({"name": part.name, "layers": rows})
        ends[part.name] = end, before + sum(row["depth"] for row in rows)
    seen, deepest = _joined([ends[name] for name in layer.ends(shape)])
    seen = seen.through(layer.window(shape))
    counts = chain_counts((layer,), shape)
    row = {
        "kind": layer.word,
        "name": getattr(layer, "name", ""),
        "path": path,
        "options": _options(layer),
        "in_shape": list(shape),
        "out_shape": list(out),
        "params": counts.params,
        "macs": counts.macs,
        "activations": counts.activations,
        "depth": deepest + (layer.word in DEEP),
        "field": [ceil(side) for side in seen.field],
        "parts": parts,
    }
    return row, seen


def _joined(ends: Sequence[tuple[View, int]]) -> tuple[View, int]:
    """The view of a value that sees all of these, and the longest way to it."""
    return reduce(View.joined, (view for view, _ in ends)), max(depth for _, depth in ends)


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
