"""Finds out whether a space holds networks at all, and how large they are, without training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocnn.errors import Problem
from autocnn.space.candidate import Architecture
from autocnn.space.count import count
from autocnn.space.elaborate import elaborate
from autocnn.space.fill import Filled
from autocnn.space.infeasible import Infeasible
from autocnn.space.layer import Counts
from autocnn.space.sample import fillings, sample
from autocnn.space.space import Space

MOST_IMPOSSIBLE = 0.3
"""The share of impossible fillings above which a space deserves a warning."""


@dataclass(frozen=True)
class Check:
    """What looking at fillings of a space told.

    `fillings` is their number, None if floats make it infinite; `looked_at` of them were
    elaborated, all there are if `complete`. `params` and `macs` are (smallest, largest) over
    the feasible ones. `impossible` is the commonest reason of the others, found for `example`.
    """

    holes: int
    fillings: int | None
    looked_at: int
    complete: bool
    feasible: int
    params: tuple[int, int] | None
    macs: tuple[int, int] | None
    impossible: Infeasible | None
    example: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of feasible fillings, in [0, 1]."""
        return self.feasible / self.looked_at

    @property
    def problem(self) -> Problem | None:
        """Set if no filling is a network (Y26)."""
        if self.feasible or self.impossible is None:
            return None
        tried = "fillings" if self.complete else "random fillings"
        reason = self.impossible
        text = f"no valid architecture in {self.looked_at} {tried}; most often: {reason.text}"
        return Problem("Y26", text, reason.path, reason.file, reason.line, reason.column)


def check(
    space: Space,
    shape: Sequence[int],
    classes: int,
    *,
    cost: Callable[[Architecture], Counts],
    samples: int = 200,
    seed: int = 0,
) -> Check:
    """Elaborate `samples` random fillings, or every one where there are no more than that."""
    number = count(space)
    complete = number is not None and number <= samples
    filled = fillings(space) if complete else _samples(space, samples, seed)
    counts: list[Counts] = []
    reasons: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], tuple[Infeasible, Filled]] = {}
    for filling in filled:
        made = elaborate(filling, shape, classes)
        if isinstance(made, Infeasible):
            reason = made.rule, made.path
            reasons[reason] += 1
            examples.setdefault(reason, (made, filling))
        else:
            counts.append(cost(made.architecture))
    common = reasons.most_common(1)
    impossible, example = examples[common[0][0]] if common else (None, None)
    looked_at = len(counts) + reasons.total()
    notes = list(space.notes)
    if counts and reasons.total() > MOST_IMPOSSIBLE * looked_at:
        notes.append(f"{reasons.total()} of {looked_at} fillings are impossible [Y27]")
    return Check(
        holes=len(space.holes),
        fillings=number,
        looked_at=looked_at,
        complete=complete,
        feasible=len(counts),
        params=_range(item.params for item in counts),
        macs=_range(item.macs for item in counts),
        impossible=impossible,
        example={} if example is None else example.values,
        notes=tuple(notes),
    )


def _samples(space: Space, samples: int, seed: int) -> Iterable[Filled]:
    return (sample(space, seed * samples + index) for index in range(samples))


def _range(values: Iterable[int]) -> tuple[int, int] | None:
    found = list(values)
    return (min(found), max(found)) if found else None
