"""The names that an expression may use where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from autocnn.space.document import Mark, Node
from autocnn.space.expression import CONSTANTS, FUNCTIONS
from autocnn.space.term import Term, Use
from autocnn.space.wording import unknown

NAME = re.compile(r"[a-z][a-z0-9_]*")
SHAPE_NAMES = ("in_channels", "in_height", "in_width")
STRUCTURE = ("choice", "int", "float", "repeat")
RESERVED = frozenset(
    (*SHAPE_NAMES, "classes", *STRUCTURE, *FUNCTIONS, *CONSTANTS, "and", "or", "not", "if", "else")
)


@dataclass(eq=False)
class Definition:
    """A name and what is known of it while the space is compiled.

    A `define` is compiled on its first use, as layers or as a value, whichever that use needs.
    `uses` are the options that the name stands in alone: what it holds must fit them.
    """

    name: str
    kind: str
    mark: Mark
    node: Node | None = None
    scope: Scope | None = None
    term: Term | None = None
    layers: bool | None = None
    uses: list[Use] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Scope:
    """Names by kind; `shape` tells whether the shape at a layer is known, too.

    A `shipped` scope is that of a shipped block, which sees nothing of the document.
    """

    names: Mapping[str, Definition]
    shape: bool = False
    shipped: bool = False

    def __contains__(self, name: object) -> bool:
        return name in self.names or name == "classes" or (self.shape and name in SHAPE_NAMES)

    def __iter__(self) -> Iterator[str]:
        yield from self.names
        yield "classes"
        if self.shape:
            yield from SHAPE_NAMES

    def add(self, definition: Definition) -> Scope:
        """This scope and one more name."""
        return replace(self, names={**self.names, definition.name: definition})

    def unknown(self, name: str) -> str:
        """The words for a name that is not in scope."""
        if name in SHAPE_NAMES:
            return (
                f"{name!r} is known in a layer's options only: which layers there are, and what "
                "is defined, follows from holes and constants; give a block a parameter for it"
            )
        return unknown("name", name, self)

    def at_layer(self, shape: bool = True) -> Scope:
        """This scope with or without the shape names."""
        return self if self.shape == shape else replace(self, shape=shape)


def name_fault(name: str, what: str, scope: Scope) -> tuple[str, str] | None:
    """The rule that a new name breaks in this scope and the words for it, or None."""
    if not NAME.fullmatch(name):
        return "Y29", f"expected {what} of small letters, digits and _, got {name!r}"
    if name in RESERVED:
        return "Y29", f"{name!r} is a word of the language; {what} needs another name"
    if name in scope.names:
        first = scope.names[name]
        return "Y29", f"{name!r} is already a {first.kind} here, at {first.mark}"
    return None
