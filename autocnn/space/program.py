"""Compiles a whole document: its sections, names, defaults, blocks, architecture and training."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autocnn.registry import Options
from autocnn.space.candidate import FORMAT
from autocnn.space.compiler import hole_word
from autocnn.space.document import Mark, Node, Scalar, Table, plain, shown
from autocnn.space.form import forms
from autocnn.space.language import Language
from autocnn.space.layer_compiler import LayerCompiler
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import Entries, Layers, Program, Term, join

STUDY_NAME = re.compile(r"[\w .-]{1,200}")
SPACE_KEYS = ("study", "format", "define", "defaults", "blocks", "architecture", "training")


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
        self.check_keys(root, dict.fromkeys((*SPACE_KEYS, *self.language.sections)), "")
        self._study_and_format(root)
        scope, definitions = self._define(root.entries.get("define"))
        if "blocks" in root.entries:
            self.library.declare(root.entries["blocks"], scope)
        defaults, kinds = self._defaults(root.entries.get("defaults"), scope)
        architecture: Term = Layers((), root.mark)
        if "architecture" in root.entries:
            architecture = self.layers(root.entries["architecture"], "architecture", scope)
        else:
            self.report(root.mark, "Y01", "'architecture' is missing: expected layers", "")
        training = self._training(root, scope)
        self.library.finish()
        define = tuple((definition.name, self._settled(definition)) for definition in definitions)
        for key, model in self.language.sections.items():
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
        for name, mark, inner in self._entries(node, "define"):
            fault = name_fault(name, "a definition", scope)
            if fault:
                self.report(mark, *fault, f"define.{name}")
                continue
            definition = Definition(name, "define", mark, inner, scope)
            definitions.append(definition)
            scope = scope.add(definition)
        return scope, definitions

    def _entries(self, node: Node | None, path: str) -> list[tuple[str, Mark, Node]]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
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
    ) -> tuple[Mapping[str, Term], Mapping[str, Mapping[str, Term]]]:
        """The defaults for every layer that takes them, and those per layer kind."""
        layers = self.language.layers
        taken = {
            name: forms(kind)[name]
            for kind in reversed(list(layers.values()))
            for name in kind.defaults_taken
        }
        if "conv" in layers:
            conv = layers["conv"]
            taken |= {name: forms(conv)[name] for name in conv.defaults_taken}
        every: dict[str, Term] = {}
        kinds: dict[str, dict[str, Term]] = {}
        for key, mark, inner in self._entries(node, "defaults"):
            path = f"defaults.{key}"
            clash = key in taken and key in layers
            if key in taken and not (clash and isinstance(inner, Table) and not hole_word(inner)):
                every[key] = self.value(inner, path, scope, taken[key])
            elif key in layers:
                kinds[key] = self._kind_defaults(key, inner, path, scope)
            else:
                known = dict.fromkeys((*sorted(taken), *layers))
                self.check_keys(Table({key: inner}, {key: mark}, mark), known, "defaults")
        return every, kinds

    def _kind_defaults(self, word: str, node: Node, path: str, scope: Scope) -> dict[str, Term]:
        kind = self.language.layers[word]
        known = {name: form for name, form in forms(kind).items() if name not in kind.layer_fields}
        found: dict[str, Term] = {}
        for key, mark, inner in self._entries(node, path):
            if key in known:
                found[key] = self.value(inner, join(path, key), scope, known[key])
            else:
                self.check_keys(Table({key: inner}, {key: mark}, mark), known, path)
        return found

    def _training(self, root: Table, scope: Scope) -> Entries:
        node = root.entries.get("training")
        if node is None:
            return Entries((), root.mark)
        return self.options(node, "training", scope, self.language.recipe)

    def _section(self, key: str, root: Table, model: type[Options]) -> None:
        node = root.entries.get(key, Table({}, {}, root.mark))
        before = len(self.problems)
        self.options(node, key, None, model)
        if len(self.problems) == before:
            self.sections[key] = model.model_validate(plain(node) or {})
