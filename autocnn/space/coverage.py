"""Which alternatives of a space's holes are part of a network, and which holes change none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autocnn.space.candidate import Candidate
from autocnn.space.fill import Filled, fill
from autocnn.space.hole import Hole
from autocnn.space.infeasible import Infeasible
from autocnn.space.sample import draw
from autocnn.space.scalars import Value

if TYPE_CHECKING:
    from autocnn.space.space import Space

TRIES = 24
"""Fillings that are tried for an alternative before it counts as impossible."""

BASES = 3
"""Networks in which a hole is changed before it counts as changing nothing."""

Made = Candidate | Infeasible
Build = Callable[[Filled], Made]
Looked = Sequence[tuple[Filled, Made]]
"""Fillings and what they came to."""


@dataclass(frozen=True)
class Uncovered:
    """A value of a hole that was in no network; `reason` is None if its hole was never open."""

    hole: str
    value: Value
    reason: Infeasible | None

    def __str__(self) -> str:
        why = "its hole was never open" if self.reason is None else str(self.reason.problem)
        return f"{self.hole}: no network was found with {self.value!r}: {why}"


def uncovered(space: Space, looked: Looked, build: Build, seed: int = 0) -> tuple[Uncovered, ...]:
    """The alternatives, and the ends of ranges, that are part of none of the networks tried.

    Those that are not in `looked` are looked for: choices that lead to the hole are made for it,
    the others at random.
    """
    source = random.Random(seed)
    covered = set[tuple[str, str]]()
    for filled, made in looked:
        if isinstance(made, Candidate):
            covered |= _pairs(filled)
    found: list[Uncovered] = []
    for hole in space.holes:
        for value in _ends(hole):
            if (hole.name, repr(value)) in covered:
                continue
            reason: Infeasible | None = None
            for filled in _tries(space, hole, value, source):
                made = build(filled)
                if isinstance(made, Candidate):
                    covered |= _pairs(filled)
                    break
                reason = made
            if (hole.name, repr(value)) not in covered:
                found.append(Uncovered(hole.name, value, reason))
    return tuple(found)


def idle(space: Space, looked: Looked, build: Build, seed: int = 0) -> tuple[str, ...]:
    """The names of the holes whose values make no difference to any of the networks tried."""
    source = random.Random(seed)
    networks = [(filled, made) for filled, made in looked if isinstance(made, Candidate)]
    return tuple(
        hole.name
        for hole in space.holes
        if (bases := [entry for entry in networks if hole.name in entry[0].values][:BASES])
        and not any(_differs(hole, *base, build, source) for base in bases)
    )


def _differs(
    hole: Hole, base: Filled, network: Candidate, build: Build, source: random.Random
) -> bool:
    """Whether some other value of the hole, all else equal, makes another network or none."""
    for value in (*_ends(hole), draw(hole, source)):
        if repr(value) == repr(base.values[hole.name]):
            continue
        made = build(_changed(base, hole, value, source))
        if isinstance(made, Infeasible) or made.digest != network.digest:
            return True
    return False


def _changed(base: Filled, hole: Hole, value: Value, source: random.Random) -> Filled:
    def ask(asked: Hole) -> Any:
        if asked.name == hole.name:
            return value
        return base.values[asked.name] if asked.name in base.values else draw(asked, source)

    return fill(base.space, ask)


def _pairs(filled: Filled) -> set[tuple[str, str]]:
    return {(name, repr(value)) for name, value in filled.values.items()}


def _ends(hole: Hole) -> tuple[Value, ...]:
    """Every alternative of a choice; the two ends of a range."""
    if hole.kind == "choice":
        return hole.choices
    if hole.kind == "float":
        return (float(hole.low), float(hole.high))
    last = int(hole.low) + int(hole.high - hole.low) // hole.step * hole.step
    return (int(hole.low), last)


def _tries(space: Space, hole: Hole, value: Value, source: random.Random) -> Iterator[Filled]:
    """Fillings in which the hole is open and has this value, as far as that can be arranged."""
    for attempt in range(TRIES):

        def ask(asked: Hole, attempt: int = attempt) -> Any:
            if asked.name == hole.name:
                return value
            leading = _leading(asked, hole.name)
            if leading is not None and (attempt < TRIES // 2 or not asked.name.endswith("times")):
                return leading
            return draw(asked, source)

        filled = fill(space, ask)
        if hole.name in filled.values:
            yield filled


def _leading(asked: Hole, name: str) -> Value | None:
    """The value of a hole above another one that opens that one, as far as names tell."""
    if name.startswith(f"{asked.name}."):
        part = name[len(asked.name) + 1 :].partition(".")[0]
        places = (str(choice) for choice in asked.choices)
        for index, choice in enumerate(places):
            if part in (choice, f"a{index}"):
                return asked.choices[index]
    above, _, last = asked.name.rpartition(".")
    if last == "times" and name.startswith(f"{above}."):
        return _largest(asked.choices) if asked.kind == "choice" else _ends(asked)[-1]
    return None


def _largest(choices: Iterable[Value]) -> Value | None:
    numbers = [choice for choice in choices if isinstance(choice, (int, float))]
    return max(numbers, default=None)
