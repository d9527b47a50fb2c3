"""Which holes are open under which choices, learned from fillings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CLOSED = object()
"""Stands for the value of a hole that is closed."""


MANY = 50
"""A `float` with more values than this decides about nothing: keeping them would fill memory."""


@dataclass
class _Link:
    """The values of one hole, or CLOSED, with which another one was open or closed."""

    opening: set[Any] = field(default_factory=set)
    closing: set[Any] = field(default_factory=set)

    def add(self, value: Any, is_open: bool) -> bool:
        """Take in one filling; whether the one hole still decides about the other."""
        mine, others = self.opening, self.closing
        if not is_open:
            mine, others = others, mine
        mine.add(value)
        return value not in others and CLOSED not in self.opening

    @property
    def values(self) -> int:
        """How many different values were met: a `float` has many, and decides about nothing."""
        return len(self.opening) + len(self.closing)

    def opens(self, value: Any) -> bool:
        """Whether a value opens the other hole; a number never met counts as the nearest one."""
        if value in self.opening:
            return True
        if value in self.closing or value is CLOSED:
            return False
        if not _is_number(value):
            return False
        known = filter(_is_number, self.opening | (self.closing - {CLOSED}))
        near = min(known, key=lambda other: abs(other - value), default=CLOSED)
        return near in self.opening


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Conditions:
    """Learns from whole fillings which hole decides whether another one is open.

    A hole that was closed at least once depends on the hole before it that tells the fillings
    apart by the fewest values, the latest of them. An ask may follow this knowledge where it is
    still wrong: what an objective then asks for besides is drawn at random, what it does not ask
    for is left out.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        """Every hole that was open so far, in the order in which they are asked for."""
        self._fillings: list[Mapping[str, Any]] = []
        self._links: dict[str, dict[str, _Link]] = {}
        self._parents: dict[str, str | None] = {}
        self._order: list[tuple[str, str, _Link | None]] = []
        self._deciding: set[str] = set()

    def add(self, filling: Mapping[str, Any]) -> None:
        """Learn from the next filling."""
        if any(name not in self.names for name in filling):
            self._place(list(filling))
        self._fillings.append(filling)
        self._parents.clear()
        self._order = []
        for name in self.names:
            if name in self._links:
                self._follow(name, filling)
            elif name not in filling or name not in self._fillings[0]:
                before = list(self.names)[: list(self.names).index(name)]
                self._links[name] = {parent: _Link() for parent in before}
                for earlier in self._fillings:
                    self._follow(name, earlier)

    def parent(self, name: str) -> str | None:
        """The hole on which this one depends; None where it is always open, or none is known."""
        if name not in self._parents:
            links = self._links.get(name, {})
            self._parents[name] = min(
                reversed(links), key=lambda parent: links[parent].values, default=None
            )
        return self._parents[name]

    def opens(self, name: str, filling: Mapping[str, Any]) -> bool:
        """Whether a hole is open under the choices before it."""
        parent = self.parent(name)
        return parent is None or self._links[name][parent].opens(filling.get(parent, CLOSED))

    @property
    def deciding(self) -> set[str]:
        """The holes that decide whether others are open."""
        self._in_order()
        return self._deciding

    def filled(self, wanted: Mapping[str, Any], draw: Callable[[str], Any]) -> dict[str, Any]:
        """The filling with these values where holes are open; what is not given is drawn."""
        filling: dict[str, Any] = {}
        for name, parent, link in self._in_order():
            if link is None or link.opens(filling.get(parent, CLOSED)):
                filling[name] = wanted[name] if name in wanted else draw(name)
        return filling

    def _in_order(self) -> list[tuple[str, str, _Link | None]]:
        """Every hole as they are asked for, with the one it depends on or an empty name."""
        if not self._order:
            for name in self.names:
                parent = self.parent(name)
                link = None if parent is None else self._links[name][parent]
                self._order.append((name, parent or "", link))
            self._deciding = {parent for _, parent, _ in self._order if parent}
        return self._order

    def _follow(self, name: str, filling: Mapping[str, Any]) -> None:
        links = self._links[name]
        for parent in list(links):
            value = filling.get(parent, CLOSED)
            decides = links[parent].add(value, name in filling)
            many = isinstance(value, float) and links[parent].values > MANY and len(links) > 1
            if many or not decides:
                del links[parent]

    def _place(self, filled: list[str]) -> None:
        """Put new names where this filling has them: after the last one before that is known."""
        order = list(self.names)
        at = 0
        for name in filled:
            if name in self.names:
                at = max(at, order.index(name) + 1)
            else:
                order.insert(at, name)
                at += 1
        self.names = dict.fromkeys(order)


def enumerate_fillings(
    conditions: Conditions, values: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """Every filling that is known to be possible, once; `values` are those of each hole."""
    names = list(conditions.names)

    def below(index: int, filling: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while index < len(names) and not conditions.opens(names[index], filling):
            index += 1
        if index == len(names):
            yield dict(filling)
            return
        for value in values[names[index]]:
            yield from below(index + 1, {**filling, names[index]: value})

    return below(0, {})
