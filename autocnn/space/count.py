"""Counts the fillings of a space without listing them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.space.expression import ExpressionError, evaluate
from autocnn.space.term import (
    BlockUse,
    Computed,
    Constant,
    Pick,
    Range,
    Repeat,
    Splice,
    Term,
    inner_terms,
)

if TYPE_CHECKING:
    from autocnn.space.space import Space

Names = Mapping[str, Any]


def count(space: Space) -> int | None:
    """The exact number of fillings, or None where a hole is a float."""
    return None if any(hole.kind == "float" for hole in space.holes) else discrete(space)


def discrete(space: Space) -> int:
    """The number of fillings as if every float had one value only."""
    program = space.program
    others = [*program.defaults.values()]
    others += [term for options in program.kinds.values() for term in options.values()]
    others += [program.architecture, program.training]
    counter = _Counter(program.define, others)
    return counter.bound(program.define, [{}], lambda names: counter.product(others, names))


class _Counter:
    """Counts by products and sums.

    A term is counted under all the names it meets at once: in a tied repeat one filling serves
    every index. Names that decide how often something is repeated are followed value by value.
    """

    def __init__(self, define: Sequence[tuple[str, Term]], others: Sequence[Term]):
        self._defined = [name for name, _ in define]
        self._deciding = _deciding_names(define, others)

    def bound(self, items: Sequence[tuple[str, Term]], names: Sequence[Names], then: Any) -> int:
        """The fillings of `items`, each bound to its name, and of what `then` counts after."""
        return self._bound([(name, term, None) for name, term in items], names, names, then)

    def _bound(
        self,
        items: Sequence[tuple[str, Term, Sequence[Names] | None]],
        names: Sequence[Names],
        inside: Sequence[Names],
        then: Any,
    ) -> int:
        if not items:
            return int(then(inside))
        (name, term, outer), rest = items[0], items[1:]
        seen = inside if outer is None else outer
        if name not in self._deciding:
            return self.fillings(term, seen) * self._bound(rest, names, inside, then)
        total = 0
        for values, ways in self._outcomes(term, seen):
            more = [{**known, name: value} for known, value in zip(inside, values, strict=True)]
            total += ways * self._bound(rest, names, more, then)
        return total

    def product(self, terms: Sequence[Term], names: Sequence[Names]) -> int:
        """The fillings of terms that do not depend on each other."""
        return math.prod(self.fillings(term, names) for term in terms)

    def fillings(self, term: Term, names: Sequence[Names]) -> int:
        """The fillings of a term that stands under each of `names`."""
        if not names:
            return 1
        match term:
            case Pick():
                return sum(self.fillings(inner, names) for inner in term.alternatives)
            case Range(kind="float"):
                return 1
            case Range():
                return int((term.high - term.low) // term.step) + 1
            case Repeat():
                return sum(
                    ways * self._repeated(term, [int(value or 0) for value in values], names)
                    for values, ways in self._outcomes(term.times, names)
                )
            case BlockUse():
                return self._block(term, names)
            case Constant() | Computed() | Splice():
                return 1
        return self.product(list(inner_terms(term)), names)

    def _repeated(self, term: Repeat, times: Sequence[int], names: Sequence[Names]) -> int:
        def at(index: int) -> list[Names]:
            inside = [known for known, most in zip(names, times, strict=True) if index < most]
            return inside if term.index is None else [{**k, term.index: index} for k in inside]

        rounds = [at(index) for index in range(max(times))]
        if term.tie:
            return self.fillings(term.each, [known for inside in rounds for known in inside])
        return math.prod(self.fillings(term.each, inside) for inside in rounds)

    def _block(self, use: BlockUse, names: Sequence[Names]) -> int:
        seen = self._defined if use.block.outer else []
        inside = [{name: known[name] for name in seen if name in known} for known in names]
        items: list[tuple[str, Term, Sequence[Names] | None]] = []
        for parameter in use.block.parameters:
            if parameter.name in use.arguments:
                items.append((parameter.name, use.arguments[parameter.name], names))
            elif parameter.default is not None:
                items.append((parameter.name, parameter.default, None))
        body = use.block.body
        return self._bound(items, names, inside, lambda bound: self.fillings(body, bound))

    def _outcomes(self, term: Term, names: Sequence[Names]) -> Iterator[tuple[list[Any], int]]:
        """Each value of a term under each of `names`, and in how many ways it comes about."""
        match term:
            case Constant():
                yield [term.value] * len(names), 1
            case Computed():
                yield [_value(term, known) for known in names], 1
            case Range():
                for value in range(int(term.low), int(term.high) + 1, term.step):
                    yield [value] * len(names), 1
            case Pick():
                for inner in term.alternatives:
                    yield from self._outcomes(inner, names)
            case _:
                yield [None] * len(names), self.fillings(term, names)


def _value(term: Computed, names: Names) -> Any:
    """None where only the shape at a layer gives a value: that decides on no repetition."""
    try:
        return evaluate(term.expression, names)
    except ExpressionError:
        return None


def _deciding_names(define: Sequence[tuple[str, Term]], others: Sequence[Term]) -> frozenset[str]:
    """The names that some `times` depends on, directly or through other names."""
    found: set[str] = set()
    roots = [*(term for _, term in define), *others]
    before = -1
    while before < len(found):
        before = len(found)
        for name, term in define:
            if name in found:
                found |= _used(term)
        for root in roots:
            _gather(root, found, set())
    return frozenset(found)


def _gather(term: Term, found: set[str], blocks: set[int]) -> None:
    if isinstance(term, Repeat) and _has_holes(term.each, set()):
        found |= _used(term.times)
    if isinstance(term, BlockUse):
        for parameter in term.block.parameters:
            given = term.arguments.get(parameter.name, parameter.default)
            if given is not None and parameter.name in found:
                found |= _used(given)
        if id(term.block) not in blocks:
            blocks.add(id(term.block))
            _gather(term.block.body, found, blocks)
    for inner in inner_terms(term):
        _gather(inner, found, blocks)


def _has_holes(term: Term, blocks: set[int]) -> bool:
    """Whether there is anything to fill in a term and the blocks that it uses."""
    if isinstance(term, Pick | Range):
        return True
    if isinstance(term, BlockUse) and id(term.block) not in blocks:
        blocks.add(id(term.block))
        if _has_holes(term.block.body, blocks):
            return True
    return any(_has_holes(inner, blocks) for inner in inner_terms(term))


def _used(term: Term) -> set[str]:
    if isinstance(term, Computed):
        return set(term.expression.names)
    return set().union(*map(_used, inner_terms(term)))
