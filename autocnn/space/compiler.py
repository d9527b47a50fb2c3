"""Compiles plain values: scalars, holes, expressions, and options with their registered things."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from autocnn.errors import Problem
from autocnn.registry import Options, Registry
from autocnn.space.candidate import CLASSIFICATION
from autocnn.space.choice import choice_faults, choice_labels
from autocnn.space.document import Items, Mark, Node, Scalar, Table, plain, shown
from autocnn.space.expression import ExpressionError, parse_expression
from autocnn.space.form import Form, forms
from autocnn.space.place import Place
from autocnn.space.range import read_range
from autocnn.space.reading import (
    Named,
    hole_word,
    is_choice,
    is_expression,
    is_literal,
    is_nothing,
)
from autocnn.space.scope import Definition
from autocnn.space.term import Computed, Constant, Entries, Pick, Range, Term, Use, Values, join
from autocnn.space.wording import unknown


class ValueCompiler(ABC):
    """Turns nodes into terms and gathers every problem and note on the way.

    `defined` holds the place of every name under `define`, `task` what the data say of labels.
    """

    def __init__(self, trained: bool = True) -> None:
        self._trained = trained
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.task = CLASSIFICATION
        self.defined: Mapping[str, Mark] = {}

    def report(self, mark: Mark, rule: str, text: str, path: str) -> None:
        """Take down a problem and go on."""
        self.problems.append(mark.problem(rule, text, path))

    def value(self, node: Node, place: Place, form: Form | None) -> Term:
        """Compile a value that must fit `form`, if there is one."""
        if is_expression(node):
            return self.computed(node, place, form)
        if isinstance(node, Table) and hole_word(node):
            return self.hole(
                node,
                place,
                lambda inner, at: self.value(inner, at, form),
                lambda named, at: self._named(named, at, form),
                form,
            )
        if form is None:
            return self._untyped(node, place)
        if isinstance(node, Table):
            if form.registry is not None and len(node.entries) == 1:
                ((word, inner),) = node.entries.items()
                return self._named(Named(word, inner, node.keys[word], word), place, form)
            if form.options is not None:
                return self.options(node, place, form.options)
        before = len(self.problems)
        if isinstance(node, Items) and form.item is not None:
            items = tuple(
                self.value(item, place.below(index), form.item)
                for index, item in enumerate(node.items)
            )
            if len(self.problems) == before and is_literal(node):
                self._check(node, place, form)
            return Values(items, node.mark)
        if is_literal(node) or not form.accepts(node):
            self._check(node, place, form)
        return self._untyped(node, place)

    def _untyped(self, node: Node, place: Place) -> Term:
        if isinstance(node, Scalar):
            return Constant(node.value, node.mark)
        if isinstance(node, Items):
            items = enumerate(node.items)
            return Values(
                tuple(self.value(item, place.below(at), None) for at, item in items), node.mark
            )
        entries = (
            (key, key, self.value(inner, place.below(key), None))
            for key, inner in node.entries.items()
        )
        return Entries(tuple(entries), node.mark)

    def _check(self, node: Node, place: Place, form: Form) -> None:
        value = plain(node)
        fault = form.fault(value)
        if fault:
            self.report(node.mark, *fault, place.path)
        elif form.registry is not None and isinstance(value, str) and value in form.registry:
            self.find(form.registry, Named(value, node, node.mark, ""), place)

    def _named(self, named: Named, place: Place, form: Form | None) -> Term:
        below = place.below(named.part)
        if form is not None and form.registry is not None:
            model = self.find(form.registry, named, place)
            options = self.options(named.value, below, model) if model else Values((), named.mark)
            return Entries(((named.word, named.part, options),), named.mark)
        if form is not None and not form.accepts(Table({}, {}, named.mark)):
            text = f"a named alternative becomes {{{named.word}: ...}}; expected {form.expected}"
            self.report(named.mark, "Y22", text, place.path)
        value = self.value(named.value, below, None)
        return Entries(((named.word, named.part, value),), named.mark)

    def find(self, registry: Registry[Any], named: Named, place: Place) -> type[Options] | None:
        """The registered thing of that name; reports an unknown one."""
        if named.word in registry:
            model: type[Options] = registry[named.word]
            lack = model.lack() if self._trained else ""
            for rule, text in (("Y07", lack), ("Y34", registry.misfit(named.word, self.task))):
                if text:
                    self.report(named.mark, rule, text, place.path)
            return model
        self.report(named.mark, "Y07", unknown(registry.thing, named.word, registry), place.path)
        return None

    def options(self, node: Node, place: Place, model: type[Options]) -> Entries:
        """Compile the options of a model; nothing at all stands for no options."""
        table, before = self.table(node, place), len(self.problems)
        if table is None:
            return Entries((), node.mark)
        known = forms(model)
        self.check_keys(table, known, place.path)
        self.check_required(table, model, place.path)
        entries = tuple(
            (key, key, self.value(inner, place.below(key), known[key]))
            for key, inner in table.entries.items()
            if key in known
        )
        if len(self.problems) == before and is_literal(table):
            self.check_whole(table, model, place.path)
        return Entries(entries, node.mark)

    def table(self, node: Node, place: Place) -> Table | None:
        """The node as a mapping, nothing at all as an empty one; reports any other."""
        if is_nothing(node):
            return Table({}, {}, node.mark)
        if isinstance(node, Table) and not hole_word(node):
            return node
        what = "a hole over all of it" if isinstance(node, Table) else shown(node)
        self.report(node.mark, "Y08", f"expected a mapping of options, got {what}", place.path)
        return None

    def check_keys(self, node: Table, known: Iterable[str], path: str) -> None:
        """Report the keys that are not known."""
        for key in node.entries:
            if key not in known:
                self.report(node.keys[key], "Y07", unknown("key", key, known), path)

    def check_required(
        self, node: Table, model: type[Options], path: str, given: Iterable[str] = ()
    ) -> None:
        """Report the options without a default that neither `node` nor `given` has."""
        for name, field in model.model_fields.items():
            if field.is_required() and name not in node.entries and name not in given:
                text = f"{name!r} is missing: expected {forms(model)[name].expected}"
                self.report(node.mark, "Y08", text, path)

    def check_whole(self, node: Table, model: type[Options], path: str) -> None:
        """Report the rules that several options break together."""
        try:
            model.model_validate(plain(node), context={"task": self.task})
        except ValidationError as error:
            for item in error.errors():
                text = item["msg"].removeprefix("Value error, ")
                self.report(node.mark, "Y08", text, path)

    def computed(self, node: Node, place: Place, form: Form | None) -> Term:
        """Compile an expression."""
        if place.scope is None:
            self.report(node.mark, "Y08", _CLOSED.format("an expression"), place.path)
            return Constant(None, node.mark)
        try:
            expression = parse_expression(str(plain(node)))
        except ExpressionError as error:
            self.report(node.mark, "Y08", str(error), place.path)
            return Constant(None, node.mark)
        for name in sorted(expression.names):
            if name in place.names.names:
                alone = form if expression.alone else None
                self._use(place.names.names[name], node.mark, place, alone)
            elif name not in place.names:
                text = place.names.unknown(name)
                if name in self.defined:
                    text = f"{name!r} is defined later, at {self.defined[name]}"
                self.report(node.mark, "Y28", text, place.path)
        return Computed(expression, node.mark)

    def _use(self, definition: Definition, mark: Mark, place: Place, form: Form | None) -> None:
        """Use a name in an expression; `form` is what it must fit if it stands alone."""
        self.settle(definition, layers=False)
        name = definition.name
        if definition.layers:
            text = f"{name!r} holds layers (at {definition.mark}); it can only stand for layers"
            self.report(mark, "Y29", text, place.path)
        elif form is not None:
            use = Use(form, mark)
            definition.uses.append(use)
            if definition.term is not None:
                self.check_fits(definition.term, f"{definition.kind}.{name}", use)

    @abstractmethod
    def settle(self, definition: Definition, layers: bool) -> None:
        """Compile a definition on its first use, as layers or as a value."""

    def check_uses(self, term: Term, path: str, uses: Iterable[Use]) -> None:
        """Report what the first of the `uses` with a fault cannot take."""
        for use in uses:
            before = len(self.problems)
            self.check_fits(term, path, use)
            if len(self.problems) > before:
                return

    def check_fits(self, term: Term, path: str, use: Use) -> None:
        """Report the numbers and words in `term` that the option of `use` cannot take."""
        values: tuple[Any, ...] = ()
        if isinstance(term, Constant):
            values = (term.value,)
        elif isinstance(term, Range):
            values = tuple(dict.fromkeys((term.low, term.high)))
        elif isinstance(term, Pick):
            for part, alternative in zip(term.parts, term.alternatives, strict=True):
                self.check_fits(alternative, join(path, part), use)
        for value in values:
            fault = use.form.fault(value)
            if fault:
                self.report(term.mark, fault[0], f"{fault[1]} (used at {use.mark})", path)

    def hole(
        self,
        node: Table,
        place: Place,
        read: Callable[[Node, Place], Term],
        read_named: Callable[[Named, Place], Term],
        form: Form | None = None,
    ) -> Term:
        """Compile a hole whose alternatives `read` and `read_named` compile."""
        if place.scope is None:
            self.report(node.mark, "Y08", _CLOSED.format("a hole"), place.path)
            return Constant(None, node.mark)
        if is_choice(node):
            return self._pick(node, place, read, read_named)
        kind: Literal["int", "float"] = "int" if hole_word(node) == "int" else "float"
        found = read_range(node, kind)
        if isinstance(found, list):
            self.problems += [mark.problem(rule, text, place.path) for mark, rule, text in found]
            return Constant(None, node.mark)
        if found.low == found.high:
            self.notes.append(f"{node.mark} {place.path}: a hole with one value is a constant")
        for end in dict.fromkeys((found.low, found.high)):
            fault = form.fault(end) if form is not None else None
            if fault:
                self.report(node.entries[kind].mark, *fault, place.path)
        return found

    def _pick(
        self,
        node: Table,
        place: Place,
        read: Callable[[Node, Place], Term],
        read_named: Callable[[Named, Place], Term],
    ) -> Term:
        self.check_keys(node, ("choice",), place.path)
        held = node.entries["choice"]
        for mark, rule, text in choice_faults(held):
            self.report(mark, rule, text, place.path)
        parts: tuple[str, ...] = ()
        choices: tuple[Any, ...] = ()
        terms: list[Term] = []
        if isinstance(held, Items):
            parts = tuple(f"a{index}" for index in range(len(held.items)))
            choices = choice_labels(held)
            terms = [
                read(item, place if isinstance(item, Scalar) else place.below(part))
                for part, item in zip(parts, held.items, strict=True)
            ]
        elif isinstance(held, Table):
            parts = choices = tuple(held.entries)
            terms = [
                read_named(Named(word, inner, held.keys[word], ""), place.below(word))
                for word, inner in held.entries.items()
            ]
        if len(terms) == 1:
            self.notes.append(f"{node.mark} {place.path}: a choice of one is a constant")
        return Pick(choices, parts, tuple(terms), node.mark)


_CLOSED = "{} cannot stand here, only in define, defaults, blocks, architecture and training"
