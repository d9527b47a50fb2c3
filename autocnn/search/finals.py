"""The last phase: retrain the best few, choose on validation, refit, read the test part once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autocnn.data import Dataset
from autocnn.interval import wilson
from autocnn.search.coordinator import Coordinator
from autocnn.search.history import Trial
from autocnn.search.job import Failed, Job, Progressed, Purpose, derive_seed
from autocnn.search.measure import Score, measure, read_test
from autocnn.search.settings import FinalsOptions
from autocnn.space import Candidate
from autocnn.store import FinalRow

EVALUATIONS = 8
"""Evaluation points of a finalist, evenly over its epochs."""

LEAST_SECONDS = 2.0
"""With less time than this the best trial's own weights are taken."""

EVALUATION_SPEED = 3.0
"""Images per second of an evaluation over those of training, at least."""


@dataclass(frozen=True)
class Trained:
    """A trial's candidate with weights on the disk.

    `score` is the validation objective, higher being better (0 after a refit), `accuracy` that on
    validation where it was measured.
    """

    trial: Trial
    checkpoint: Path
    score: float
    accuracy: float | None
    images: int
    seconds: float
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
    """Runs the finals of one study with its coordinator.

    `reserve` is the number of seconds that bundle and report need at the end of the budget.
    """

    def __init__(
        self, coordinator: Coordinator, dataset: Dataset, options: FinalsOptions, reserve: float
    ):
        self._coordinator, self._dataset = coordinator, dataset
        self._options, self._reserve = options, reserve

    def run(self) -> Outcome | None:
        """The outcome, or None where a signal cut it off."""
        c = self._coordinator
        wanted = self._options.candidates
        finalists = c.history.ranked()[: c.executor.workers if wanted == "auto" else wanted]
        trained = self._train("final", finalists) or list(self._incumbents(finalists))
        if c.interrupt.came():
            return None
        winner = max(trained, key=lambda entry: (entry.score, -entry.trial.number))
        bundle = self._refit(winner) or winner
        if c.interrupt.came():
            return None
        candidate, part = _candidate(winner.trial), self._dataset.validation
        validation = measure(candidate, winner.checkpoint, self._dataset, part, c.plan)
        test = read_test(candidate, bundle.checkpoint, self._dataset, c.plan)
        for entry in trained:
            if entry is not winner:
                self._record_loser(entry)
        self._record(winner, "validation", validation)
        if test is not None:
            self._record(bundle, "test", test)
        refitted = bundle is not winner
        return Outcome(winner.trial.number, bundle.checkpoint, validation, test, refitted)

    # Training

    def _job(self, purpose: Purpose, trial: Trial, images: int, seconds: float | None) -> Job:
        """Train a trial's candidate from scratch; the schedule follows the time if it is short."""
        c, refit = self._coordinator, purpose == "refit"
        step = max(1, images // EVALUATIONS)
        points = () if refit else range(step, images - step // 2, step)
        return Job(
            purpose=purpose,
            number=trial.number,
            candidate=_candidate(trial).to_json(),
            data=self._dataset.reference,
            plan=c.plan,
            seed=derive_seed(c.seed, purpose, trial.number),
            until=images,
            horizon=images if seconds is None else None,
            evaluate_at=(*points, images),
            folder=str(c.folder),
            seconds=seconds,
            threads=c.executor.workers if refit else 1,
        )

    def _seconds(self) -> float | None:
        """Seconds for training now, with evaluation, bundle and report still to come."""
        remaining = self._coordinator.clock.remaining
        if remaining is None:
            return None
        parts = (self._dataset.validation, self._dataset.test)
        images = sum(len(part) for part in parts if part is not None)
        speeds = [trial.speed for trial in self._coordinator.history.ranked()[:4] if trial.speed]
        reading = images / (EVALUATION_SPEED * min(speeds)) if speeds else 0.0
        return remaining - self._reserve - reading

    def _train(
        self, purpose: Purpose, trials: Sequence[Trial], images: int | None = None
    ) -> list[Trained]:
        """Train the trials, as many at a time as there are workers; the best point of each."""
        c = self._coordinator
        waiting, best = list(trials), dict[int, Trained]()
        while waiting or c.executor.running():
            while waiting and len(c.executor.running()) < c.executor.workers:
                seconds = self._seconds()
                if seconds is not None:
                    seconds /= math.ceil(len(waiting) / c.executor.workers)
                    if seconds < LEAST_SECONDS:
                        waiting.clear()
                        break
                trial = waiting.pop(0)
                c.executor.submit(self._job(purpose, trial, images or trial.ladder[-1], seconds))
            for event in c.step("finals"):
                if isinstance(event, Progressed):
                    self._note(event, best)
                elif isinstance(event, Failed):
                    c.hold.add_event("warning", f"finals, {event.reason}: {event.detail}")
            if c.clock.remaining == 0 or c.interrupt.came():
                waiting.clear()
                for job in c.executor.running():
                    c.executor.kill(job)
        return list(best.values())

    def _note(self, point: Progressed, best: dict[int, Trained]) -> None:
        """Keep the best point of a finalist and the last one of a refit."""
        c, job = self._coordinator, point.job
        if point.reason == "non-finite":
            return
        found = Trained(
            c.history.trials[job.number],
            Path(point.checkpoint),
            c.sign * point.metrics[c.metric] if job.purpose == "final" else 0.0,
            point.metrics.get("val_accuracy"),
            point.images,
            point.seconds,
            job.seed,
        )
        before = best.get(job.number, found)
        kept = found if found.score >= before.score else before
        best[job.number] = kept
        for entry in (before, found):
            if entry.checkpoint != kept.checkpoint:
                entry.checkpoint.unlink(missing_ok=True)

    def _incumbents(self, finalists: Iterable[Trial]) -> Iterable[Trained]:
        """The trials' own weights, where no finalist could be trained in the time."""
        for trial in finalists:
            if trial.checkpoint is not None and trial.best is not None:
                score, images = trial.best
                path = self._coordinator.root / trial.checkpoint.path
                yield Trained(trial, path, score, None, images, trial.seconds, trial.seed)

    def _refit(self, winner: Trained) -> Trained | None:
        """Train the winner again on train and validation, if the options and the time allow it."""
        seconds = self._seconds()
        if not self._options.refit or (seconds is not None and seconds < winner.seconds):
            return None
        return next(iter(self._train("refit", [winner.trial], winner.images)), None)

    # Recording

    def _record_loser(self, entry: Trained) -> None:
        """A finalist that was not chosen: its number as it was measured in training."""
        if entry.accuracy is not None:
            images = len(self._dataset.validation)
            interval = wilson(round(entry.accuracy * images), images)
            self._record(entry, "validation", Score(entry.accuracy, *interval, images))
            entry.checkpoint.unlink(missing_ok=True)

    def _record(self, entry: Trained, split: str, score: Score) -> None:
        self._coordinator.hold.add_final(
            FinalRow(
                trial=entry.trial.number,
                seed=entry.seed,
                split=split,
                metric="accuracy",
                value=score.value,
                low=score.low,
                high=score.high,
                interval="wilson",
                images=entry.images,
                seconds=entry.seconds,
                details={**score.details, "images": score.images},
                path=str(entry.checkpoint.relative_to(self._coordinator.root)),
            )
        )


def _candidate(trial: Trial) -> Candidate:
    assert trial.candidate is not None, f"trial {trial.number} has no candidate"
    return trial.candidate
