"""Lists every hole of a space, under all choices at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from autocnn.errors import Problem
from autocnn.space.document import Mark, shown_value
from autocnn.space.expression import ExpressionError, evaluate
from autocnn.space.hole import Hole
from autocnn.space.layer_compiler import MOST_TIMES
from autocnn.space.term import (
    BlockUse,
    Computed,
    Constant,
    LayerUse,
    Pick,
    Program,
    Range,
    Repeat,
    Term,
    join,
)
from autocnn.space.walk import LAYERS, UNKNOWN, Names, Walk

MOST_COMBINATIONS = 4_096
MOST_LAYERS = 2_000
Possible = tuple[Any, ...]
"""The values that a term may have."""


class Survey(Walk):
    """A walk in which a known value is the tuple of its possible values."""

    def __init__(self, program: Program):
        super().__init__(program)
        self.holes: dict[str, Hole] = {}
        self.problems: dict[tuple[str, Mark], Problem] = {}
        self._conditional = False
        self._layers = 0
        self._weight = 1
        self._site: list[BlockUse] = []

    def visit(self, term: Term, path: str, names: Names) -> Any:
        if isinstance(term, LayerUse):
            self._layers += self._weight
        if isinstance(term, BlockUse):
            self._site.append(term)
        known = super().visit(term, path, names) if self._layers <= MOST_LAYERS else LAYERS
        if isinstance(term, BlockUse):
            self._site.pop()
        return known

    def constant(self, term: Constant) -> Possible:
        return (term.value,)

    def computed(self, term: Computed, path: str, names: Names) -> Any:
        used = sorted(term.expression.names)
        sets = [names.get(name, UNKNOWN) for name in used]
        if not all(isinstance(values, tuple) for values in sets):
            return UNKNOWN
        if math.prod(map(len, sets)) > MOST_COMBINATIONS:
            return UNKNOWN
        found: dict[Any, None] = {}
        for values in itertools.product(*sets):
            try:
                found[evaluate(term.expression, dict(zip(used, values, strict=True)))] = None
            except ExpressionError:
                continue
        return tuple(found)

    def pick(self, term: Pick, path: str, names: Names) -> Any:
        single = len(term.alternatives) == 1
        if not single:
            self._add(Hole(path, "choice", term.choices), term.mark)
        before, self._conditional = self._conditional, self._conditional or not single
        known = [
            self.visit(alternative, join(path, part), names)
            for part, alternative in zip(term.parts, term.alternatives, strict=True)
        ]
        self._conditional = before
        if any(value is LAYERS for value in known):
            return LAYERS
        if any(value is UNKNOWN for value in known):
            return UNKNOWN
        return tuple(dict.fromkeys(itertools.chain.from_iterable(known)))

    def range(self, term: Range, path: str) -> Any:
        if term.low == term.high:
            return (term.low,)
        self._add(Hole(path, term.kind, (), term.low, term.high, term.step, term.log), term.mark)
        if term.kind == "float" or (term.high - term.low) // term.step >= MOST_COMBINATIONS:
            return UNKNOWN
        return tuple(range(int(term.low), int(term.high) + 1, term.step))

    def rounds(self, term: Repeat, times: Any, path: str) -> Iterator[tuple[str, Any]]:
        numbers = self._numbers(term, times, join(path, "times"))
        most, least = max(numbers, default=0), min(numbers, default=0)
        before = self._conditional, self._weight
        if term.tie:
            if most:
                self._conditional = before[0] or least == 0
                self._weight = before[1] * most
                yield "", tuple(range(most))
        else:
            for index in range(most):
                self._conditional = before[0] or index >= least
                yield f"r{index}", (index,)
        self._conditional, self._weight = before
        if self._layers > MOST_LAYERS and not self.problems:
            text = f"the repeats make more than {MOST_LAYERS:,} layers"
            self._report(term.mark, "Y31", text, path)

    def _numbers(self, term: Repeat, times: Any, path: str) -> list[int]:
        """The numbers of repetitions that are possible; reports what is no such number."""
        if not isinstance(times, tuple):
            text = "'times' may depend on holes, constants and indices, not on shapes or classes"
            self._report(term.times.mark, "Y28", text, path)
            return []
        for value in times:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or value != int(value) or not 0 <= value <= MOST_TIMES:
                text = f"expected a whole number from 0 to {MOST_TIMES}, got {shown_value(value)}"
                self._report(term.times.mark, "Y23", text, path)
                return []
        return [int(value) for value in times]

    def _add(self, hole: Hole, mark: Mark) -> None:
        mark, _ = self._place(mark)
        self.holes.setdefault(
            hole.name,
            Hole(
                hole.name, hole.kind, hole.choices, hole.low, hole.high, hole.step, hole.log,
                self._conditional, mark.file, mark.line, mark.column,
            ),
        )  # fmt: skip

    def _place(self, mark: Mark) -> tuple[Mark, str]:
        """The place of the user's use of the outermost block, and the block's own line."""
        if not self._site:
            return mark, ""
        return self._site[0].mark, f" (in block {self._site[-1].block.name!r}, {mark})"

    def _report(self, mark: Mark, rule: str, text: str, path: str) -> None:
        place, where = self._place(mark)
        self.problems.setdefault((rule, mark), place.problem(rule, text + where, path))
