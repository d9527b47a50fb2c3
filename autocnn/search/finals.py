"""The last phase: retrain the best few, choose on validation, refit, read the test part once."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autocnn.data import Dataset
from autocnn.errors import NoTrialSucceeded
from autocnn.search.coordinator import Coordinator
from autocnn.search.history import Trial
from autocnn.search.job import Failed, Job, Lost, Progressed, Purpose, derive_seed, shared
from autocnn.search.measure import Score, read_test, score_alone, validate
from autocnn.search.recorder import ATTEMPTS
from autocnn.search.retention import intact
from autocnn.search.settings import FinalsOptions
from autocnn.space import Candidate
from autocnn.store import FinalRow

EVALUATIONS = 8
"""Evaluation points of a finalist, evenly over its epochs."""

MOST_ROUNDS = 4
"""Finalists per worker at the most."""

LEAST_SECONDS = 2.0
"""With less time than this no training is started."""

REFITTED = 0.9
"""The share of the winner's images that a refit must have seen to take its place."""

WORKER_LOST = "worker-lost"

EVALUATION_SPEED = 3.0
"""Images per second of an evaluation over those of training, at least."""


@dataclass(frozen=True)
class Trained:
    """A trial's candidate with weights on the disk.

    `score` is the validation objective, higher being better (0 after a refit), `value` the metric
    of the data's task on validation where it was measured.
    """

    trial: Trial
    checkpoint: Path
    score: float
    value: float | None
    images: int
    seconds: float
    cores: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a study ends with: the winner, its weights and what was measured on them."""

    number: int
    checkpoint: Path
    validation: Score
    test: Score | None
    refitted: bool


class Finals:
    """Runs the finals of one study with its coordinator."""

    def __init__(self, coordinator: Coordinator, dataset: Dataset, options: FinalsOptions):
        self._coordinator, self._dataset, self._options = coordinator, dataset, options

    def run(self) -> Outcome | None:
        """The outcome, or None where a signal cut it off.

        The winner is the best on validation among the finalists, retrained from scratch, and the
        trials as they were trained in the search, which are ahead where the time is short.
        Raises NoTrialSucceeded if there is neither.
        """
        import autocnn.training.evaluation  # noqa: F401  # slow: before any time is planned

        c = self._coordinator
        trained = self._train("final", c.history.ranked()[: self._count()])
        if c.interrupt.came():
            return None
        trained += self._incumbents()
        if not trained:
            text = "no time was left for the finals, and no checkpoint of a trial is left"
            raise NoTrialSucceeded(f"{text}; more time lets the search go on")
        winner = max(trained, key=lambda entry: (entry.score, -entry.trial.number))
        bundle = self._refit(winner) or winner
        if c.interrupt.came():
            return None
        candidate = _candidate(winner.trial)
        validation = validate(candidate, winner.checkpoint, self._dataset, c.plan, c.metric)
        test = read_test(candidate, bundle.checkpoint, self._dataset, c.plan, c.metric)
        for entry in trained:
            if entry is not winner:
                self._record_loser(entry)
        self._record(winner, "validation", validation)
        if test is not None:
            self._record(bundle, "test", test)
        refitted = bundle is not winner
        return Outcome(winner.trial.number, bundle.checkpoint, validation, test, refitted)

    # Training

    def _count(self) -> int:
        """How many finalists there are.

        In a cross-validation none: trials are compared as they are. Unless the options say it, one
        per worker; under a time budget so many as full trainings fit into it, less one for the
        refit: where that is one, all workers train it.
        """
        if self._dataset.folds is not None:
            return 0
        if self._options.candidates != "auto":
            return self._options.candidates
        c, best = self._coordinator, self._coordinator.history.ranked()[:1]
        workers = c.executor.workers
        if c.clock.limit is None or not best or not best[0].speed:
            return workers
        speed = best[0].full_speed / best[0].recipe.mean_pixels
        images = workers * (self._end() - time.monotonic()) * speed
        full = best[0].ladder[-1] + best[0].pretraining
        count = max(1, round(images / full) - self._options.refit)
        return count if count < workers else workers * min(MOST_ROUNDS, count // workers)

    def _jobs(
        self, purpose: Purpose, trial: Trial, images: int, deadline: float, size: int
    ) -> list[Job]:
        """Train a trial's candidate from scratch; the schedule follows the time if it is short."""
        c, refit = self._coordinator, purpose == "refit"
        step = max(1, images // EVALUATIONS)
        points = () if refit else range(step, images - step // 2, step)
        timed = deadline < math.inf
        job = Job(
            purpose=purpose,
            number=trial.number,
            candidate=_candidate(trial).to_json(),
            data=self._dataset.reference,
            plan=c.plan,
            seed=derive_seed(c.seed, purpose, trial.number),
            until=images,
            horizon=None if timed else images,
            evaluate_at=(*points, images),
            folder=str(c.folder),
            deadline=deadline if timed else None,
            objective=c.metric,
        )
        return shared(job, size, trial.recipe.batch_size)

    def _end(self) -> float:
        """When training must end, with evaluation, bundle and report still to come."""
        c = self._coordinator
        parts = (self._dataset.validation, self._dataset.test)
        images = sum(len(part) for part in parts if part is not None)
        speeds = [trial.full_speed for trial in c.history.ranked()[:4] if trial.speed]
        reading = images / (EVALUATION_SPEED * min(speeds)) if speeds else 0.0
        return c.clock.end - c.reserve - reading

    def _train(
        self, purpose: Purpose, trials: Sequence[Trial], images: int | None = None
    ) -> list[Trained]:
        """Train the trials, as many at a time as there are workers; the best point of each.

        Where there are fewer, several workers train one together.
        """
        c, end = self._coordinator, self._end()
        together = max(1, min(len(trials), c.executor.workers))
        size = c.executor.workers // together
        waiting, best, losses = list(trials), dict[int, Trained](), Counter[int]()
        while waiting or c.executor.running():
            while waiting and len(c.executor.running()) + size <= c.executor.workers:
                now = time.monotonic()
                seconds = (end - now) / math.ceil(len(waiting) / together)
                if seconds < LEAST_SECONDS:
                    waiting.clear()
                    break
                trial = waiting.pop(0)
                wanted = images or trial.ladder[-1]
                for job in self._jobs(purpose, trial, wanted, now + seconds, size):
                    c.executor.submit(job)
            for event in c.step("finals"):
                match event:
                    case Progressed():
                        self._note(event, best)
                    case Failed() | Lost():
                        reason = event.reason if isinstance(event, Failed) else WORKER_LOST
                        c.hold.add_event("warning", f"finals, {reason}: {event.detail}")
                        c.executor.kill(event.job)  # its other ranks
                        trial = c.history.trials[event.job.number]
                        if reason == WORKER_LOST and trial not in waiting:
                            losses[trial.number] += 1
                            if losses[trial.number] < ATTEMPTS:
                                waiting.append(trial)
            if time.monotonic() >= c.clock.end - c.reserve or c.interrupt.came():
                waiting.clear()
                for job in c.executor.running():
                    c.executor.kill(job)
        return list(best.values())

    def _note(self, point: Progressed, best: dict[int, Trained]) -> None:
        """Keep the best point of a finalist and the last one of a refit."""
        c, job = self._coordinator, point.job
        value = point.metrics.get(c.metric) if job.purpose == "final" else 0.0
        if value is None or point.reason == "non-finite":
            return
        found = Trained(
            c.history.trials[job.number],
            Path(point.checkpoint),
            c.sign * value,
            point.metrics.get(f"val_{self._dataset.task.metric}"),
            point.images,
            point.seconds,
            job.size,
            job.seed,
        )
        before = best.get(job.number, found)
        kept = found if found.score >= before.score else before
        best[job.number] = kept
        for entry in (before, found):
            if entry.checkpoint != kept.checkpoint:
                entry.checkpoint.unlink(missing_ok=True)

    def _incumbents(self) -> list[Trained]:
        """The trials whose own weights are left."""
        found = []
        for trial in self._coordinator.history.ranked():
            if trial.checkpoint is None or trial.best is None:
                continue
            score, images = trial.best
            path = self._coordinator.root / trial.checkpoint.path
            if intact(path, trial.checkpoint):
                found.append(
                    Trained(trial, path, score, None, images, trial.seconds, 1, trial.seed)
                )
        return found

    def _refit(self, winner: Trained) -> Trained | None:
        """Train the winner again on train and validation, if the options and the time allow it."""
        seconds = winner.seconds * winner.cores / self._coordinator.executor.workers
        images = winner.images
        if self._dataset.folds is not None:  # every network of the trial lacks a fold
            seconds, images = LEAST_SECONDS, winner.trial.ladder[-1]
        watches = winner.trial.recipe.schedule.watches  # there is no validation then
        if watches or not self._options.refit or self._end() - time.monotonic() < seconds:
            return None
        trained = self._train("refit", [winner.trial], images)
        return next((t for t in trained if t.images >= REFITTED * winner.images), None)

    # Recording

    def _record_loser(self, entry: Trained) -> None:
        """A finalist that was not chosen: its number as it was measured in training."""
        if entry.value is not None:
            images, metric = len(self._dataset.validation), self._dataset.task.metric
            self._record(entry, "validation", score_alone(entry.value, images, metric))
            entry.checkpoint.unlink(missing_ok=True)

    def _record(self, entry: Trained, split: str, score: Score) -> None:
        self._coordinator.hold.add_final(
            FinalRow(
                trial=entry.trial.number,
                seed=entry.seed,
                split=split,
                metric=score.metric,
                value=score.value,
                low=score.low,
                high=score.high,
                interval=score.interval,
                images=entry.images,
                seconds=entry.seconds,
                details={**score.details, "images": score.images, "cores": entry.cores},
                path=str(entry.checkpoint.relative_to(self._coordinator.root)),
            )
        )


def _candidate(trial: Trial) -> Candidate:
    assert trial.candidate is not None, f"trial {trial.number} has no candidate"
    return trial.candidate
