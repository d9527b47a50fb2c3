"""Compiles layer positions: layers, blocks, repeats, holes over them, and names that hold them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.errors import suggest
from autocnn.registry import Whole
from autocnn.space.block_library import BlockLibrary
from autocnn.space.compiler import ValueCompiler, hole_word, is_expression, is_literal
from autocnn.space.document import Items, Mark, Node, Scalar, Table, shown
from autocnn.space.expression import ExpressionError, parse_expression
from autocnn.space.form import Form, forms
from autocnn.space.language import Language
from autocnn.space.layer import Layer
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import (
    Block,
    BlockUse,
    Constant,
    Layers,
    LayerUse,
    Paths,
    Pick,
    Repeat,
    Splice,
    Term,
    join,
)

STRUCTURAL = ("layers", "body")
REPEAT_KEYS = ("times", "index", "tie", "each")


class LayerCompiler(ValueCompiler):
    """A ValueCompiler that also knows the layers and blocks of a language."""

    def __init__(self, language: Language):
        super().__init__()
        self.language = language
        self.library = BlockLibrary(self)

    def layers(self, node: Node, path: str, scope: Scope) -> Term:
        """Compile a list of layers, or one hole or name that stands for such a list."""
        if isinstance(node, Items):
            items = tuple(
                (str(index), self.position(item, join(path, str(index)), scope))
                for index, item in enumerate(node.items)
            )
            return Layers(items, node.mark)
        if hole_word(node) or is_expression(node):
            return self.position(node, path, scope)
        self.report(node.mark, "Y08", f"expected a list of layers, got {shown(node)}", path)
        return Layers((), node.mark)

    def position(self, node: Node, path: str, scope: Scope) -> Term:
        """Compile one position in a list of layers."""
        if is_expression(node):
            return self._splice(node, path, scope)
        if isinstance(node, Scalar):
            if isinstance(node.value, str):
                return self.use(node.value, Table({}, {}, node.mark), node.mark, path, scope)
        elif isinstance(node, Items):
            return self.layers(node, path, scope)
        elif hole_word(node) == "choice":
            return self.hole(
                node,
                path,
                scope,
                lambda inner, at: self.position(inner, at, scope),
                lambda word, inner, mark, at: self.use(word, inner, mark, at, scope, part=""),
            )
        elif len(node.entries) == 1 and not hole_word(node):
            ((word, inner),) = node.entries.items()
            return self.use(word, inner, node.keys[word], path, scope)
        elif len(node.entries) > 1 and not hole_word(node):
            text = f"expected one layer, `name` or `{{name: {{options}}}}`, got {shown(node)}"
            extra = list(node.entries)[1]
            self.report(node.keys[extra], "Y08", f"{text}; indent the options further?", path)
            return Layers((), node.mark)
        self.report(node.mark, "Y08", f"expected a layer, got {shown(node)}", path)
        return Layers((), node.mark)

    def use(
        self, word: str, node: Node, mark: Mark, path: str, scope: Scope, part: str | None = None
    ) -> Term:
        """Compile `{word: {options}}`: a layer, a block or a repeat."""
        part = word if part is None else part
        if word == "repeat":
            return self._repeat(node, mark, path, scope)
        if isinstance(node, Scalar) and node.value is None:
            node = Table({}, {}, node.mark)
        below = join(path, part)
        if not isinstance(node, Table) or hole_word(node):
            self.report(
                node.mark, "Y08", f"expected a mapping of options, got {shown(node)}", below
            )
            return Layers((), mark)
        if word in self.language.layers:
            return self._layer(self.language.layers[word], node, mark, part, path, scope)
        if self.library.knows(word, scope):
            block = self.library.find(word, scope, mark, path)
            return (
                self._block_use(block, node, mark, part, path, scope)
                if block
                else Layers((), mark)
            )
        known = [*self.language.layers, *self.library.names(scope), "repeat"]
        text = f"unknown layer {word!r}{suggest(word, known)}; known: {', '.join(known)}"
        self.report(mark, "Y07", text, path)
        return Layers((), mark)

    def _layer(
        self, kind: type[Layer], node: Table, mark: Mark, part: str, path: str, scope: Scope
    ) -> Term:
        known = forms(kind)
        below, inside = join(path, part), scope.at_layer()
        before = len(self.problems)
        self.check_keys(node, known, below)
        self.check_required(node, kind, below)
        options: list[tuple[str, str, Term]] = []
        for name, inner in node.entries.items():
            step = "" if name in STRUCTURAL and name in kind.layer_fields else name
            if name in kind.layer_fields:
                form = kind.layer_fields[name]
                term = self._layer_field(inner, join(below, step), inside, known[name], form)
                options.append((name, step, term))
            elif name in known:
                term = self.value(inner, join(below, step), inside, known[name])
                options.append((name, step, term))
        simple = not any(name in kind.layer_fields for name in node.entries)
        if simple and len(self.problems) == before and is_literal(node):
            self.check_whole(node, below, kind)
        return LayerUse(kind, part, tuple(options), mark)

    def _layer_field(self, node: Node, path: str, scope: Scope, form: Form, kind: str) -> Term:
        """Compile an option that holds layers; some, as `shortcut`, also take a word."""
        if kind == "lists":
            return self._paths(node, path, scope)
        if isinstance(node, Items) or not form.words_beside_list:
            return self.layers(node, path, scope)
        if is_expression(node) and self._holds_layers(node, scope):
            return self._splice(node, path, scope)
        if hole_word(node) == "choice" and isinstance(node, Table):
            return self.hole(
                node,
                path,
                scope,
                lambda inner, at: self._layer_field(inner, at, scope, form, kind),
                lambda word, inner, mark, at: self.use(word, inner, mark, at, scope, part=""),
                form,
            )
        return self.value(node, path, scope, form)

    def _paths(self, node: Node, path: str, scope: Scope) -> Term:
        if isinstance(node, Items):
            items = (
                self.layers(item, join(path, str(index)), scope)
                for index, item in enumerate(node.items)
            )
            return Paths(tuple(items), node.mark)
        if hole_word(node) == "choice" and isinstance(node, Table):
            term = self.hole(
                node,
                path,
                scope,
                lambda inner, at: self._paths(inner, at, scope),
                lambda _word, inner, _mark, at: self._paths(inner, at, scope),
            )
            if isinstance(term, Pick):
                return term
        else:
            text = f"expected a list of lists of layers, got {shown(node)}"
            self.report(node.mark, "Y08", text, path)
        return Paths((), node.mark)

    def _holds_layers(self, node: Node, scope: Scope) -> bool:
        assert isinstance(node, Scalar)
        definition = scope.names.get(str(node.value)[1:].strip())
        if definition is None:
            return False
        if definition.layers is None and definition.node is not None:
            return self.looks_like_layers(definition.node)
        return bool(definition.layers)

    def looks_like_layers(self, node: Node) -> bool:
        """Whether a value reads as layers rather than as plain data."""
        if isinstance(node, Items):
            return any(map(self.looks_like_layers, node.items))
        if isinstance(node, Table):
            if hole_word(node) == "choice":
                return self.looks_like_layers(node.entries["choice"])
            words = (*self.language.layers, *self.language.blocks, "repeat")
            return any(word in words for word in node.entries)
        return False

    def _splice(self, node: Node, path: str, scope: Scope) -> Term:
        assert isinstance(node, Scalar)
        try:
            name = parse_expression(str(node.value)).alone
        except ExpressionError as error:
            self.report(node.mark, "Y08", str(error), path)
            return Layers((), node.mark)
        if name is None or name not in scope.names:
            known = ", ".join(scope.names) or "nothing"
            text = f"expected the name of layers, such as {known}; got {shown(node)}"
            self.report(node.mark, "Y28", text, path)
            return Layers((), node.mark)
        definition = scope.names[name]
        self.settle(definition, layers=True)
        if not definition.layers:
            text = f"{name!r} is a value (at {definition.mark}), not layers"
            self.report(node.mark, "Y29", text, path)
            return Layers((), node.mark)
        return Splice(name, node.mark)

    def settle(self, definition: Definition, layers: bool) -> None:
        if definition.layers is not None:
            return
        definition.layers = layers
        if definition.node is None or definition.scope is None:
            return
        path = f"define.{definition.name}"
        if layers:
            definition.term = self.layers_or_one(
                definition.node, path, definition.scope.at_layer()
            )
        else:
            definition.term = self.value(definition.node, path, definition.scope, None)

    def layers_or_one(self, node: Node, path: str, scope: Scope) -> Term:
        """Compile a value that stands for layers: a list, or one layer."""
        return (
            self.layers(node, path, scope)
            if isinstance(node, Items)
            else self.position(node, path, scope)
        )

    def _repeat(self, node: Node, mark: Mark, path: str, scope: Scope) -> Term:
        if not isinstance(node, Table):
            text = f"expected a mapping of {', '.join(REPEAT_KEYS)}, got {shown(node)}"
            self.report(node.mark, "Y08", text, path)
            return Layers((), mark)
        self.check_keys(node, dict.fromkeys(REPEAT_KEYS), path)
        inside, index = scope, None
        if "index" in node.entries:
            index = self._index(node.entries["index"], path, scope)
            if index is not None:
                at = node.entries["index"].mark
                inside = scope.add(Definition(index, "index", at, layers=False))
        tie = (
            self.value(node.entries["tie"], join(path, "tie"), None, _TIE)
            if ("tie" in node.entries)
            else None
        )
        times: Term = Constant(0, mark)
        each: Term = Layers((), mark)
        for key in ("times", "each"):
            if key not in node.entries:
                self.report(mark, "Y08", f"{key!r} is missing in a repeat", path)
            elif key == "times":
                outside = scope.at_layer(shape=False)
                times = self.value(node.entries[key], join(path, "times"), outside, _TIMES)
            else:
                each = self.layers(node.entries[key], path, inside)
        tied = tie.value is not False if isinstance(tie, Constant) else True
        return Repeat(times, index, tied, each, mark)

    def _index(self, node: Node, path: str, scope: Scope) -> str | None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.report(node.mark, "Y08", f"expected a name, got {shown(node)}", path)
            return None
        fault = name_fault(node.value, "an index", scope)
        if fault:
            self.report(node.mark, *fault, path)
        return None if fault else node.value

    def _block_use(
        self, block: Block, node: Table, mark: Mark, part: str, path: str, scope: Scope
    ) -> Term:
        below = join(path, part)
        parameters = {parameter.name: parameter for parameter in block.parameters}
        self.check_keys(node, parameters, below)
        arguments: dict[str, Term] = {}
        for name, parameter in parameters.items():
            at = join(below, name)
            if name not in node.entries:
                if parameter.default is None:
                    text = f"block {block.name!r} needs {name!r}"
                    self.report(mark, "Y08", text, below)
                continue
            inner = node.entries[name]
            if parameter.layers:
                arguments[name] = self.layers_or_one(inner, at, scope.at_layer())
                continue
            term = self.value(inner, at, scope.at_layer(), None)
            arguments[name] = term
            self._check_argument(inner, term, at, scope, parameter.forms)
        return BlockUse(block, part, arguments, mark)

    def _check_argument(
        self, node: Node, term: Term, path: str, scope: Scope, uses: tuple[Form, ...]
    ) -> None:
        """Check an argument against the options that its parameter stands in alone."""
        name = str(node.value)[1:].strip() if isinstance(node, Scalar) else ""
        passed = scope.names.get(name) if is_expression(node) else None
        for form in uses:
            if passed is not None:
                passed.forms.append(form)
                if passed.term is not None:
                    self.check_fits(passed.term, f"{passed.kind}.{name}", form, node.mark)
            else:
                self.check_fits(term, path, form, node.mark)


MOST_TIMES = 256
_TIE = Form(bool)
_TIMES = Form(Annotated[Whole, Field(ge=0, le=MOST_TIMES)])
