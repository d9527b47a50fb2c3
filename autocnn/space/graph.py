"""Which node of a graph can be computed after which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

from autocnn.errors import suggest
from autocnn.space.layer import Shape, ShapeError, several
from autocnn.space.scope import NAME

INPUT = "input"
"""What nodes call the graph's own input, unless its `inputs` have names."""

OUTPUT = "output"
"""What takes the nodes that make up the graph's output."""

Sources = Mapping[str, Sequence[str]]
"""What each node takes, by name: other nodes or the input."""


class GraphFault(ValueError):
    """Nodes that cannot be wired so; `node` is the one to look at."""

    rule = "Y28"

    def __init__(self, node: str, text: str):
        self.node = node
        super().__init__(text)


def ordered(sources: Sources, inputs: Sequence[str] = (INPUT,)) -> list[str]:
    """The nodes, each after all it takes, as close to the order of their names as that allows.

    The order of `sources` does not matter. Raises GraphFault for a name that is none of them and
    for a cycle.
    """
    for name, taken in sources.items():
        for other in taken:
            if fault := unknown_node(other, sources, inputs):
                raise GraphFault(name, fault)
    sorter = TopologicalSorter(
        {
            name: [other for other in taken if other not in inputs]
            for name, taken in sources.items()
        }
    )
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = error.args[1]
        text = f"nodes cannot wait for each other: {' -> '.join(cycle)}"
        raise GraphFault(cycle[0], text) from error
    found: list[str] = []
    ready = list(sorter.get_ready())
    heapify(ready)
    while ready:
        name = heappop(ready)
        found.append(name)
        sorter.done(name)
        for other in sorter.get_ready():
            heappush(ready, other)
    return found


def unknown_node(name: str, nodes: Iterable[str], inputs: Sequence[str] = (INPUT,)) -> str:
    """The words for a name that none of the nodes and inputs has, or nothing."""
    known = [*inputs, *(node for node in nodes if node != OUTPUT)]
    if name in known:
        return ""
    return f"unknown node {name!r}{suggest(name, known)}; known: {', '.join(known)}"


def input_fault(inputs: Sequence[str], nodes: Iterable[str]) -> str:
    """The words for names of several inputs that are no names or taken, or nothing."""
    for place, name in enumerate(inputs):
        if not NAME.fullmatch(name) or name == OUTPUT:
            return f"expected an input of small letters, digits and _, not output, got {name!r}"
        if name in inputs[:place] or name in nodes:
            return f"{name!r} is the name of another input or node"
    return ""


def input_shapes(inputs: Sequence[str], shape: Shape) -> dict[str, Shape]:
    """What each input is: one map for all of them, or several, one for each; raises ShapeError."""
    names = inputs or (INPUT,)
    if not several(shape):
        return dict.fromkeys(names, shape)
    if len(names) != len(shape):
        said = f"takes {len(names)} maps ({', '.join(names)})" if inputs else "takes one map"
        raise ShapeError("Y25", f"graph {said}, got {len(shape)}; `inputs` names each of them")
    return dict(zip(names, shape, strict=True))


def check_used(sources: Sources) -> None:
    """Raise GraphFault if a node has no way to the output."""
    for name in unused(sources):
        raise GraphFault(name, dead_end(name))


def dead_end(name: str) -> str:
    """The words for a node that is unused."""
    return f"the node {name!r} leads nowhere: no way goes on to the output"


def unused(sources: Sources) -> list[str]:
    """The nodes from which no way leads to the output."""
    reached: set[str] = set()
    waiting = [OUTPUT]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += sources.get(name, ())
    return [name for name in sources if name not in reached]
