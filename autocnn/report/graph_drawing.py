"""A graph of layers drawn in levels, each node below all that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean
from typing import Any

from autocnn.report.piece import SIDE, Piece, merge_sign, moved, pill, tip

BETWEEN = 40.0
LANE = 10.0  # the width of a wire that passes a level by


@dataclass(frozen=True)
class _Vertex:
    """Something to draw and the names of what leads to it."""

    piece: Piece
    sources: tuple[str, ...]


@dataclass(frozen=True)
class _Spot:
    """Where something stands: the x of its axis, its top and bottom, and that of its level."""

    x: float
    top: float
    bottom: float
    end: float


def draw_graph(options: Mapping[str, Any], columns: Mapping[str, Piece]) -> Piece:
    """The nodes in `options` with their layers: `columns` has a piece for each part by name."""
    vertices = dict(_vertices(options, columns))
    levels = _levels(vertices)
    spots: dict[tuple[str, int], _Spot] = {}
    svg: list[str] = []
    top = 0.0

    def above(name: str, number: int) -> float:
        """The mean x of what leads to an item, so that few wires cross."""
        leading = (name,) if levels[name] < number else vertices[name].sources
        found = [spots[other, number - 1].x for other in leading]
        return mean(found) if found else 0.0

    for number in range(max(levels.values()) + 1):
        here = [name for name in vertices if levels[name] == number]
        passing = [
            name
            for name in vertices
            if levels[name] < number
            and any(name in v.sources and levels[to] > number for to, v in vertices.items())
        ]
        items = {name: vertices[name].piece for name in here}
        items |= {name: Piece(LANE, 0, LANE / 2, "") for name in passing}
        items = dict(sorted(items.items(), key=lambda item: above(item[0], number)))
        height = max(items[name].height for name in here)
        for name, left in _placed(items):
            piece = items[name]
            tall = piece.height if name in here else height
            spots[name, number] = _Spot(left + piece.axis, top, top + tall, top + height)
            svg.append(moved(piece, left, top))
        top += height + BETWEEN
    wires = [line for name in vertices for line in _wires(name, vertices, levels, spots)]
    boxes = [
        (spots[name, levels[name]].x - vertex.piece.axis, vertex.piece.width)
        for name, vertex in vertices.items()
    ]
    boxes += [(spot.x - LANE / 2, LANE) for spot in spots.values()]
    left = min(x for x, _ in boxes)
    width = max(x + wide for x, wide in boxes) - left
    height = top - BETWEEN
    inside = Piece(width, height, -left, "".join(wires + svg))
    return Piece(width, height, -left, moved(inside, -left, 0))


def _vertices(
    options: Mapping[str, Any], columns: Mapping[str, Piece]
) -> Iterator[tuple[str, _Vertex]]:
    """The inputs, then every edge that has layers and every node, in an order to compute them."""
    for name in options.get("inputs") or ["input"]:
        yield name, _Vertex(pill(name), ())
    nodes = dict(options["nodes"])
    nodes["output"] = {"from": options["output"], "merge": options["merge"]}
    for name, node in nodes.items():
        sources = list(node["from"])
        for place, source in enumerate(sources):
            column = columns.get(f"edges.{name}_{place}")
            if column is not None:
                sources[place] = f"{name}.{place}"  # no name of a node has a dot
                yield sources[place], _Vertex(column, (source,))
        sign = f" {merge_sign(node['merge'])}" if len(sources) > 1 else ""
        sign = "" if node["merge"] == "none" else sign
        head, column = pill(name + sign), columns.get(f"nodes.node_{name}")
        piece = head if column is None or not column.svg else _below(head, column)
        yield name, _Vertex(piece, tuple(sources))


def _below(head: Piece, column: Piece) -> Piece:
    """A column right below the name of its node."""
    axis = max(head.axis, column.axis)
    width = axis + max(head.width - head.axis, column.width - column.axis)
    top = head.height + 16
    line = f'<path class="flow" d="M{axis:.1f} {head.height:.1f}V{top:.1f}"/>'
    svg = moved(head, axis - head.axis, 0) + line + tip(axis, top)
    return Piece(width, top + column.height, axis, svg + moved(column, axis - column.axis, top))


def _levels(vertices: Mapping[str, _Vertex]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for name, vertex in vertices.items():
        levels[name] = 1 + max((levels[source] for source in vertex.sources), default=-1)
    return levels


def _placed(items: Mapping[str, Piece]) -> Iterator[tuple[str, float]]:
    """The left end of each piece, side by side around zero; one alone has its axis there."""
    total = sum(piece.width for piece in items.values()) + SIDE * (len(items) - 1)
    left = -total / 2 if len(items) > 1 else -next(iter(items.values())).axis
    for name, piece in items.items():
        yield name, left
        left += piece.width + SIDE


def _wires(
    name: str,
    vertices: Mapping[str, _Vertex],
    levels: Mapping[str, int],
    spots: Mapping[tuple[str, int], _Spot],
) -> Iterator[str]:
    """The lines that lead to a vertex, level by level."""
    sources: Sequence[str] = tuple(dict.fromkeys(vertices[name].sources))
    for source in sources:
        last = levels[name]
        stops = [spots[source, level] for level in range(levels[source], last)]
        stops.append(spots[name, last])
        path = f"M{stops[0].x:.1f} {stops[0].bottom:.1f}"
        for start, end in pairwise(stops):
            middle = (start.end + end.top) / 2
            path += (
                f"V{start.end:.1f}C{start.x:.1f} {middle:.1f} {end.x:.1f} {middle:.1f}"
                f" {end.x:.1f} {end.top:.1f}"
            )
        kind = "skip" if last - levels[source] > 1 else "flow"
        yield f'<path class="{kind}" d="{path}"/>' + tip(stops[-1].x, stops[-1].top)
