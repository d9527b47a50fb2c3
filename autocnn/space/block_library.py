"""The blocks that a document may use: its own and the shipped ones, each compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from autocnn.errors import SpaceError
from autocnn.space.composer import compose
from autocnn.space.document import Items, Mark, Node, Scalar, Table, shown
from autocnn.space.scope import Definition, Scope, name_fault
from autocnn.space.term import Block, Parameter, Term, join

if TYPE_CHECKING:
    from autocnn.space.layer_compiler import LayerCompiler

BLOCK_KEYS = ("parameters", "layers")
SHIPPED = "shipped"


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

    def knows(self, name: str, scope: Scope) -> bool:
        """Whether this scope has a block of that name."""
        return name in self.names(scope)

    def finish(self) -> None:
        """Compile the document's own blocks that nothing has used."""
        for name, (_, mark) in self._own.items():
            self.find(name, self._outer, mark, f"blocks.{name}")

    def find(self, name: str, scope: Scope, mark: Mark, path: str) -> Block | None:
        """The compiled block; reports a block within itself."""
        own = not scope.shipped and name in self._own
        key = (name, own)
        if key in self._open:
            cycle = " -> ".join([*(open_ for open_, _ in self._open), name])
            self._compiler.report(
                mark, "Y28", f"a block cannot stand within itself: {cycle}", path
            )
            return None
        if key not in self._done:
            self._open.append(key)
            self._done[key] = self._compile(name, own)
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
        path = f"blocks.{name}"
        if not isinstance(node, Table) or "layers" not in node.entries:
            text = f"expected a mapping of {', '.join(BLOCK_KEYS)}, got {shown(node)}"
            self._compiler.report(node.mark, "Y08", text, path)
            return None
        self._compiler.check_keys(node, dict.fromkeys(BLOCK_KEYS), path)
        given = self._parameters(node.entries.get("parameters"), path, outer)
        scope = outer.at_layer()
        for definition, _ in given:
            scope = scope.add(definition)
        body = self._compiler.layers(node.entries["layers"], path, scope)
        parameters = self._defaults(given, path, outer)
        return Block(name, parameters, body, own, mark)

    def _parameters(
        self, node: Node | None, path: str, outer: Scope
    ) -> list[tuple[Definition, Node | None]]:
        """Each parameter with its default, None where the default is the word `required`."""
        if node is None:
            return []
        path = join(path, "parameters")
        if isinstance(node, Items) or (isinstance(node, Scalar) and node.value is not None):
            text = f"expected a mapping of names to defaults or `required`, got {shown(node)}"
            self._compiler.report(node.mark, "Y08", text, path)
            return []
        found: list[tuple[Definition, Node | None]] = []
        entries: Mapping[str, Node] = node.entries if isinstance(node, Table) else {}
        for name, default in entries.items():
            assert isinstance(node, Table)
            mark = node.keys[name]
            fault = name_fault(name, "a parameter", outer)
            if fault:
                self._compiler.report(mark, *fault, join(path, name))
                continue
            required = isinstance(default, Scalar) and default.value == "required"
            found.append((Definition(name, "parameter", mark), None if required else default))
        return found

    def _defaults(
        self, given: list[tuple[Definition, Node | None]], path: str, outer: Scope
    ) -> tuple[Parameter, ...]:
        """Compile the defaults, each in the scope of the parameters before it.

        The body comes first: how it uses a parameter tells what its default must be.
        """
        scope = outer.at_layer()
        parameters = []
        for definition, default in given:
            at = join(path, f"parameters.{definition.name}")
            term: Term | None = None
            if default is not None and definition.layers:
                term = self._compiler.layers_or_one(default, at, scope)
            elif default is not None:
                term = self._compiler.value(default, at, scope, None)
                for form in definition.forms:
                    self._compiler.check_fits(term, at, form, definition.mark)
            parameters.append(
                Parameter(
                    definition.name,
                    term,
                    bool(definition.layers),
                    tuple(definition.forms),
                    definition.mark,
                )
            )
            scope = scope.add(definition)
        return tuple(parameters)
