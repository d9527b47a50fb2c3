"""Compiles layer positions: layers, blocks, repeats, holes over them, and names that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.space.block_library import BlockLibrary
from autocnn.space.compiler import ValueCompiler
from autocnn.space.document import Items, Node, Scalar, Table, plain, shown
from autocnn.space.expression import ExpressionError, parse_expression
from autocnn.space.form import DEFAULT, Form, layer_forms
from autocnn.space.graph_compiler import GraphCompiler
from autocnn.space.hint import options_hint, unknown_layer
from autocnn.space.language import Language
from autocnn.space.layer import Layer
from autocnn.space.place import Place
from autocnn.space.reading import Named, hole_word, is_choice, is_expression, is_literal
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import (
    Block,
    BlockUse,
    Constant,
    Layers,
    LayerUse,
    Paths,
    Repeat,
    Splice,
    Term,
    Use,
)

UNNAMED = ("layers", "body")
"""Options that add nothing to the paths of the layers in them."""

REPEAT_KEYS = ("times", "index", "tie", "each")
MOST_TIMES = 256
_TIE = Form(bool)
_TIMES = Form(Annotated[Whole, Field(ge=0, le=MOST_TIMES)])


class LayerCompiler(ValueCompiler):
    """A ValueCompiler that also knows the layers and blocks of a language.

    `defaulted` names the options that the document's defaults give to each kind of layer.
    """

    def __init__(self, language: Language):
        super().__init__(language.trained)
        self.language = language
        self.library = BlockLibrary(self)
        self._graphs = GraphCompiler(self)
        self.defaulted: dict[str, frozenset[str]] = {}

    def layers(self, node: Node, place: Place) -> Term:
        """Compile a list of layers, or one hole or name that stands for such a list."""
        if isinstance(node, Items):
            items = tuple(
                (str(index), self.position(item, place.below(index)))
                for index, item in enumerate(node.items)
            )
            return Layers(items, node.mark)
        if is_choice(node) or is_expression(node):
            return self.position(node, place)
        self.report(node.mark, "Y08", f"expected a list of layers, got {shown(node)}", place.path)
        return Layers((), node.mark)

    def layers_or_one(self, node: Node, place: Place) -> Term:
        """Compile what a name stands for: a list of layers, or one layer."""
        return (self.layers if isinstance(node, Items) else self.position)(node, place)

    def position(self, node: Node, place: Place) -> Term:
        """Compile one position in a list of layers."""
        if is_expression(node):
            return self._splice(node, place)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            empty = Table({}, {}, node.mark)
            return self.use(Named(node.value, empty, node.mark, node.value), place)
        if isinstance(node, Items):
            return self.layers(node, place)
        if isinstance(node, Table) and is_choice(node):
            return self.hole(node, place, self.position, self.use)
        if isinstance(node, Table) and not hole_word(node):
            if len(node.entries) == 1:
                ((word, inner),) = node.entries.items()
                return self.use(Named(word, inner, node.keys[word], word), place)
            if node.entries:
                text = f"expected one layer, `name` or `{{name: {{options}}}}`, got {shown(node)}"
                second = node.keys[list(node.entries)[1]]
                self.report(second, "Y08", f"{text}; indent its options further?", place.path)
                return Layers((), node.mark)
        self.report(node.mark, "Y08", f"expected a layer, got {shown(node)}", place.path)
        return Layers((), node.mark)

    def use(self, named: Named, place: Place) -> Term:
        """Compile `{word: {options}}`: a layer, a block or a repeat."""
        word = named.word
        layers = self.language.layers
        known = (*layers, *self.library.names(place.names), "repeat")
        if word not in known:
            text = unknown_layer(word, known, layers)
            self.report(named.mark, "Y07", text, place.path)
            return Layers((), named.mark)
        if hint := options_hint(word, named.value, layers):
            self.report(named.value.mark, "Y08", hint, place.below(named.part).path)
            return Layers((), named.mark)
        table = self.table(named.value, place.below(named.part))
        if table is None:
            return Layers((), named.mark)
        if word == "repeat":
            return self._repeat(table, named, place)
        if word in layers:
            return self._layer(table, named, place)
        block = self.library.find(named, place)
        return self._block_use(block, table, named, place) if block else Layers((), named.mark)

    def _layer(self, table: Table, named: Named, place: Place) -> Term:
        kind = self.language.layers[named.word]
        known = layer_forms(kind)
        below = place.at_layer().below(named.part)
        given = self.defaulted.get(named.word, frozenset())
        before = len(self.problems)
        self.check_keys(table, known, below.path)
        self.check_required(table, kind, below.path, given)
        options: list[tuple[str, str, Term]] = []
        for name, inner in table.entries.items():
            if name in kind.layer_fields:
                part = "" if name in UNNAMED else name
                term = self._layer_field(inner, below.below(part), known[name], kind, name)
                options.append((name, part, term))
            elif name in known:
                at = below.below(name)
                at = at.within(None) if name in kind.literal else at
                options.append((name, name, self.value(inner, at, known[name])))
        self._graphs.check({name: term for name, _, term in options}, below.path)
        whole = not given and not kind.layer_fields and is_literal(table)
        if whole and DEFAULT not in plain(table).values() and len(self.problems) == before:
            self.check_whole(table, kind, below.path)
        return LayerUse(kind, named.part, tuple(options), named.mark)

    def _layer_field(
        self, node: Node, place: Place, form: Form, kind: type[Layer], name: str
    ) -> Term:
        """Compile an option that holds layers; some, as `shortcut`, also take a word."""
        match kind.layer_fields[name]:
            case "lists":
                return self._paths(node, place)
            case "nodes":
                return self._graphs.nodes(node, place, kind)
            case "edges":
                return self._graphs.edges(node, place)
        if isinstance(node, Items) or form.is_list:
            return self.layers(node, place)
        if is_expression(node) and self._holds_layers(node, place.names):
            return self._splice(node, place)
        if isinstance(node, Table) and is_choice(node):
            return self.hole(
                node,
                place,
                lambda inner, at: self._layer_field(inner, at, form, kind, name),
                self.use,
            )
        return self.value(node, place, form)

    def _paths(self, node: Node, place: Place) -> Term:
        if isinstance(node, Items):
            items = (self.layers(item, place.below(at)) for at, item in enumerate(node.items))
            return Paths(tuple(items), node.mark)
        if (
            isinstance(node, Table)
            and is_choice(node)
            and isinstance(node.entries["choice"], Items)
        ):
            return self.hole(node, place, self._paths, self.use)
        text = f"expected a list of lists of layers, got {shown(node)}"
        self.report(node.mark, "Y08", text, place.path)
        return Paths((), node.mark)

    def _holds_layers(self, node: Node, scope: Scope) -> bool:
        definition = scope.names.get(str(plain(node))[1:].strip())
        if definition is None:
            return False
        if definition.layers is None and definition.node is not None:
            return self.looks_like_layers(definition.node)
        return bool(definition.layers)

    def looks_like_layers(self, node: Node) -> bool:
        """Whether a value reads as layers rather than as plain data.

        A bare word does so in a list only: alone it may as well be an option's value.
        """
        words = (*self.language.layers, *self.library.names(Scope({})), "repeat")
        if isinstance(node, Table) and is_choice(node):
            held = node.entries["choice"]
            alternatives = held.items if isinstance(held, Items) else (held,)
            return any(map(self.looks_like_layers, alternatives))
        if isinstance(node, Table):
            return any(word in words for word in node.entries)
        if isinstance(node, Items):
            return any(self.looks_like_layers(item) or plain(item) in words for item in node.items)
        return False

    def _splice(self, node: Node, place: Place) -> Term:
        try:
            name = parse_expression(str(plain(node))).alone
        except ExpressionError as error:
            self.report(node.mark, "Y08", str(error), place.path)
            return Layers((), node.mark)
        definition = place.names.names.get(name or "")
        if definition is None:
            known = ", ".join(place.names.names) or "nothing"
            text = f"expected a name that holds layers, got {shown(node)}; defined: {known}"
            self.report(node.mark, "Y28", text, place.path)
            return Layers((), node.mark)
        self.settle(definition, layers=True)
        if not definition.layers:
            text = f"{definition.name!r} is a value (at {definition.mark}), not layers"
            self.report(node.mark, "Y29", text, place.path)
            return Layers((), node.mark)
        return Splice(definition.name, node.mark)

    def settle(self, definition: Definition, layers: bool) -> None:
        if definition.layers is not None:
            return
        definition.layers = layers
        if definition.node is not None:
            place = Place(f"define.{definition.name}", definition.scope)
            if layers:
                definition.term = self.layers_or_one(definition.node, place.at_layer())
            else:
                definition.term = self.value(definition.node, place, None)

    def _repeat(self, table: Table, named: Named, place: Place) -> Term:
        self.check_keys(table, REPEAT_KEYS, place.path)
        for key in ("times", "each"):
            if key not in table.entries:
                self.report(named.mark, "Y08", f"{key!r} is missing in a repeat", place.path)
        index, inside = None, place
        if "index" in table.entries:
            index, inside = self._index(table.entries["index"], place)
        tie: Term = Constant(True, named.mark)
        if "tie" in table.entries:
            tie = self.value(table.entries["tie"], place.below("tie").within(None), _TIE)
        times: Term = Constant(0, named.mark)
        if "times" in table.entries:
            outside = place.at_layer(shape=False).below("times")
            times = self.value(table.entries["times"], outside, _TIMES)
        each: Term = Layers((), named.mark)
        if "each" in table.entries:
            each = self.layers(table.entries["each"], inside)
        tied = not (isinstance(tie, Constant) and tie.value is False)
        return Repeat(times, index, tied, each, named.mark)

    def _index(self, node: Node, place: Place) -> tuple[str | None, Place]:
        name = plain(node)
        if not isinstance(name, str):
            self.report(node.mark, "Y08", f"expected a name, got {shown(node)}", place.path)
            return None, place
        fault = name_fault(name, "an index", place.names)
        if fault:
            self.report(node.mark, *fault, place.path)
            return None, place
        scope = place.names.add(Definition(name, "index", node.mark, layers=False))
        return name, place.within(scope)

    def _block_use(self, block: Block, table: Table, named: Named, place: Place) -> Term:
        below = place.at_layer().below(named.part)
        parameters = {parameter.name: parameter for parameter in block.parameters}
        self.check_keys(table, parameters, below.path)
        arguments: dict[str, Term] = {}
        for name, parameter in parameters.items():
            if name not in table.entries:
                if parameter.default is None:
                    text = f"{name!r} is missing: the block {block.name!r} needs it"
                    self.report(named.mark, "Y08", text, below.path)
            elif parameter.layers:
                arguments[name] = self.layers_or_one(table.entries[name], below.below(name))
            else:
                inner, at = table.entries[name], below.below(name)
                arguments[name] = self.value(inner, at, None)
                self._check_argument(inner, arguments[name], at, parameter.uses)
        return BlockUse(block, named.part, arguments, named.mark)

    def _check_argument(self, node: Node, term: Term, place: Place, uses: tuple[Use, ...]) -> None:
        """Check an argument against the options that its parameter stands in alone."""
        passed: Mapping[str, Definition] = place.names.names if is_expression(node) else {}
        definition = passed.get(str(plain(node))[1:].strip())
        if definition is None:
            self.check_uses(term, place.path, uses)
            return
        definition.uses.extend(uses)
        if definition.term is not None:
            path = f"{definition.kind}.{definition.name}"
            self.check_uses(definition.term, path, uses)
