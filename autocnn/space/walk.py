"""The one order in which the holes of a space are visited, and how they are named."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from autocnn.space.term import (
    BlockUse,
    Closure,
    Computed,
    Constant,
    Edge,
    Edges,
    Entries,
    GraphNode,
    GraphNodes,
    Layers,
    LayerUse,
    Paths,
    Pick,
    Program,
    Range,
    Repeat,
    Splice,
    Term,
    Values,
    join,
)

UNKNOWN = object()
"""What a name holds that only the data or the shape at a layer will tell."""

LAYERS = object()
"""What `visit` returns for layers."""

Names = Mapping[str, Any]


class Walk(ABC):
    """Visits the terms of a program in the order of the text, blocks where they are used.

    `visit` returns what is known of a term's value without data and shapes. What becomes of
    holes, expressions and repeats is up to the two subclasses: all possibilities (`Survey`) or
    one filling (`fill`).
    """

    def __init__(self, program: Program):
        self.program = program
        self.outer: dict[str, Any] = {}

    def run(self) -> None:
        """Visit everything once."""
        for name, term in self.program.define:
            self.outer[name] = self.bind(term, f"define.{name}", dict(self.outer))
        for name, term in self.program.defaults.items():
            self.visit(term, f"defaults.{name}", self.outer)
        for kind, options in self.program.kinds.items():
            for name, term in options.items():
                self.visit(term, f"defaults.{kind}.{name}", self.outer)
        self.visit(self.program.architecture, "architecture", self.outer)
        self.visit(self.program.training, "training", self.outer)

    def bind(self, term: Term, path: str, names: Names) -> Any:
        """Visit what a name stands for and return what the name holds."""
        known = self.visit(term, path, names)
        return Closure(term, path, names) if known is LAYERS else known

    def visit(self, term: Term, path: str, names: Names) -> Any:
        """Visit a term; returns its value if known, LAYERS for layers, else UNKNOWN."""
        match term:
            case Constant():
                return self.constant(term)
            case Computed():
                return self.computed(term, path, names)
            case Pick():
                return self.pick(term, path, names)
            case Range():
                return self.range(term, path)
            case Values():
                for index, item in enumerate(term.items):
                    self.visit(item, join(path, str(index)), names)
                return UNKNOWN
            case Entries():
                for _, part, item in term.entries:
                    self.visit(item, join(path, part), names)
                return UNKNOWN
            case Layers() | Edges() | GraphNodes():
                for part, item in term.items:
                    self.visit(item, join(path, part), names)
            case Paths():
                for index, item in enumerate(term.items):
                    self.visit(item, join(path, str(index)), names)
            case Edge():
                self.visit(term.source, path, names)
                self.visit(term.layers, join(path, term.part), names)
            case GraphNode():
                self.visit(term.edges, join(path, "from"), names)
                if term.merge is not None:
                    self.visit(term.merge, join(path, "merge"), names)
                self.visit(term.layers, path, names)
            case LayerUse():
                below = join(path, term.part)
                for _, part, item in term.options:
                    self.visit(item, join(below, part), names)
            case BlockUse():
                self._block(term, join(path, term.part), names)
            case Repeat():
                times = self.visit(term.times, join(path, "times"), names)
                for part, index in self.rounds(term, times, path):
                    inside = names if term.index is None else {**names, term.index: index}
                    self.visit(term.each, join(path, part), inside)
            case Splice():
                pass
        return LAYERS

    def _block(self, use: BlockUse, path: str, names: Names) -> None:
        inside = dict(self.outer) if use.block.outer else {}
        for parameter in use.block.parameters:
            at = join(path, parameter.name)
            if parameter.name in use.arguments:
                inside[parameter.name] = self.bind(use.arguments[parameter.name], at, names)
            elif parameter.default is not None:
                inside[parameter.name] = self.bind(parameter.default, at, dict(inside))
        self.visit(use.block.body, path, inside)

    @abstractmethod
    def constant(self, term: Constant) -> Any:
        """What is known of a constant."""

    @abstractmethod
    def computed(self, term: Computed, path: str, names: Names) -> Any:
        """What is known of an expression."""

    @abstractmethod
    def pick(self, term: Pick, path: str, names: Names) -> Any:
        """Visit alternatives; returns what is known of their value."""

    @abstractmethod
    def range(self, term: Range, path: str) -> Any:
        """What is known of a number that is a hole."""

    @abstractmethod
    def rounds(self, term: Repeat, times: Any, path: str) -> Iterable[tuple[str, Any]]:
        """What each repetition adds to the path, and its index."""
