"""Compiles plain values: scalars, holes, expressions, and options with their registered things."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from autocnn.errors import Problem, suggest
from autocnn.registry import Options, Registry
from autocnn.space.document import Items, Mark, Node, Scalar, Table, plain, shown, shown_value
from autocnn.space.expression import ExpressionError, parse_expression
from autocnn.space.form import Form, forms
from autocnn.space.range import read_range
from autocnn.space.scope import Definition, Scope
from autocnn.space.term import Computed, Constant, Entries, Pick, Term, Values, join

HOLES = ("choice", "int", "float")
Read = Callable[[Node, str], Term]
ReadNamed = Callable[[str, Node, Mark, str], Term]


def is_expression(node: Node) -> bool:
    """Whether a node is a string that starts with `=`."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and node.value[:1] == "="


def hole_word(node: Node) -> str | None:
    """`choice`, `int` or `float` if the node is a hole."""
    if isinstance(node, Table):
        return next((word for word in HOLES if word in node.entries), None)
    return None


def is_literal(node: Node) -> bool:
    """Whether neither holes nor expressions stand in the node."""
    if isinstance(node, Scalar):
        return not is_expression(node)
    if isinstance(node, Items):
        return all(map(is_literal, node.items))
    return hole_word(node) is None and all(map(is_literal, node.entries.values()))


