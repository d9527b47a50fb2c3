"""The nodes of a graph and what leads into them, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_serializer,
)

from autocnn.network.merge import Join
from autocnn.network.registries import LayerList
from autocnn.registry import Options, Registry
from autocnn.space.graph import INPUT, OUTPUT, ordered
from autocnn.space.layer import Layer
from autocnn.space.scope import NAME


def _read_edge(value: object) -> object:
    if isinstance(value, str):
        return value, ()
    if isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.items()))
    return value


def _read_edges(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _write_edge(edge: tuple[str, tuple[Layer, ...]]) -> Any:
    source, layers = edge
    return {source: [Registry.write(layer) for layer in layers]} if layers else source


Edge = Annotated[tuple[str, LayerList], BeforeValidator(_read_edge), PlainSerializer(_write_edge)]
"""What a node takes: the name of another and the layers on the way, `name` or `{name: layers}`."""

Edges = Annotated[
    tuple[Edge, ...],
    Field(min_length=1),
    BeforeValidator(_read_edges),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]
"""All that a node takes: a list, or a single name."""


class Node(Options):
    """A node of a graph: what it takes (`from` in the language), merged, then layers."""

    inputs: Edges = Field(validation_alias="from")
    merge: Join = "add"
    layers: LayerList = ()

    @model_serializer
    def _write(self) -> dict[str, Any]:
        return {
            "from": [_write_edge(edge) for edge in self.inputs],
            "merge": self.merge,
            "layers": [Registry.write(layer) for layer in self.layers],
        }

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of what it takes."""
        return tuple(source for source, _ in self.inputs)


def _read_nodes(value: object) -> object:
    return tuple(value.items()) if isinstance(value, Mapping) else value


def _checked_names(nodes: tuple[tuple[str, Node], ...]) -> tuple[tuple[str, Node], ...]:
    for name, _ in nodes:
        if name in (INPUT, OUTPUT) or not NAME.fullmatch(name):
            text = "expected a node of small letters, digits and _, not input or output"
            raise ValueError(f"{text}, got {name!r}")
    return nodes


Nodes = Annotated[
    tuple[tuple[str, Node], ...],
    BeforeValidator(_read_nodes),
    AfterValidator(_checked_names),
    PlainSerializer(lambda nodes: {name: node.to_json() for name, node in nodes}),
    WithJsonSchema({"type": "object"}),
]
"""Nodes by name, written as a mapping."""


def in_order(nodes: Nodes, inputs: Sequence[str]) -> Nodes:
    """The nodes, each after all it takes; raises GraphFault."""
    by_name = dict(nodes)
    order = ordered({name: node.sources for name, node in nodes}, inputs)
    return tuple((name, by_name[name]) for name in order)
