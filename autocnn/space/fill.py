"""Fills the holes of a space: one value for each that the choices before it leave open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocnn.errors import Problem, SpaceError
from autocnn.space.document import shown_value
from autocnn.space.expression import ExpressionError, evaluate
from autocnn.space.hole import Hole
from autocnn.space.scalars import Value
from autocnn.space.term import Computed, Constant, Pick, Range, Repeat, join
from autocnn.space.walk import UNKNOWN, Names, Walk

if TYPE_CHECKING:
    from autocnn.space.space import Space

Ask = Callable[[Hole], Any]


@dataclass(frozen=True, eq=False)
class Filled:
    """A space and the value or label of every hole that is open in it, in walk order."""

    space: Space
    values: Mapping[str, Value]


def fill(space: Space, ask: Ask) -> Filled:
    """Ask for every hole that the choices before it leave open, always in the same order.

    `ask` returns a value of the hole's range or one of its choices; SpaceError otherwise.
    """
    walk = _Fill(space, ask)
    walk.run()
    return Filled(space, walk.values)


def fill_values(space: Space, values: Mapping[str, Any]) -> Filled:
    """Fill from a mapping of hole names to values; raises SpaceError for a hole without one."""

    def ask(hole: Hole) -> Any:
        if hole.name not in values:
            raise SpaceError(_problem(hole, "no value is given for this hole"))
        return values[hole.name]

    return fill(space, ask)


def _problem(hole: Hole, text: str) -> Problem:
    return Problem("Y08", text, hole.name, hole.file, hole.line, hole.column)


class _Fill(Walk):
    """A walk in which a known value is that of this one filling."""

    def __init__(self, space: Space, ask: Ask):
        super().__init__(space.program)
        self.values: dict[str, Any] = {}
        self._space = space
        self._ask = ask

    def constant(self, term: Constant) -> Any:
        return term.value

    def computed(self, term: Computed, path: str, names: Names) -> Any:
        used = term.expression.names
        if any(names.get(name, UNKNOWN) is UNKNOWN for name in used):
            return UNKNOWN
        try:
            return evaluate(term.expression, names)
        except ExpressionError:
            return UNKNOWN

    def pick(self, term: Pick, path: str, names: Names) -> Any:
        chosen = 0 if len(term.alternatives) == 1 else term.choices.index(self._filled(path))
        return self.visit(term.alternatives[chosen], join(path, term.parts[chosen]), names)

    def range(self, term: Range, path: str) -> Any:
        return term.low if term.low == term.high else self._filled(path)

    def rounds(self, term: Repeat, times: Any, path: str) -> Iterator[tuple[str, Any]]:
        for index in range(0 if times is UNKNOWN else int(times)):
            yield ("" if term.tie else f"r{index}"), index

    def _filled(self, name: str) -> Any:
        """The value of a hole; it is asked for once, however often a tied repeat comes by."""
        if name not in self.values:
            hole = self._space.hole(name)
            value = self._ask(hole)
            if not hole.accepts(value):
                if hole.kind == "choice":
                    allowed = "one of " + ", ".join(map(shown_value, hole.choices))
                else:
                    allowed = f"{hole.kind} in [{hole.low}, {hole.high}]"
                raise SpaceError(_problem(hole, f"expected {allowed}, got {shown_value(value)}"))
            # Under the hole's own name: thousands of fillings share it.
            self.values[hole.name] = float(value) if hole.kind == "float" else value
        return self.values[name]