class ValueCompiler:
    """Turns nodes into terms and gathers every problem and note on the way.

    `scope` is None where a document takes neither holes nor expressions.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def report(self, mark: Mark, rule: str, text: str, path: str) -> None:
        """Note a problem and go on."""
        self.problems.append(mark.problem(rule, text, path))

    def value(self, node: Node, path: str, scope: Scope | None, form: Form | None) -> Term:
        """Compile a value that must fit `form`, if there is one."""
        if is_expression(node):
            return self.computed(node, path, scope, form)
        if isinstance(node, Table) and hole_word(node):
            return self.hole(
                node,
                path,
                scope,
                lambda inner, at: self.value(inner, at, scope, form),
                lambda word, inner, mark, at: self._named(word, inner, mark, at, scope, form),
                form,
            )
        if isinstance(node, Table) and form is not None:
            if form.registry is not None and len(node.entries) == 1:
                ((word, inner),) = node.entries.items()
                return self._named(word, inner, node.keys[word], path, scope, form, part=word)
            if form.options is not None:
                return self.options(node, path, scope, form.options)
        if isinstance(node, Items) and form is not None and form.item is not None:
            items = [
                self.value(item, join(path, str(index)), scope, form.item)
                for index, item in enumerate(node.items)
            ]
            if all(isinstance(item, Scalar) for item in node.items):
                self._check(node, path, form)
            return Values(tuple(items), node.mark)
        if form is not None and is_literal(node):
            self._check(node, path, form)
        return self._untyped(node, path, scope)

    def _untyped(self, node: Node, path: str, scope: Scope | None) -> Term:
        if isinstance(node, Scalar):
            return Constant(node.value, node.mark)
        if isinstance(node, Items):
            items = (
                self.value(item, join(path, str(index)), scope, None)
                for index, item in enumerate(node.items)
            )
            return Values(tuple(items), node.mark)
        entries = (
            (key, key, self.value(inner, join(path, key), scope, None))
            for key, inner in node.entries.items()
        )
        return Entries(tuple(entries), node.mark)

    def _check(self, node: Node, path: str, form: Form) -> None:
        fault = form.fault(plain(node))
        if fault:
            self.report(node.mark, *fault, path)

    def _named(
        self,
        word: str,
        node: Node,
        mark: Mark,
        path: str,
        scope: Scope | None,
        form: Form | None,
        part: str = "",
    ) -> Term:
        """Compile `{word: {options}}`; `part` is what the word adds to the paths below."""
        below = join(path, part)
        if form is None or form.registry is None:
            term = self.value(node, below, scope, None)
            return Entries(((word, part, term),), mark)
        model = self.find(form.registry, word, mark, path)
        if model is None:
            return Constant(None, mark)
        return Entries(((word, part, self.options(node, below, scope, model)),), mark)

    def find(
        self, registry: Registry[Any], word: str, mark: Mark, path: str
    ) -> type[Options] | None:
        """The registered thing of that name; reports an unknown one."""
        if word in registry:
            model: type[Options] = registry[word]
            return model
        known = ", ".join(registry)
        text = f"unknown {registry.thing} {word!r}{suggest(word, registry)}; known: {known}"
        self.report(mark, "Y07", text, path)
        return None

    def options(self, node: Node, path: str, scope: Scope | None, model: type[Options]) -> Entries:
        """Compile the options of a model; nothing at all stands for no options."""
        if isinstance(node, Scalar) and node.value is None:
            node = Table({}, {}, node.mark)
        if not isinstance(node, Table) or hole_word(node):
            self.report(
                node.mark, "Y08", f"expected a mapping of options, got {shown(node)}", path
            )
            return Entries((), node.mark)
        before = len(self.problems)
        known = forms(model)
        self.check_keys(node, known, path)
        self.check_required(node, model, path)
        entries = tuple(
            (key, key, self.value(inner, join(path, key), scope, known[key]))
            for key, inner in node.entries.items()
            if key in known
        )
        if len(self.problems) == before and is_literal(node):
            self.check_whole(node, path, model)
        return Entries(entries, node.mark)

    def check_keys(self, node: Table, known: Mapping[str, object], path: str) -> None:
        """Report the keys that are not known."""
        for key in node.entries:
            if key not in known:
                text = f"unknown key {key!r}{suggest(key, known)}; known: {', '.join(known)}"
                self.report(node.keys[key], "Y07", text, path)

    def check_required(self, node: Table, model: type[Options], path: str) -> None:
        """Report the options without a default that are not given."""
        for name, field in model.model_fields.items():
            if field.is_required() and name not in node.entries:
                expected = forms(model)[name].expected
                self.report(node.mark, "Y08", f"{name!r} is missing: expected {expected}", path)

    def check_whole(self, node: Table, path: str, model: type[Options]) -> None:
        """Report the rules that several options break together."""
        try:
            model.model_validate(plain(node))
        except ValidationError as error:
            for item in error.errors():
                text = item["msg"].removeprefix("Value error, ")
                self.report(node.mark, "Y08", text, path)

    def computed(self, node: Node, path: str, scope: Scope | None, form: Form | None) -> Term:
        """Compile an expression."""
        assert isinstance(node, Scalar)
        text = str(node.value)
        if scope is None:
            self.report(node.mark, "Y08", _CLOSED.format("an expression"), path)
            return Constant(None, node.mark)
        try:
            expression = parse_expression(text)
        except ExpressionError as error:
            self.report(node.mark, "Y08", str(error), path)
            return Constant(None, node.mark)
        for name in sorted(expression.names):
            self._use(name, expression.alone == name, node.mark, path, scope, form)
        return Computed(expression, node.mark)

    def _use(
        self, name: str, alone: bool, mark: Mark, path: str, scope: Scope, form: Form | None
    ) -> None:
        definition = scope.names.get(name)
        if definition is None:
            if name not in scope:
                known = ", ".join(scope)
                text = f"unknown name {name!r}{suggest(name, scope)}; known here: {known}"
                self.report(mark, "Y28", text, path)
            return
        self.settle(definition, layers=False)
        if definition.layers:
            text = f"{name!r} holds layers (at {definition.mark}); it can only stand for layers"
            self.report(mark, "Y29", text, path)
        elif alone and form is not None:
            definition.forms.append(form)
            if definition.term is not None:
                self.check_fits(definition.term, f"{definition.kind}.{name}", form, mark)

    def settle(self, definition: Definition, layers: bool) -> None:
        """Compile a definition on its first use, as layers or as a value."""
        raise NotImplementedError

    def check_fits(self, term: Term, path: str, form: Form, use: Mark) -> None:
        """Report the scalars in `term` that the option at `use` cannot take."""
        if isinstance(term, Constant):
            fault = form.fault(term.value)
            if fault:
                self.report(term.mark, fault[0], f"{fault[1]}, for its use at {use}", path)
        elif isinstance(term, Pick):
            for part, alternative in zip(term.parts, term.alternatives, strict=True):
                self.check_fits(alternative, join(path, part), form, use)

    def hole(
        self,
        node: Table,
        path: str,
        scope: Scope | None,
        read: Read,
        read_named: ReadNamed,
        form: Form | None = None,
    ) -> Term:
        """Compile a hole whose alternatives `read` and `read_named` compile."""
        word = hole_word(node)
        if scope is None:
            self.report(node.mark, "Y08", _CLOSED.format("a hole"), path)
            return Constant(None, node.mark)
        if word == "choice":
            return self._pick(node, path, read, read_named)
        kind: Literal["int", "float"] = "int" if word == "int" else "float"
        found = read_range(node, kind)
        if isinstance(found, list):
            self.problems += [mark.problem(rule, text, path) for mark, rule, text in found]
            return Constant(None, node.mark)
        if found.low == found.high:
            self.notes.append(f"{node.mark} {path}: a hole with one value is a constant")
        for end in dict.fromkeys((found.low, found.high)):
            fault = form.fault(end) if form is not None else None
            if fault:
                self.report(node.mark, *fault, path)
        return found

    def _pick(self, node: Table, path: str, read: Read, read_named: ReadNamed) -> Term:
        self.check_keys(node, {"choice": None}, path)
        held = node.entries["choice"]
        if isinstance(held, Scalar) or not (
            held.items if isinstance(held, Items) else held.entries
        ):
            text = f"expected at least one alternative under 'choice', got {shown(held)}"
            self.report(held.mark, "Y21", text, path)
            return Constant(None, node.mark)
        if isinstance(held, Items):
            self._check_distinct(held, path)
            parts = tuple(f"a{index}" for index in range(len(held.items)))
            choices = choice_labels(held)
            terms = [
                read(item, path if isinstance(item, Scalar) else join(path, part))
                for part, item in zip(parts, held.items, strict=True)
            ]
        else:
            parts = choices = tuple(held.entries)
            terms = [
                read_named(word, inner, held.keys[word], join(path, word))
                for word, inner in held.entries.items()
            ]
        if len(terms) == 1:
            self.notes.append(f"{node.mark} {path}: a choice of one is a constant")
        return Pick(choices, parts, tuple(terms), node.mark)

    def _check_distinct(self, held: Items, path: str) -> None:
        seen: set[str] = set()
        for item in held.items:
            key = json.dumps(plain(item), sort_keys=True)
            if key in seen:
                self.report(item.mark, "Y21", f"{shown(item)} is an alternative twice", path)
            seen.add(key)


_CLOSED = "{} cannot stand here, only in define, defaults, blocks, architecture and training"


def choice_labels(held: Items) -> tuple[Any, ...]:
    """What stands for each alternative: itself among scalars of one type, else a label."""
    values = [item.value if isinstance(item, Scalar) else None for item in held.items]
    scalars = all(isinstance(item, Scalar) for item in held.items)
    if scalars and len({type(value) for value in values}) == 1 and values[0] is not None:
        return tuple(values)
    labels = [
        (value if isinstance(value, str) else shown_value(value))
        if isinstance(item, Scalar) and not is_expression(item)
        else f"a{index}"
        for index, (item, value) in enumerate(zip(held.items, values, strict=True))
    ]
    if len(set(labels)) < len(labels):
        return tuple(f"a{index}" for index in range(len(labels)))
    return tuple(labels)
