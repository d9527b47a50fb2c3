"""What a stopping rule is: a ladder of rungs and decisions about those who wait on it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from autocnn.registry import Options, Registry

STOPPING: Registry[StoppingRule] = Registry("stopping rule")


@dataclass(frozen=True)
class Rung:
    """The results at one amount of progress.

    `level` counts images, `values` maps trial numbers to scores of any scale, higher being
    better; `settled` are those that went on from here already or have ended. `order` is what
    `ranked` returns, where it is known already.
    """

    level: int
    values: Mapping[int, float]
    settled: frozenset[int]
    order: Sequence[int] = field(default=(), compare=False, repr=False)

    def ranked(self) -> Sequence[int]:
        """Trial numbers from the best score down, the earlier trial first among equals.

        Those whose score is no number are left out.
        """
        return self.order or self._sorted

    @cached_property
    def _sorted(self) -> Sequence[int]:
        known = [number for number, value in self.values.items() if not math.isnan(value)]
        return sorted(known, key=lambda number: (-self.values[number], number))

    def among(self, numbers: Collection[int]) -> Rung:
        """The same with these trials only."""
        kept = {number: self.values[number] for number in self.values if number in numbers}
        order = [number for number in self.ranked() if number in numbers]
        return Rung(self.level, kept, self.settled, order)

    @cached_property
    def waiting(self) -> Sequence[int]:
        """Trials that stand here until something is decided about them, by number."""
        return sorted(self.values.keys() - self.settled)


@dataclass(frozen=True)
class Standing:
    """All that a rule may look at.

    `rungs` are those with results, lowest first; `ladders` has the levels of every trial that
    began, `running` the trials on their way to their next level. `more` says whether new trials
    can still come. In `memo` rules keep under their name what they have worked out from scores,
    which stay as they are while others come; without it they decide alike.
    """

    rungs: Sequence[Rung]
    ladders: Mapping[int, Sequence[int]]
    running: frozenset[int] = frozenset()
    more: bool = True
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def curve(self, number: int, level: int) -> list[tuple[int, float]]:
        """The levels that a trial reached up to this one, with its scores."""
        reached = (rung for rung in self.rungs if rung.level <= level)
        return [(rung.level, rung.values[number]) for rung in reached if number in rung.values]

    @property
    def waiting(self) -> frozenset[int]:
        """All trials that wait at a rung."""
        return frozenset(number for rung in self.rungs for number in rung.waiting)


@dataclass(frozen=True)
class Decision:
    """A trial goes on or ends, by the score it needed among how many rivals, if it needed one."""

    action: Literal["promote", "stop"]
    number: int
    level: int
    threshold: float | None
    rivals: int


class StoppingRule(Options, ABC):
    """Decides from the history alone, so that a resumed search decides alike.

    Trials wait at every rung. Rules that stop running trials let them go on at once or end them;
    others leave them waiting until they deserve it. `curves` says that a rule compares scores of
    one trial at different rungs, which ranks among rivals are not fit for.
    """

    curves: ClassVar[bool] = False

    @abstractmethod
    def epochs(self, horizon: float) -> tuple[float, ...]:
        """The rungs in epochs, ascending; the last one is `horizon`."""

    @abstractmethod
    def decide(self, standing: Standing) -> Decision | None:
        """What to do with one that waits before a new trial is started, or None."""

    @abstractmethod
    def may_promote(self, standing: Standing) -> frozenset[int]:
        """Waiting trials whose checkpoint is worth its disk space."""
