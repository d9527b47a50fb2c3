"""What a stopping rule is: a ladder of rungs and a choice of who climbs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autocnn.registry import Options, Registry

STOPPING: Registry[StoppingRule] = Registry("stopping rule")


@dataclass(frozen=True)
class Rung:
    """The results at one amount of progress.

    `level` counts images, `values` maps trial numbers to scores, higher being better; `settled`
    are those that went on from here already or have ended.
    """

    level: int
    values: Mapping[int, float]
    settled: frozenset[int]

    def ranked(self) -> list[int]:
        """Trial numbers from the best score down, the earlier trial first among equals."""
        return sorted(self.values, key=lambda number: (-self.values[number], number))


@dataclass(frozen=True)
class Promotion:
    """A trial that goes on, with the score it needed among how many rivals."""

    number: int
    level: int
    threshold: float
    rivals: int


class StoppingRule(Options, ABC):
    """Decides from the history alone, so that a resumed search decides alike."""

    @abstractmethod
    def epochs(self, horizon: float) -> tuple[float, ...]:
        """The rungs in epochs, ascending; the last one is `horizon`."""

    @abstractmethod
    def promote(self, rungs: Sequence[Rung]) -> Promotion | None:
        """The trial to continue before a new one is started, or None."""

    @abstractmethod
    def may_promote(self, rung: Rung) -> frozenset[int]:
        """Trials of this rung whose checkpoint is worth its disk space."""
