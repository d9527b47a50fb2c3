"""Elaborates the nodes of a graph, each at the shape that what it takes gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocnn.space.document import Mark, shown_value
from autocnn.space.form import DEFAULT, forms
from autocnn.space.graph import (
    OUTPUT,
    GraphFault,
    check_used,
    input_shapes,
    ordered,
)
from autocnn.space.layer import Layer, Layers, Shape, ShapeError
from autocnn.space.term import Edge, Edges, GraphNode, GraphNodes, Term, join

if TYPE_CHECKING:
    from autocnn.space.elaborate import Elaborator

Written = dict[str, Layers]
"""`{name: layers}`, as an edge is written."""


@dataclass(frozen=True)
class _Taken:
    """What a node takes: the name of another, the layers on the way, and where that is said."""

    source: str
    layers: Term
    path: str


@dataclass(frozen=True)
class _Joint:
    """A node, or the output: what it takes, how that is merged, and where that is said."""

    taken: tuple[_Taken, ...]
    merge: str
    layers: Term | None
    path: str
    mark: Mark


class GraphElaborator:
    """One elaboration of one graph: `shape` is that of its input, `names` those around it."""

    def __init__(
        self, elaborator: Elaborator, kind: type[Layer], names: Mapping[str, Any], shape: Shape
    ):
        self._elaborator = elaborator
        self._kind = kind
        self._names = names
        self._input = shape
        self._shapes: dict[str, Shape] = {}

    def options(
        self, given: Mapping[str, tuple[str, Term]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What `nodes` and `output`, `(path, term)` each, stand for, as the layer reads them."""
        (nodes_path, nodes), (path, output) = given["nodes"], given["output"]
        assert isinstance(nodes, GraphNodes)
        self._shapes = self._given(options.get("inputs", ()), path, output.mark)
        joints = {name: self._joint(term, join(nodes_path, name)) for name, term in nodes.items}
        taken = tuple(self._taken(output, path))
        merge = self._merge(options.get("merge"), path, output.mark)
        joints[OUTPUT] = _Joint(taken, merge, None, path, output.mark)
        found = {name: self._threaded(name, joints[name]) for name in self._order(joints)}
        return {"output": found.pop(OUTPUT)["from"], "nodes": found}

    def _given(self, inputs: Sequence[str], path: str, mark: Mark) -> dict[str, Shape]:
        try:
            return input_shapes(inputs, self._input)
        except ShapeError as error:
            raise self._elaborator.impossible(
                error.rule, str(error), path, mark, self._input
            ) from error

    def _joint(self, term: Term, path: str) -> _Joint:
        term, path = self._elaborator.chosen(term, path)
        assert isinstance(term, GraphNode)
        value = None
        if term.merge is not None:
            value = self._elaborator.value(term.merge, join(path, "merge"), self._names)
        taken = tuple(self._taken(term.edges, join(path, "from")))
        merge = self._merge(value, join(path, "merge"), term.mark)
        return _Joint(taken, merge, term.layers, path, term.mark)

    def _merge(self, value: Any, path: str, mark: Mark) -> str:
        if value in (None, DEFAULT):
            return str(self._kind.model_fields["merge"].default)
        if fault := forms(self._kind)["merge"].fault(value):
            raise self._elaborator.impossible(*fault, path, mark, self._input)
        return str(value)

    def _taken(self, term: Term, path: str) -> Iterator[_Taken]:
        term, path = self._elaborator.chosen(term, path)
        if isinstance(term, Edges):
            for part, item in term.items:
                yield from self._taken(item, join(path, part))
        elif isinstance(term, Edge):
            source = self._elaborator.value(term.source, path, self._names)
            if not isinstance(source, str):
                text = f"expected the name of a node, got {shown_value(source)}"
                raise self._elaborator.impossible("Y08", text, path, term.mark, self._input)
            yield _Taken(source, term.layers, join(path, term.part))

    def _order(self, joints: Mapping[str, _Joint]) -> list[str]:
        sources = {name: [taken.source for taken in joint.taken] for name, joint in joints.items()}
        try:
            order = ordered(sources, tuple(self._shapes))
            check_used(sources)
        except GraphFault as fault:
            raise self._refused(fault.rule, str(fault), joints[fault.node]) from fault
        return order

    def _refused(self, rule: str, text: str, joint: _Joint) -> Exception:
        return self._elaborator.impossible(rule, text, joint.path, joint.mark, self._input)

    def _threaded(self, name: str, joint: _Joint) -> dict[str, Any]:
        """A node as the layer reads it, after all that it takes."""
        edges: list[Written] = []
        shapes: list[Shape] = []
        for taken in joint.taken:
            given = self._shapes[taken.source]
            layers, out = self._elaborator.layers(taken.layers, taken.path, self._names, given)
            edges.append({taken.source: tuple(layers)})
            shapes.append(out)
        if not shapes:
            text = f"{name!r} takes nothing: expected one node or the input at least"
            raise self._refused("Y08", text, joint)
        try:
            merged = self._kind.merged(joint.merge, shapes)
        except ShapeError as error:
            raise self._refused(error.rule, str(error), joint) from error
        if joint.layers is None:
            return {"from": edges}
        layers, self._shapes[name] = self._elaborator.layers(
            joint.layers, joint.path, self._names, merged
        )
        return {"from": edges, "merge": joint.merge, "layers": tuple(layers)}
