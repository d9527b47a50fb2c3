"""Compiles the nodes of a graph and what they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autocnn.space.document import Items, Mark, Node, Scalar, Table, shown
from autocnn.space.form import Form, layer_forms
from autocnn.space.graph import (
    INPUT,
    OUTPUT,
    GraphFault,
    dead_end,
    input_fault,
    ordered,
    unknown_node,
    unused,
)
from autocnn.space.layer import Layer
from autocnn.space.place import Place
from autocnn.space.reading import Named, hole_word, is_choice, is_expression
from autocnn.space.scope import Scope, name_fault
from autocnn.space.term import (
    Constant,
    Edge,
    Edges,
    GraphNode,
    GraphNodes,
    Layers,
    Pick,
    Term,
    Values,
    join,
)

if TYPE_CHECKING:
    from autocnn.space.layer_compiler import LayerCompiler

NODE_KEYS = ("from", "merge", "layers")
_SOURCE = Form(str)


@dataclass(frozen=True)
class _Wire:
    """A node that another one takes, or may take where a hole or expression decides."""

    source: str | None
    certain: bool
    mark: Mark
    path: str


class GraphCompiler:
    """Compiles what `graph` has besides plain options, and checks what needs no filling."""

    def __init__(self, compiler: LayerCompiler):
        self._compiler = compiler

    def nodes(self, node: Node, place: Place, kind: type[Layer]) -> Term:
        """Compile the nodes by name, or a hole over such mappings."""
        if isinstance(node, Table) and not hole_word(node):
            return GraphNodes(tuple(self._items(node, place, kind)), node.mark)
        if isinstance(node, Table) and _lists_choices(node):
            return self._compiler.hole(
                node, place, lambda inner, at: self.nodes(inner, at, kind), self._never
            )
        text = f"expected a mapping of nodes, got {shown(node)}"
        self._compiler.report(node.mark, "Y08", text, place.path)
        return GraphNodes((), node.mark)

    def _items(self, table: Table, place: Place, kind: type[Layer]) -> Iterator[tuple[str, Term]]:
        for name, inner in table.entries.items():
            mark, below = table.keys[name], place.below(name)
            fault = name_fault(name, "a node", Scope({}))
            if name in (INPUT, OUTPUT):
                fault = "Y29", f"{name!r} is what the graph has anyway; a node needs another name"
            if fault:
                self._compiler.report(mark, *fault, place.path)
            else:
                yield name, self._node(inner, below, kind, mark)

    def _node(self, node: Node, place: Place, kind: type[Layer], mark: Mark) -> Term:
        if isinstance(node, Table) and _lists_choices(node):
            return self._compiler.hole(
                node,
                place,
                lambda inner, at: self._node(inner, at, kind, inner.mark),
                self._never,
            )
        layers: Term = Layers((), node.mark)
        edges: Term = Edges((), node.mark)
        merge: Term | None = None
        if not isinstance(node, Table) or hole_word(node):
            text = f"expected a node, {{from: [...], merge: add, layers: []}}, got {shown(node)}"
            self._compiler.report(node.mark, "Y08", text, place.path)
            return GraphNode(edges, merge, layers, mark)
        self._compiler.check_keys(node, NODE_KEYS, place.path)
        if "from" in node.entries:
            edges = self.edges(node.entries["from"], place.below("from"))
        else:
            text = "'from' is missing: expected the names of what the node takes"
            self._compiler.report(mark, "Y08", text, place.path)
        if "merge" in node.entries:
            outside = place.at_layer(shape=False).below("merge")
            form = layer_forms(kind)["merge"]
            merge = self._compiler.value(node.entries["merge"], outside, form)
        if "layers" in node.entries:
            layers = self._compiler.layers(node.entries["layers"], place)
        return GraphNode(edges, merge, layers, mark)

    def edges(self, node: Node, place: Place) -> Term:
        """Compile what a node takes: a name, `{name: layers}`, a list of these, or a hole."""
        if isinstance(node, Items):
            items = tuple(
                (str(index), self.edges(item, place.below(index)))
                for index, item in enumerate(node.items)
            )
            return Edges(items, node.mark)
        if isinstance(node, Table) and is_choice(node):
            return self._compiler.hole(node, place, self.edges, self._named)
        if isinstance(node, Table) and not hole_word(node) and len(node.entries) == 1:
            ((word, inner),) = node.entries.items()
            return self._named(Named(word, inner, node.keys[word], word), place)
        nothing = Layers((), node.mark)
        if is_expression(node):
            outside = place.at_layer(shape=False)
            source = self._compiler.value(node, outside, _SOURCE)
            return Edge(source, "", nothing, node.mark)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Edge(Constant(node.value, node.mark), "", nothing, node.mark)
        text = f"expected the name of a node or {{name: layers}}, got {shown(node)}"
        self._compiler.report(node.mark, "Y08", text, place.path)
        return Edges((), node.mark)

    def _named(self, named: Named, place: Place) -> Term:
        layers = self._compiler.layers(named.value, place.below(named.part))
        return Edge(Constant(named.word, named.mark), named.part, layers, named.mark)

    def _never(self, named: Named, place: Place) -> Term:
        raise AssertionError(f"{place.path}: only lists of alternatives are read")

    def check(self, options: Mapping[str, Term], path: str) -> None:
        """Report unknown names, cycles and nodes that lead nowhere, as far as no hole decides."""
        nodes, output = options.get("nodes"), options.get("output")
        if not isinstance(nodes, GraphNodes) or output is None:
            return
        inputs = _names(options.get("inputs"))
        if taken := input_fault(inputs, dict(nodes.items)):
            mark = options["inputs"].mark
            self._compiler.report(mark, "Y29", taken, join(path, "inputs"))
            return
        path = join(path, "nodes")
        wires = {
            name: list(_wires(node, join(path, name), isinstance(node, GraphNode)))
            for name, node in nodes.items
        }
        wires[OUTPUT] = list(_wires(output, path, True))
        marks = {name: node.mark for name, node in nodes.items}
        fine = True
        for wire in (wire for found in wires.values() for wire in found):
            fault = wire.source is not None and unknown_node(wire.source, wires, inputs)
            if fault:
                self._compiler.report(wire.mark, "Y28", fault, wire.path)
                fine = False
        if fine and self._acyclic(wires, marks, path, inputs):
            self._used(wires, marks, path)

    def _acyclic(
        self,
        wires: Mapping[str, list[_Wire]],
        marks: Mapping[str, Mark],
        path: str,
        inputs: Sequence[str],
    ) -> bool:
        try:
            ordered(
                {
                    name: [wire.source for wire in found if wire.certain and wire.source]
                    for name, found in wires.items()
                },
                inputs,
            )
        except GraphFault as fault:
            place = join(path, fault.node)
            self._compiler.report(marks[fault.node], fault.rule, str(fault), place)
            return False
        return True

    def _used(
        self, wires: Mapping[str, list[_Wire]], marks: Mapping[str, Mark], path: str
    ) -> None:
        if any(wire.source is None for found in wires.values() for wire in found):
            return
        for name in unused(
            {name: [str(w.source) for w in found] for name, found in wires.items()}
        ):
            self._compiler.report(marks[name], GraphFault.rule, dead_end(name), join(path, name))


def _names(term: Term | None) -> tuple[str, ...]:
    """The names of the inputs."""
    items = term.items if isinstance(term, Values) else ()
    found = tuple(str(item.value) for item in items if isinstance(item, Constant))
    return found or (INPUT,)


def _lists_choices(table: Table) -> bool:
    """Whether this is a hole over a list: its alternatives stand for themselves."""
    return is_choice(table) and isinstance(table.entries["choice"], Items)


def _wires(term: Term, path: str, certain: bool) -> Iterator[_Wire]:
    """All that a node takes or may take."""
    match term:
        case GraphNode():
            yield from _wires(term.edges, join(path, "from"), certain)
        case Edges():
            for part, item in term.items:
                yield from _wires(item, join(path, part), certain)
        case Pick():
            for part, item in zip(term.parts, term.alternatives, strict=True):
                yield from _wires(item, join(path, part), certain and len(term.parts) == 1)
        case Edge():
            source = term.source
            known = str(source.value) if isinstance(source, Constant) else None
            yield _Wire(known, certain, term.mark, path)
