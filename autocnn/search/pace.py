"""What scores of fast and slow networks are worth beside each other where time is short."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autocnn.search.finals_time import MOST, cores
from autocnn.search.objectives import Objectives
from autocnn.search.settings import SearchOptions
from autocnn.search.trial import Trial

SLOW_STEPS = 500
"""A training of so many steps is taken to end with twice the error of a long one.

Roughly, from two trainings of each network, whose recipes differed a little: 640 and 645 for two
on CIFAR-10, 227 for one on Fashion-MNIST.
"""


@dataclass(frozen=True)
class Pace:
    """Makes scores at equal numbers of images fair to networks that see more of them in time.

    A training in the finals may take `seconds`; `at_once` of them run, and up to `sharing` workers
    train one. Where a network cannot do all its steps by then, its error, the distance of a score
    to the `best` possible one, counts as so much more as it would end with: by
    1 + (SLOW_STEPS / steps)**2. How much that is follows from its first stretch alone, so that its
    own scores compare as ever.
    """

    seconds: float
    sharing: int
    best: float
    at_once: int = 1

    @classmethod
    def of(
        cls,
        seconds: float,
        options: SearchOptions,
        workers: int,
        objectives: Objectives,
        sharing: int,
    ) -> Pace:
        """That of a study's finals; `seconds` is all its time, infinity if there is no limit.

        Scores stay as they are where there are several, or where the stopping rule looks at how
        high they are and not only at which is higher.
        """
        best = 1.0 if objectives.direction == "maximize" else 0.0
        if objectives.several or options.stopping.curves:
            return cls(math.inf, sharing, best)
        finals = options.finals
        share = MOST if finals.share == "auto" else finals.share
        count = 1 if finals.candidates == "auto" else finals.candidates
        rounds, at_once = math.ceil(count / workers), min(count, workers)
        return cls(seconds * share / rounds, sharing, best, at_once)

    def worth(self, trial: Trial, score: float) -> float:
        """What a score is compared by."""
        factor = self._factor(trial)
        return score if factor == 1 else self.best - (self.best - score) * factor

    def score(self, trial: Trial, worth: float) -> float:
        """The score that is worth so much."""
        factor = self._factor(trial)
        return worth if factor == 1 else self.best - (self.best - worth) / factor

    def _factor(self, trial: Trial) -> float:
        """How much more its error counts; 1 as long as its speed is not known."""
        if self.seconds == math.inf or not trial.pace:
            return 1.0
        recipe, full = trial.recipe, trial.full_images
        speed = cores(trial, self.sharing, self.at_once) * trial.pace / recipe.mean_pixels
        seen = min(full, self.seconds * speed)
        slow = SLOW_STEPS * recipe.batch_size
        return (1 + (slow / seen) ** 2) / (1 + (slow / full) ** 2)
