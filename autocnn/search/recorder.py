"""Takes what jobs report into the history and the store, one transaction per result."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

from autocnn.search.history import DIVERGED, History
from autocnn.search.job import Event, Failed, Finished, Lost, Progressed
from autocnn.search.objectives import Objectives
from autocnn.search.retention import worth_keeping
from autocnn.search.screen import SCORED
from autocnn.search.stopping import StoppingRule
from autocnn.search.trial import Trial
from autocnn.store import Checkpoint, DecisionRow, Hold, ProgressRow

ATTEMPTS = 3
"""How often a trial is given to a worker before the loss of workers counts as its fault.

After so many jobs that end early without a new point it gets no other one in this run.
"""

INHERITED = "inherited"
"""The note of a trial that says which share of its parameters came from its parent."""

SAME_FAILURES = 10
"""So many failures in a row that no candidate is to blame for end the search."""


class Recorder:
    """Writes points and ends of trials, whose scores it turns so that higher is better.

    Beside what may go on, the checkpoints of so many of the best trials are `kept`. `device` is
    noted as what trained them.
    """

    def __init__(
        self,
        history: History,
        hold: Hold,
        stopping: StoppingRule,
        root: Path,
        epoch: int,
        objectives: Objectives,
        kept: int,
        device: str,
    ):
        self._history, self._hold, self._stopping = history, hold, stopping
        self._root, self._epoch, self._kept, self._device = root, epoch, kept, device
        self._objectives, self._metric = objectives, objectives.metric
        self._sign = objectives.sign
        self._losses, self._idle = Counter[int](), Counter[int]()
        self._failures = 0

    def record(self, event: Event) -> None:
        """Take in what an executor reported about a trial's job."""
        trial = self._history.trials[event.job.number]
        # Once its job is at its end, a trial may have been promoted, and go on elsewhere.
        cut = trial.state == "running" and trial.images < event.job.until
        match event:
            case Progressed():
                self._losses.pop(trial.number, None)
                self._idle.pop(trial.number, None)
                self._record_point(trial, event)
            case Failed():
                self._fail(trial, event.reason, event.detail)
            case Lost() if cut:
                self._losses[trial.number] += 1
                if self._losses[trial.number] < ATTEMPTS:
                    self.pause(trial, "interrupted")
                else:
                    detail = f"lost its worker {ATTEMPTS} times: {event.detail}"
                    self._fail(trial, "worker-lost", detail)
            case Finished():
                self._failures = 0
                if cut:
                    self.pause(trial, "budget")
                    self._note_idle(trial.number)

    def _note_idle(self, number: int) -> None:
        """Take in that a job ended early without having failed."""
        self._idle[number] += 1
        if self._idle[number] == ATTEMPTS:
            text = f"{ATTEMPTS} jobs ended early without a new point; it waits for another run"
            self._hold.add_event("info", f"trial {number}: {text}")

    @property
    def set_aside(self) -> set[int]:
        """The numbers of trials that get no other job in this run, which would bring nothing."""
        return {number for number, jobs in self._idle.items() if jobs >= ATTEMPTS}

    @property
    def hopeless(self) -> bool:
        """Whether one trial after the other failed for no fault of its candidate."""
        return self._failures >= SAME_FAILURES

    def _fail(self, trial: Trial, reason: str, detail: str) -> None:
        trial.state, trial.reason = "failed", reason
        self._hold.update_trial(trial.number, state="failed", reason=reason, detail=detail)
        if reason not in DIVERGED:
            self._failures += 1
        if self._failures == SAME_FAILURES:
            last = detail.strip().rpartition("\n")[2]
            text = f"{SAME_FAILURES} trials in a row failed, the last one with: {last}"
            self._hold.add_event("error", text)

    def pause(self, trial: Trial, reason: str) -> None:
        """Note that a trial stands still for a reason other than its rung."""
        trial.state, trial.reason = "paused", reason
        self._hold.update_trial(trial.number, state="paused", reason=reason)

    def _record_point(self, trial: Trial, point: Progressed) -> None:
        before, level = trial.checkpoint, trial.level
        value = point.metrics.get(self._metric)
        if value is not None and math.isfinite(value):
            vector = self._objectives.scores(point.metrics, trial.costs)
            trial.note(point.images, self._sign * value, vector)
        trial.time(point.images, point.images_per_second)
        trial.checkpoint = Checkpoint(
            path=str(Path(point.checkpoint).relative_to(self._root)),
            sha256=point.sha256,
            images=point.images,
        )
        trial.seconds = point.seconds
        found: dict[str, Any] = {} if point.inherited is None else {INHERITED: point.inherited}
        if point.scores:
            found[SCORED] = {**trial.notes.get(SCORED, {}), **point.scores}
        if found:
            trial.notes = {**trial.notes, **found}
        trial.state, trial.reason, action = self._verdict(trial, point, level)
        decisions = []
        if action:
            rung = DecisionRow(
                trial=trial.number,
                rung=trial.level or point.images,
                action=action,
                by=self._stopping.word if action == "pause" else trial.reason or "horizon",
            )
            decisions = [rung]
        best, dropped = trial.best, self._dropped()
        self._hold.add_progress(
            trial.number,
            ProgressRow(
                images=point.images,
                epoch=point.epoch,
                metrics=point.metrics,
                lr=point.lr,
                seconds=trial.seconds,
                images_per_second=point.images_per_second,
            ),
            decisions,
            {
                "state": trial.state,
                "reason": trial.reason,
                "worker": str(point.worker),
                "device": self._device,
                "images": trial.images,
                "seconds": trial.seconds,
                "checkpoint": trial.checkpoint,
                "last_value": value,
                "best_value": None if best is None else self._sign * best[0],
                "best_images": None if best is None else best[1],
                "best_epoch": None if best is None else best[1] / self._epoch,
                **({"notes": trial.notes} if found else {}),
            },
            [other.number for other in dropped],
        )
        if before is not None and before.path != trial.checkpoint.path:
            (self._root / before.path).unlink(missing_ok=True)
        for other in dropped:
            assert other.checkpoint is not None
            (self._root / other.checkpoint.path).unlink(missing_ok=True)
            other.checkpoint = None

    @staticmethod
    def _verdict(
        trial: Trial, point: Progressed, level: int | None
    ) -> tuple[str, str | None, str | None]:
        """State and reason after a point, and the decision that is recorded with them.

        Before it the trial was at `level`. A job that the budget cuts may end at the next one,
        too: its last batch goes beyond.
        """
        if point.reason == "non-finite":
            return "failed", "non-finite", "stop"
        if point.reason == "patience":
            return "stopped", "patience", "stop"
        if point.reason == "deadline":
            return "paused", "budget", None
        if point.images >= trial.ladder[-1]:
            return "completed", None, "complete"
        if point.images >= point.job.until:
            at_rung = trial.level != level
            return ("paused", "rung", "pause") if at_rung else ("paused", "budget", None)
        return "running", None, None

    def _dropped(self) -> list[Trial]:
        """Trials whose checkpoint is not worth its place any more, by number."""
        kept = worth_keeping(self._history, self._stopping, self._kept)
        return [self._history.trials[n] for n in sorted(self._history.tally.kept - kept)]
