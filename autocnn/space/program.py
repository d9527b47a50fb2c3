"""Compiles a whole document: its sections, names, defaults, blocks, architecture and training."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from autocnn.errors import Problem
from autocnn.registry import Options
from autocnn.space.candidate import FORMAT, task_of
from autocnn.space.document import Mark, Node, Scalar, Table, plain, shown
from autocnn.space.form import Form, forms
from autocnn.space.language import Language
from autocnn.space.layer import Layer
from autocnn.space.layer_compiler import LayerCompiler
from autocnn.space.place import Place
from autocnn.space.reading import hole_word, is_nothing
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import Entries, Layers, Program, Term
from autocnn.space.wording import unknown

SECTION_RULES = {"search": "Y33", "objectives": "Y34", "data": "Y30"}
"""The rule that a bad value in a section breaks."""

STUDY_NAME = re.compile(r"[\w .-]{1,200}")
SPACE_KEYS = (
    "study",
    "format",
    "imports",
    "define",
    "defaults",
    "blocks",
    "architecture",
    "training",
)

Defaults = Mapping[str, Term]


class ProgramCompiler(LayerCompiler):
    """One compilation of one document; read `problems` and `notes` afterwards."""

    def __init__(self, language: Language):
        super().__init__(language)
        self.sections: dict[str, Options] = {}

    def compile(self, root: Node) -> Program | None:
        """The program and, in `sections`, the other options; None if there is no document."""
        if not isinstance(root, Table) or hole_word(root):
            text = f"expected a mapping with the key architecture, got {shown(root)}"
            self.report(root.mark, "Y08", text, "")
            return None
        self.check_keys(root, (*SPACE_KEYS, *self.language.sections), "")
        self._study_and_format(root)
        if "data" in self.language.sections:
            self._section("data", root, self.language.sections["data"])
            self.task = task_of(self.sections)
        scope, definitions = self._define(root.entries.get("define"))
        if "blocks" in root.entries:
            self.library.declare(root.entries["blocks"], scope)
        defaults, kinds = self._defaults(root.entries.get("defaults"), scope)
        architecture: Term = Layers((), root.mark)
        if "architecture" in root.entries:
            architecture = self.layers(root.entries["architecture"], Place("architecture", scope))
        else:
            self.report(root.mark, "Y01", "'architecture' is missing: expected layers", "")
        training = self._training(root, scope)
        self.library.finish()
        define = tuple((definition.name, self._settled(definition)) for definition in definitions)
        for key, model in self.language.sections.items():
            if key != "data":
                self._section(key, root, model)
        return Program(define, defaults, kinds, architecture, training, tuple(self.notes))

    def _study_and_format(self, root: Table) -> None:
        study = root.entries.get("study")
        if study is not None:
            name = study.value if isinstance(study, Scalar) else None
            if not isinstance(name, str) or not STUDY_NAME.fullmatch(name):
                text = f"expected 1 to 200 letters, digits, spaces, _ . or -, got {shown(study)}"
                self.report(study.mark, "Y38", text, "study")
        found = root.entries.get("format")
        if found is not None and plain(found) != FORMAT:
            text = f"expected format {FORMAT}, got {shown(found)}; made by another version?"
            self.report(found.mark, "Y08", text, "format")

    def _define(self, node: Node | None) -> tuple[Scope, list[Definition]]:
        scope, definitions = Scope({}), list[Definition]()
        entries = self._entries(node, "define")
        self.defined = {name: mark for name, mark, _ in entries}
        for name, mark, inner in entries:
            fault = name_fault(name, "a definition", scope)
            if fault:
                self.report(mark, *fault, f"define.{name}")
                continue
            definition = Definition(name, "define", mark, inner, scope)
            definitions.append(definition)
            scope = scope.add(definition)
        return scope, definitions

    def _entries(self, node: Node | None, path: str) -> list[tuple[str, Mark, Node]]:
        if node is None or is_nothing(node):
            return []
        if not isinstance(node, Table) or hole_word(node):
            self.report(node.mark, "Y08", f"expected a mapping, got {shown(node)}", path)
            return []
        return [(key, node.keys[key], inner) for key, inner in node.entries.items()]

    def _settled(self, definition: Definition) -> Term:
        if definition.layers is None and definition.node is not None:
            self.notes.append(f"{definition.mark} define.{definition.name} is never used")
            self.settle(definition, layers=self.looks_like_layers(definition.node))
        assert definition.term is not None
        return definition.term

    def _defaults(
        self, node: Node | None, scope: Scope
    ) -> tuple[Defaults, Mapping[str, Defaults]]:
        """The defaults for every layer that takes them, and those per layer kind."""
        layers = self.language.layers
        # Where several layers take an option, the first in this order says what it may be.
        kinds = sorted(layers.values(), key=lambda kind: (kind.word != "conv", kind.word))
        taken: dict[str, Form] = {}
        for kind in kinds:
            for name in kind.defaults_taken:
                taken.setdefault(name, forms(kind)[name])
        every: dict[str, Term] = {}
        special: dict[str, Defaults] = {}
        for key, mark, inner in self._entries(node, "defaults"):
            place = Place(f"defaults.{key}", scope)
            if key in taken:
                every[key] = self.value(inner, place, taken[key])
            elif key in layers:
                special[key] = self._kind_defaults(layers[key], inner, place)
                self.defaulted[key] = frozenset(special[key])
            else:
                self.report(
                    mark, "Y07", unknown("key", key, dict.fromkeys((*taken, *layers))), "defaults"
                )
        return every, special

    def _kind_defaults(self, kind: type[Layer], node: Node, place: Place) -> Defaults:
        known = {name: form for name, form in forms(kind).items() if name not in kind.layer_fields}
        found: dict[str, Term] = {}
        for key, mark, inner in self._entries(node, place.path):
            if key in known:
                found[key] = self.value(inner, place.below(key), known[key])
            else:
                self.report(mark, "Y07", unknown("key", key, known), place.path)
        return found

    def _training(self, root: Table, scope: Scope) -> Entries:
        node = root.entries.get("training", Table({}, {}, root.mark))
        return self.options(node, Place("training", scope), self.language.recipe)

    def _section(self, key: str, root: Table, model: type[Options]) -> None:
        node = root.entries.get(key, Table({}, {}, root.mark))
        before = len(self.problems)
        self.options(node, Place(key, None), model)
        self.problems[before:] = [_as_section(key, item) for item in self.problems[before:]]
        if len(self.problems) == before:
            context = {"task": self.task}
            self.sections[key] = model.model_validate(plain(node) or {}, context=context)


def _as_section(key: str, problem: Problem) -> Problem:
    """A problem with the section's own rule, unless it is about a key or the YAML itself."""
    about_value = problem.rule in ("Y08", "Y23", "Y32") or (
        problem.rule == "Y07" and not problem.text.startswith("unknown key")
    )
    return replace(problem, rule=SECTION_RULES.get(key, problem.rule)) if about_value else problem
