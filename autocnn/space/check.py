"""Finds out whether a space holds networks at all, and how large they are, without training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocnn.errors import Problem
from autocnn.space.candidate import Architecture, Candidate
from autocnn.space.count import count, discrete
from autocnn.space.coverage import Looked, Uncovered, idle, uncovered
from autocnn.space.elaborate import elaborate
from autocnn.space.fill import Filled
from autocnn.space.infeasible import Infeasible
from autocnn.space.layer import Counts
from autocnn.space.sample import fillings, sample
from autocnn.space.space import Space

Measure = Callable[[Candidate], float]
NO_MEASURES: Mapping[str, Measure] = {}

MOST_IMPOSSIBLE = 0.3
"""The share of impossible fillings above which a space deserves a warning."""


@dataclass(frozen=True)
class Check:
    """What looking at fillings of a space told.

    `fillings` is their number, None if floats make it infinite; `discrete` counts them as if each
    of the `floats` holes had one value. `looked_at` of them were elaborated, all there are if
    `complete`. `params` and `macs` are (smallest, largest) over the feasible ones, `ranges` those
    of other measures. `impossible` is the commonest reason of the others, found for `example`.
    `uncovered` are alternatives that are in no network, `idle` the holes that change none.
    """

    holes: int
    fillings: int | None
    discrete: int
    floats: int
    looked_at: int
    complete: bool
    feasible: int
    params: tuple[int, int] | None
    macs: tuple[int, int] | None
    ranges: Mapping[str, tuple[float, float]]
    impossible: Infeasible | None
    example: Mapping[str, Any]
    uncovered: tuple[Uncovered, ...]
    idle: tuple[str, ...]
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
        if reason.shape is not None:
            text += f"; its input is {by(reason.shape)}"
        return Problem("Y26", text, reason.path, reason.file, reason.line, reason.column)


def by(shape: Sequence[int]) -> str:
    """`(8, 4, 4)` -> `8x4x4`."""
    return "x".join(map(str, shape))


def check(
    space: Space,
    shape: Sequence[int],
    classes: int,
    *,
    cost: Callable[[Architecture], Counts],
    measures: Mapping[str, Measure] = NO_MEASURES,
    samples: int = 200,
    seed: int = 0,
    fault: Callable[[Candidate], Infeasible | None] | None = None,
) -> Check:
    """Elaborate `samples` random fillings, or every one where there are no more than that.

    Then others, until every alternative of every hole was in a network or seems impossible.
    `fault` says what else keeps a candidate from being one.
    """
    number = count(space)
    complete = number is not None and number <= samples
    filled = fillings(space) if complete else _samples(space, samples, seed)

    def build(filling: Filled) -> Candidate | Infeasible:
        made = elaborate(filling, shape, classes)
        return (fault and isinstance(made, Candidate) and fault(made)) or made

    looked = [(filling, build(filling)) for filling in filled]
    networks = [made for _, made in looked if isinstance(made, Candidate)]
    counts = [cost(made.architecture) for made in networks]
    impossible, example = _commonest(looked)
    missing = uncovered(space, looked, build, seed) if networks else ()
    return Check(
        holes=len(space.holes),
        fillings=number,
        discrete=discrete(space),
        floats=sum(hole.kind == "float" for hole in space.holes),
        looked_at=len(looked),
        complete=complete,
        feasible=len(networks),
        params=_range(item.params for item in counts),
        macs=_range(item.macs for item in counts),
        ranges=_ranges(measures, networks),
        impossible=impossible,
        example={} if example is None else example.values,
        uncovered=missing,
        idle=idle(space, looked, build, seed),
        notes=(*space.notes, *_notes(len(networks), len(looked))),
    )


def _commonest(looked: Looked) -> tuple[Infeasible | None, Filled | None]:
    """The commonest reason why fillings are no networks, and the first filling it is true of."""
    reasons: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], tuple[Infeasible, Filled]] = {}
    for filling, made in looked:
        if isinstance(made, Infeasible):
            reason = made.rule, made.path
            reasons[reason] += 1
            examples.setdefault(reason, (made, filling))
    common = reasons.most_common(1)
    return examples[common[0][0]] if common else (None, None)


def _notes(feasible: int, looked_at: int) -> Iterable[str]:
    impossible = looked_at - feasible
    if feasible and impossible > MOST_IMPOSSIBLE * looked_at:
        yield f"{impossible} of {looked_at} fillings are impossible [Y27]"


def _samples(space: Space, samples: int, seed: int) -> Iterable[Filled]:
    return (sample(space, seed * samples + index) for index in range(samples))


def _range(values: Iterable[int]) -> tuple[int, int] | None:
    found = list(values)
    return (min(found), max(found)) if found else None


def _ranges(
    measures: Mapping[str, Measure], networks: Sequence[Candidate]
) -> dict[str, tuple[float, float]]:
    if not networks:
        return {}
    values = {name: [of(made) for made in networks] for name, of in measures.items()}
    return {name: (min(found), max(found)) for name, found in values.items()}
