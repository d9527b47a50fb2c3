"""The layer `graph`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import model_validator

from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.merge import Merge, merged_shape
from autocnn.network.registries import LAYERS
from autocnn.network.wiring import Edges, Nodes
from autocnn.space.graph import INPUT, OUTPUT, check_used, unknown_node
from autocnn.space.layer import Layer, Layers, Part, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("graph")
class Graph(Layer):
    """Nodes that take the input or each other in any order without a cycle.

    A node is `{from: [...], merge: add, layers: [...]}`: what it takes, each `name` or
    `{name: layers}` with layers on the way, is merged and goes through its own layers. `input` is
    the input; `output` lists what is merged into the output. Every node must lead there.
    """

    paper = "https://arxiv.org/abs/1902.09635"
    layer_fields = {"nodes": "nodes", "output": "edges"}

    nodes: Nodes
    output: Edges
    merge: Merge = "add"

    @model_validator(mode="after")
    def _leads_to_the_output(self) -> Graph:
        sources = {name: node.sources for name, node in self.nodes}
        for source, _ in self.output:
            if fault := unknown_node(source, sources):
                raise ValueError(fault)
        check_used({**sources, OUTPUT: [source for source, _ in self.output]})
        return self

    @classmethod
    def merged(cls, merge: str, shapes: Sequence[Shape]) -> Shape:
        return merged_shape(merge, shapes)  # type: ignore[arg-type]

    def out_shape(self, shape: Shape) -> Shape:
        return self._threaded(shape)[1]

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        return tuple(self._threaded(shape)[0])

    def ends(self, shape: Shape) -> tuple[str, ...]:
        return tuple(
            _origin(OUTPUT, place, source, layers)
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
        merges: dict[str, Merge] = {name: node.merge for name, node in self.nodes}
        return NodeGraph(
            {**wires, OUTPUT: tuple(source for source, _ in self.output)},
            {**merges, OUTPUT: self.merge},
            _below("nodes.", built),
            _below("edges.", built),
        )

    def _threaded(self, shape: Shape) -> tuple[list[Part], Shape]:
        """Every part in an order that can be computed, and the output shape."""
        parts: list[Part] = []
        shapes = {INPUT: shape}

        def taken(name: str, edges: Edges, merge: Merge) -> tuple[Shape, tuple[str, ...]]:
            given, after = [], []
            for place, (source, layers) in enumerate(edges):
                origin = _origin(name, place, source, layers)
                if layers:
                    parts.append(Part(origin, shapes[source], layers, (_origin_of(source),)))
                given.append(chain_shape(layers, shapes[source]))
                after.append(origin)
            try:
                return merged_shape(merge, given), tuple(after)
            except ShapeError as error:
                raise ShapeError(error.rule, f"{name}: {error}") from error

        for name, node in self.nodes:
            merged, after = taken(name, node.inputs, node.merge)
            parts.append(Part(_origin_of(name), merged, node.layers, after))
            shapes[name] = chain_shape(node.layers, merged)
        return parts, taken(OUTPUT, self.output, self.merge)[0]


def _origin_of(source: str) -> str:
    """The name of the part that makes a node; the input has none."""
    return "" if source == INPUT else f"nodes.node_{source}"


def _origin(name: str, place: int, source: str, layers: Layers) -> str:
    """The name of the part that hands over what a node takes at a place."""
    return f"edges.{name}_{place}" if layers else _origin_of(source)


def _below(prefix: str, modules: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    return {
        name.removeprefix(prefix): module
        for name, module in modules.items()
        if name.startswith(prefix)
    }
