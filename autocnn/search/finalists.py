"""Trainings of the finals: candidates from scratch, for as long as the budget leaves."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autocnn.data import Dataset
from autocnn.search.choice import Network, predicting
from autocnn.search.coordinator import Coordinator
from autocnn.search.finals_plan import FinalsPlan
from autocnn.search.finals_time import cores
from autocnn.search.job import (
    Failed,
    Job,
    Key,
    Lost,
    Progressed,
    Purpose,
    derive_seed,
    shared,
)
from autocnn.search.recorder import ATTEMPTS
from autocnn.search.retention import intact
from autocnn.search.trial import Trial, Vector
from autocnn.space import Candidate

EVALUATIONS = 8
"""Evaluation points of a finalist, evenly over its epochs."""

SEEDS = 3
"""So many trainings of the best are enough for an interval."""

LEAST_SECONDS = 2.0
"""With less time than this no training is started."""

REFITTED = 0.9
"""The share of the winner's images that a refit must have seen to take its place."""

WORKER_LOST = "worker-lost"

Entry = tuple[Trial, int]
"""A trial whose candidate is trained, and which of its trainings, from 0, it is."""


@dataclass(frozen=True)
class Trained:
    """A trial's candidate with weights on the disk.

    `score` is the validation objective, higher being better (0 after a refit), `vector` has those
    of several, `value` the metric of the data's task on validation where it was measured.
    """

    trial: Trial
    checkpoint: Path
    score: float
    vector: Vector
    value: float | None
    images: int
    seconds: float
    cores: int
    seed: int
    tta: bool

    @property
    def candidate(self) -> Candidate:
        """What was trained, as it predicts."""
        return predicting(self.trial.candidate, self.tta)

    def network(self, root: Path, weight: float = 1.0) -> Network:
        """The same as the store keeps it, in its folder `root`."""
        path = str(self.checkpoint.relative_to(root))
        made = self.seed, self.images, self.seconds, self.cores
        return Network(self.trial.number, path, *made, weight, self.tta)


