"""What the finals do with the time that is left: how many train, until when, how they predict."""

from __future__ import annotations

import math
import time

from autocnn.data import Dataset
from autocnn.search.coordinator import Coordinator
from autocnn.search.finals_time import ROUNDS, cores, reading_seconds
from autocnn.search.promise import promising
from autocnn.search.settings import FinalsOptions
from autocnn.search.trial import Trial

ENSEMBLE_SHARE = 0.02
"""Time is kept for measuring an ensemble where a second network takes this share of it at most."""


class FinalsPlan:
    """The finals of one study, planned by its trials' speeds.

    With `tta` networks predict as their recipes say, without it from the image alone.
    """

    def __init__(self, coordinator: Coordinator, dataset: Dataset, options: FinalsOptions):
        self._coordinator, self._dataset = coordinator, dataset
        self.options, self.tta = options, True

    def hurry(self) -> None:
        """Predict from the image alone if its versions would take most of the time left."""
        c = self._coordinator
        if 2 * self._reading() > c.clock.end - c.reserve - time.monotonic():
            self.tta = False

    def count(self) -> int:
        """How many finalists there are.

        In a cross-validation none: trials are compared as they are. Unless the options say it, one
        per worker; under a time budget so many as full trainings fit into it, less one for the
        refit: where that is one, all workers train it, unless its steps are too short for that.
        """
        if self._dataset.folds is not None:
            return 0
        if self.options.candidates != "auto":
            return self.options.candidates
        best, workers = promising(self._coordinator.history, 1), self._workers
        if self._coordinator.clock.limit is None or not best or not best[0].speed:
            return workers
        count = max(1, round(self._room(best[0], workers)) - self.options.refit)
        if count < workers and self._cores(best[0]) > 1:
            return count
        return workers * max(1, min(ROUNDS, count // workers))

    def settle(self, count: int) -> Dataset:
        """What so many finalists learn and are compared by, from here on also for this plan.

        Where they leave no time for a refit, they learn most of validation too; not without a test
        part, since then validation alone tells how good the result is.
        """
        data, best = self._dataset, promising(self._coordinator.history, 1)
        timed = self._coordinator.clock.limit is not None and best and best[0].speed
        if not timed or not count or not self.options.refit or data.test is None:
            return data
        size = self._cores(best[0], count)
        finalists = math.ceil(count * size / self._workers) / size
        needed = finalists + 1 / self._cores(best[0])
        if self._room(best[0], 1) < needed:
            self._dataset = data.narrowed()
        return self._dataset

    @property
    def _workers(self) -> int:
        return self._coordinator.executor.workers

    def _cores(self, trial: Trial, at_once: int = 1) -> int:
        return cores(trial, self._coordinator.executor.sharing, min(at_once, self._workers))

    def _room(self, trial: Trial, workers: int) -> float:
        """How often so many workers could train a trial's candidate in full in the time left."""
        speed = workers * trial.full_speed / trial.recipe.mean_pixels
        return (self.end() - time.monotonic()) * speed / trial.full_images

    def end(self) -> float:
        """When training must end, with evaluation, bundle and report still to come."""
        c, reading = self._coordinator, self._reading()
        ensemble = self.options.ensemble and self._dataset.folds is None
        if ensemble and reading <= ENSEMBLE_SHARE * c.clock.own:
            reading *= 2
        return c.clock.end - c.reserve - reading

    def _reading(self) -> float:
        """How long a look at validation and test part takes."""
        test = self._dataset.test
        images = len(self._dataset.validation) + (0 if test is None else len(test))
        return reading_seconds(images, self._coordinator.history, self.tta)
