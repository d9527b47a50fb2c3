"""The layer `graph`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import ValidationInfo, field_validator, model_validator

from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.merge import Join, joined_shape
from autocnn.network.registries import LAYERS
from autocnn.network.wiring import Edges, Nodes, in_order
from autocnn.registry import Listed
from autocnn.space.graph import (
    INPUT,
    OUTPUT,
    check_used,
    input_fault,
    input_shapes,
    unknown_node,
)
from autocnn.space.layer import Layer, Layers, Part, Shape, ShapeError, several

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("graph")
class Graph(Layer):
    """Nodes that take the input or each other in any order without a cycle.

    A node is `{from: [...], merge: add, layers: [...]}`: what it takes, each `name` or
    `{name: layers}` with layers on the way, is merged and goes through its own layers. `input` is
    the input; `output` lists what is merged into the output. Every node must lead there.
    `merge: none` keeps maps apart: of the output, all go on to the next layer; of a node, to its
    layers. That must be a graph, whose `inputs` give each a name; one map alone is each of them.
    """

    paper = "https://arxiv.org/abs/1902.09635"
    layer_fields = {"nodes": "nodes", "output": "edges"}
    literal = ("inputs",)
    takes_several = True

    inputs: Annotated[tuple[str, ...], Listed] = ()
    nodes: Nodes
    output: Edges
    merge: Join = "add"

    @field_validator("nodes", mode="after")
    @classmethod
    def _in_order(cls, nodes: Nodes, info: ValidationInfo) -> Nodes:
        return in_order(nodes, info.data.get("inputs") or (INPUT,))

    @model_validator(mode="after")
    def _leads_to_the_output(self) -> Graph:
        sources = {name: node.sources for name, node in self.nodes}
        if fault := input_fault(self.inputs, sources):
            raise ValueError(fault)
        for source, _ in self.output:
            if fault := unknown_node(source, sources, self.inputs or (INPUT,)):
                raise ValueError(fault)
        check_used({**sources, OUTPUT: [source for source, _ in self.output]})
        return self

    @classmethod
    def merged(cls, merge: str, shapes: Sequence[Shape]) -> Shape:
        return joined_shape(merge, shapes)  # type: ignore[arg-type]

    def out_shape(self, shape: Shape) -> Shape:
        return self._threaded(shape)[1]

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        return tuple(self._threaded(shape)[0])

    def ends(self, shape: Shape) -> tuple[str, ...]:
        origins = self._origins(shape)
        return tuple(
            _origin(origins, OUTPUT, place, source, layers)
            for place, (source, layers) in enumerate(self.output)
        )

    def with_layers(self, change: Callable[[Layers], Layers]) -> Graph:
        def changed(edges: Edges) -> Edges:
            return tuple((source, change(layers)) for source, layers in edges)

        nodes = tuple(
            (
                name,
                node.model_copy(
                    update={"inputs": changed(node.inputs), "layers": change(node.layers)}
                ),
            )
            for name, node in self.nodes
        )
        return self.model_copy(update={"nodes": nodes, "output": changed(self.output)})

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.node_graph import NodeGraph

        built = {
            part.name: chain_module(part.layers, part.shape)
            for part in self.parts(shape)
            if part.layers
        }
        wires = {name: node.sources for name, node in self.nodes}
        merges: dict[str, Join] = {name: node.merge for name, node in self.nodes}
        return NodeGraph(
            {**wires, OUTPUT: tuple(source for source, _ in self.output)},
            {**merges, OUTPUT: self.merge},
            _below("nodes.", built),
            _below("edges.", built),
            self.inputs or (INPUT,),
        )

    def _threaded(self, shape: Shape) -> tuple[list[Part], Shape]:
        """Every part in an order that can be computed, and the output shape."""
        parts: list[Part] = []
        shapes = input_shapes(self.inputs, shape)
        origins = self._origins(shape)

        def taken(name: str, edges: Edges, merge: Join) -> tuple[Shape, tuple[str, ...]]:
            given, after = [], []
            for place, (source, layers) in enumerate(edges):
                origin = _origin(origins, name, place, source, layers)
                if layers:
                    parts.append(Part(origin, shapes[source], layers, (origins[source],)))
                given.append(chain_shape(layers, shapes[source]))
                after.append(origin)
            try:
                return joined_shape(merge, given), tuple(after)
            except ShapeError as error:
                raise ShapeError(error.rule, f"{name}: {error}") from error

        for name, node in self.nodes:
            merged, after = taken(name, node.inputs, node.merge)
            parts.append(Part(origins[name], merged, node.layers, after))
            shapes[name] = chain_shape(node.layers, merged)
        return parts, taken(OUTPUT, self.output, self.merge)[0]

    def _origins(self, shape: Shape) -> dict[str, str]:
        """The name of the part that makes each node; an input is called as in `Part.after`."""
        names = self.inputs or (INPUT,)
        found = {name: str(place) if several(shape) else "" for place, name in enumerate(names)}
        return found | {name: f"nodes.node_{name}" for name, _ in self.nodes}


def _origin(origins: Mapping[str, str], name: str, place: int, source: str, layers: Layers) -> str:
    """The name of the part that hands over what a node takes at a place."""
    return f"edges.{name}_{place}" if layers else origins[source]


def _below(prefix: str, modules: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    return {
        name.removeprefix(prefix): module
        for name, module in modules.items()
        if name.startswith(prefix)
    }