class Finalists:
    """Trains for the finals of one study, with its coordinator."""

    def __init__(self, coordinator: Coordinator, dataset: Dataset, plan: FinalsPlan):
        self._coordinator, self._dataset, self._plan = coordinator, dataset, plan

    def _jobs(
        self, purpose: Purpose, entry: Entry, images: int, deadline: float, size: int
    ) -> list[Job]:
        """Train a trial's candidate from scratch; the schedule follows the time if it is short."""
        c, refit = self._coordinator, purpose == "refit"
        trial, repeat = entry
        step = max(1, images // EVALUATIONS)
        points = () if refit else range(step, images - step // 2, step)
        timed = deadline < math.inf
        job = Job(
            purpose=purpose,
            number=trial.number,
            candidate=trial.candidate.to_json(),
            data=self._dataset.reference,
            plan=c.plan,
            seed=derive_seed(c.seed, f"{purpose}-{repeat}" if repeat else purpose, trial.number),
            repeat=repeat,
            until=images,
            horizon=None if timed else images,
            evaluate_at=(*points, images),
            folder=str(c.folder),
            deadline=deadline if timed else None,
            objective=c.metric,
        )
        return shared(job, size)

    def train(
        self,
        purpose: Purpose,
        entries: Sequence[Entry],
        images: int | None = None,
        kept: float = 0.0,
    ) -> list[Trained]:
        """Train as many at a time as there are workers; the best point of each.

        Where there are fewer, several workers train one together. `kept` seconds of what is left
        are not used.
        """
        c, end = self._coordinator, self._plan.end() - kept
        together = max(1, min(len(entries), c.executor.workers))
        sharing = c.executor.sharing
        size = min((cores(trial, sharing, together) for trial, _ in entries), default=1)
        waiting, best, losses = list(entries), dict[Key, Trained](), Counter[Key]()
        while waiting or c.executor.running():
            while waiting and len(c.executor.running()) + size <= c.executor.workers:
                now = time.monotonic()
                seconds = (end - now) / math.ceil(len(waiting) / together)
                if seconds < LEAST_SECONDS:
                    waiting.clear()
                    break
                entry = waiting.pop(0)
                wanted = images or entry[0].full
                for job in self._jobs(purpose, entry, wanted, now + seconds, size):
                    c.executor.submit(job)
            for event in c.step("finals"):
                match event:
                    case Progressed():
                        self._note(event, best)
                    case Failed() | Lost():
                        reason = event.reason if isinstance(event, Failed) else WORKER_LOST
                        c.hold.add_event("warning", f"finals, {reason}: {event.detail}")
                        c.executor.kill(event.job)  # its other ranks
                        entry = c.history.trials[event.job.number], event.job.repeat
                        if reason == WORKER_LOST and entry not in waiting:
                            losses[event.job.key] += 1
                            if losses[event.job.key] < ATTEMPTS:
                                waiting.append(entry)
            if time.monotonic() >= c.clock.end - c.reserve or c.interrupt.came():
                waiting.clear()
                for job in c.executor.running():
                    c.executor.kill(job)
        return list(best.values())

    def _note(self, point: Progressed, best: dict[Key, Trained]) -> None:
        """Keep the best point of a finalist and the last one of a refit."""
        c, job = self._coordinator, point.job
        value = point.metrics.get(c.metric) if job.purpose == "final" else 0.0
        if value is None or point.reason == "non-finite":
            return
        found = Trained(
            c.history.trials[job.number],
            Path(point.checkpoint),
            c.sign * value,
            c.objectives.scores(point.metrics, c.history.trials[job.number].costs),
            point.metrics.get(f"val_{self._dataset.task.metric}"),
            point.images,
            point.seconds,
            job.size,
            job.seed,
            self._plan.tta,
        )
        before = best.get(job.key, found)
        kept = found if point.is_best else before
        best[job.key] = kept
        for entry in (before, found):
            if entry.checkpoint != kept.checkpoint:
                entry.checkpoint.unlink(missing_ok=True)

    def incumbents(self) -> list[Trained]:
        """The trials whose own weights are left; none if they were not trained on the whole."""
        found = []
        for trial in self._coordinator.history.ranked() if self._coordinator.whole else ():
            if trial.checkpoint is None or trial.best is None:
                continue
            score, images = trial.best
            path = self._coordinator.root / trial.checkpoint.path
            if intact(path, trial.checkpoint):
                measured = trial.vector, None, images, trial.seconds, 1, trial.seed, self._plan.tta
                found.append(Trained(trial, path, score, *measured))
        return found

    def refit(self, winner: Trained) -> Trained | None:
        """Train the winner again on train and validation, if the options and the time allow it."""
        images = winner.images
        if self._dataset.folds is not None:  # every network of the trial lacks a fold
            images = winner.trial.full
        seconds = self._refit_seconds(winner)
        if seconds is None or self._plan.end() - time.monotonic() < seconds:
            return None
        trained = self.train("refit", [(winner.trial, 0)], images)
        return next((t for t in trained if t.images >= REFITTED * winner.images), None)

    def _refit_seconds(self, winner: Trained) -> float | None:
        """How long a refit takes all workers; None where there is none."""
        watches = winner.trial.recipe.schedule.watches  # there is no validation then
        if watches or not self._plan.options.refit:
            return None
        if self._dataset.folds is not None:
            return LEAST_SECONDS
        size = cores(winner.trial, self._coordinator.executor.sharing)
        return winner.seconds * winner.cores / size

    def seeds(self, best: Trained) -> list[Trained]:
        """More trainings of the best finalist, with other seeds, where that fits before a refit.

        As many as the options say; by `auto` up to SEEDS in all under a time budget, else none.
        """
        c, wanted = self._coordinator, self._plan.options.seeds
        if wanted == "auto":
            wanted = 1 if c.clock.limit is None else SEEDS
        kept = self._refit_seconds(best) or 0.0
        workers = c.executor.workers
        size = cores(best.trial, c.executor.sharing)
        seconds = max(best.seconds * best.cores / size, LEAST_SECONDS)
        left = self._plan.end() - kept - time.monotonic()
        fitting = wanted - 1 if left == math.inf else int(left // seconds) * (workers // size)
        entries = [(best.trial, repeat + 1) for repeat in range(min(wanted - 1, fitting))]
        return self.train("final", entries, kept=kept) if entries else []
