"""The blocks that a document may use: its own and the shipped ones, each compiled once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from autocnn.errors import SpaceError
from autocnn.space.composer import compose
from autocnn.space.document import Mark, Node, Scalar, Table, shown
from autocnn.space.place import Place
from autocnn.space.reading import Named, is_nothing
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import Block, Parameter, Term

if TYPE_CHECKING:
    from autocnn.space.layer_compiler import LayerCompiler

BLOCK_KEYS = ("parameters", "layers")
Given = tuple[Definition, Node | None]
"""A parameter and its default, if it has one."""


class BlockLibrary:
    """Compiles blocks on their first use, so that what they use is compiled before them.

    A document's own block hides a shipped one of the same name, but not from shipped blocks.
    """

    def __init__(self, compiler: LayerCompiler):
        self._compiler = compiler
        self._own: dict[str, tuple[Node, Mark]] = {}
        self._outer = Scope({})
        self._done: dict[tuple[str, bool], Block | None] = {}
        self._open: list[tuple[str, bool]] = []

    def declare(self, node: Node, outer: Scope) -> None:
        """Take the blocks that a document defines; their bodies see the names of `outer`."""
        self._outer = outer
        report = self._compiler.report
        if not isinstance(node, Table):
            report(node.mark, "Y08", f"expected a mapping of blocks, got {shown(node)}", "blocks")
            return
        for name, inner in node.entries.items():
            mark, path = node.keys[name], f"blocks.{name}"
            fault = name_fault(name, "a block", Scope({}))
            if name in self._compiler.language.layers:
                fault = "Y29", f"{name!r} is a layer; a block needs another name"
            if fault:
                report(mark, *fault, path)
            else:
                self._own[name] = inner, mark

    def names(self, scope: Scope) -> Iterator[str]:
        """The blocks known in this scope."""
        shipped = self._compiler.language.blocks
        yield from shipped if scope.shipped else dict.fromkeys((*self._own, *shipped))

    def finish(self) -> None:
        """Compile the document's own blocks that nothing has used."""
        for name, (node, mark) in self._own.items():
            self.find(Named(name, node, mark, name), Place(f"blocks.{name}", self._outer))

    def find(self, named: Named, place: Place) -> Block | None:
        """The compiled block of that name; reports a block within itself."""
        own = not place.names.shipped and named.word in self._own
        key = (named.word, own)
        if key in self._open:
            cycle = " -> ".join([*(name for name, _ in self._open), named.word])
            text = f"a block cannot stand within itself: {cycle}"
            self._compiler.report(named.mark, "Y28", text, place.path)
            return None
        if key not in self._done:
            self._open.append(key)
            self._done[key] = self._compile(*key)
            self._open.pop()
        return self._done[key]

    def _compile(self, name: str, own: bool) -> Block | None:
        if own:
            node, mark = self._own[name]
            outer = self._outer
        else:
            text = self._compiler.language.blocks[name]
            try:
                node = compose(text, f"block {name}")
            except SpaceError as error:
                self._compiler.problems += error.problems
                return None
            mark, outer = node.mark, Scope({}, shipped=True)
        place = Place(f"blocks.{name}", outer.at_layer())
        if not isinstance(node, Table) or "layers" not in node.entries:
            text = f"expected a mapping of {', '.join(BLOCK_KEYS)}, got {shown(node)}"
            self._compiler.report(node.mark, "Y08", text, place.path)
            return None
        self._compiler.check_keys(node, BLOCK_KEYS, place.path)
        given = self._parameters(node.entries.get("parameters"), place)
        inside = place.names
        for definition, _ in given:
            inside = inside.add(definition)
        body = self._compiler.layers(node.entries["layers"], place.within(inside))
        return Block(name, self._defaults(given, place), body, own, mark)

    def _parameters(self, node: Node | None, place: Place) -> list[Given]:
        """The parameters; the word `required` stands for no default."""
        if node is None or is_nothing(node):
            return []
        place = place.below("parameters")
        if not isinstance(node, Table):
            text = f"expected a mapping of names to defaults or `required`, got {shown(node)}"
            self._compiler.report(node.mark, "Y08", text, place.path)
            return []
        found: list[Given] = []
        for name, default in node.entries.items():
            mark = node.keys[name]
            fault = name_fault(name, "a parameter", place.names)
            if fault:
                self._compiler.report(mark, *fault, place.below(name).path)
                continue
            required = isinstance(default, Scalar) and default.value == "required"
            layers = True if self._compiler.looks_like_layers(default) else None
            definition = Definition(name, "parameter", mark, layers=layers)
            found.append((definition, None if required else default))
        return found

    def _defaults(self, given: list[Given], place: Place) -> tuple[Parameter, ...]:
        """Compile the defaults, each in the scope of the parameters before it.

        The body comes first: how it uses a parameter tells what its default must be.
        """
        place = place.below("parameters")
        parameters = []
        for definition, default in given:
            at = place.below(definition.name)
            term: Term | None = None
            if default is not None and definition.layers:
                term = self._compiler.layers_or_one(default, at)
            elif default is not None:
                term = self._compiler.value(default, at, None)
                self._compiler.check_uses(term, at.path, definition.uses)
            name, mark, uses = definition.name, definition.mark, tuple(definition.uses)
            parameters.append(Parameter(name, term, bool(definition.layers), uses, mark))
            place = place.within(place.names.add(definition))
        return tuple(parameters)
