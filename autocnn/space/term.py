"""What a space compiles to: a tree of terms in which every word is resolved and every hole typed.

A *part* is what a term adds to the paths of the holes below it: an option's name, an index, the
label of an alternative, or nothing for the structural words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autocnn.space.document import Mark
from autocnn.space.expression import Expression
from autocnn.space.form import Form
from autocnn.space.layer import Layer
from autocnn.space.scalars import Value


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A scalar as it stands."""

    value: Value
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """An expression over the names in scope."""

    expression: Expression
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A hole over alternatives; with a single one it is no hole but stands for that one.

    `choices` is what a strategy sees of each alternative: the value itself or a label.
    """

    choices: tuple[Value, ...]
    parts: tuple[str, ...]
    alternatives: tuple[Term, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """A hole over numbers; with equal ends it stands for that number."""

    kind: Literal["int", "float"]
    low: float
    high: float
    step: int
    log: bool
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A list of plain values."""

    items: tuple[Term, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A mapping of plain values: `(key, part, value)` for each entry."""

    entries: tuple[tuple[str, str, Term], ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A list of layer positions: `(part, position)`."""

    items: tuple[tuple[str, Term], ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """A list of lists of layers, as `branches` has them."""

    items: tuple[Term, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """What a node of a graph takes: the name of another and the layers on the way."""

    source: Term
    part: str
    layers: Term
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """All that a node takes: `(part, Edge or Edges)`."""

    items: tuple[tuple[str, Term], ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class GraphNode:
    """A node of a graph; without `merge` it merges as nodes do."""

    edges: Term
    merge: Term | None
    layers: Term
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class GraphNodes:
    """The nodes of a graph: `(name, node)`."""

    items: tuple[tuple[str, Term], ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class LayerUse:
    """A layer with its options: `(option, part, value)`.

    Layer fields hold Layers or Paths, those of a graph GraphNodes and Edges.
    """

    kind: type[Layer]
    part: str
    options: tuple[tuple[str, str, Term], ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class BlockUse:
    """A block with the arguments that are given."""

    block: Block
    part: str
    arguments: Mapping[str, Term]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """Layers several times over."""

    times: Term
    index: str | None
    tie: bool
    each: Term
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Splice:
    """A name that holds layers, at a layer position."""

    name: str
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A place where a name stands alone as an option, and what that option takes."""

    form: Form
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of a block; without a default it must be given.

    `layers` tells whether it holds layers; `uses` are the options that it stands in alone.
    """

    name: str
    default: Term | None
    layers: bool
    uses: tuple[Use, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A named, parametrised list of layers; `outer` says whether its body sees `define`."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Term
    outer: bool
    mark: Mark


Term = (
    Constant | Computed | Pick | Range | Values | Entries
    | Layers | Paths | Edge | Edges | GraphNode | GraphNodes
    | LayerUse | BlockUse | Repeat | Splice
)  # fmt: skip

LAYER_TERMS = (
    Layers, Paths, Edge, Edges, GraphNode, GraphNodes, LayerUse, BlockUse, Repeat, Splice
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled space; `define` and `defaults` hold terms by name, `kinds` those per layer."""

    define: tuple[tuple[str, Term], ...]
    defaults: Mapping[str, Term]
    kinds: Mapping[str, Mapping[str, Term]]
    architecture: Term
    training: Entries
    notes: tuple[str, ...] = field(default=())


def join(path: str, part: str) -> str:
    """The path of something below `path`."""
    return f"{path}.{part}" if path and part else path or part


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """Layers together with the place and the names they were written among."""

    term: Term
    path: str
    names: Mapping[str, Any]


def inner_terms(term: Term) -> Iterator[Term]:
    """The terms right inside a term; of a block's use, its arguments and defaults."""
    match term:
        case Pick():
            yield from term.alternatives
        case Values() | Paths():
            yield from term.items
        case Entries():
            yield from (inner for _, _, inner in term.entries)
        case Layers() | Edges() | GraphNodes():
            yield from (inner for _, inner in term.items)
        case Edge():
            yield from (term.source, term.layers)
        case GraphNode():
            yield from (term.edges, *(() if term.merge is None else (term.merge,)), term.layers)
        case LayerUse():
            yield from (inner for _, _, inner in term.options)
        case Repeat():
            yield from (term.times, term.each)
        case BlockUse():
            for parameter in term.block.parameters:
                given = term.arguments.get(parameter.name, parameter.default)
                if given is not None:
                    yield given
