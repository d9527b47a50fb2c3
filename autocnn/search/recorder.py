"""Takes what jobs report into the history and the store, one transaction per result."""

from __future__ import annotations

import math
from pathlib import Path

from autocnn.search.history import History, Trial
from autocnn.search.job import Event, Failed, Progressed
from autocnn.search.retention import worth_keeping
from autocnn.search.stopping import StoppingRule
from autocnn.store import Checkpoint, DecisionRow, Hold, ProgressRow


class Recorder:
    """Writes points and ends of trials; `metric` times `sign` is a score, higher being better."""

    def __init__(
        self,
        history: History,
        hold: Hold,
        stopping: StoppingRule,
        root: Path,
        epoch: int,
        metric: str,
        sign: int,
    ):
        self._history, self._hold, self._stopping = history, hold, stopping
        self._root, self._epoch = root, epoch
        self._metric, self._sign = metric, sign

    def record(self, event: Event) -> None:
        """Take in what an executor reported about a trial's job."""
        trial = self._history.trials[event.job.number]
        if isinstance(event, Progressed):
            self._record_point(trial, event)
        elif isinstance(event, Failed):
            trial.state, trial.reason = "failed", event.reason
            self._hold.update_trial(
                trial.number, state="failed", reason=event.reason, detail=event.detail
            )
        elif trial.state == "running":
            self.pause(trial, "budget")

    def pause(self, trial: Trial, reason: str) -> None:
        """Note that a trial stands still for a reason other than its rung."""
        trial.state, trial.reason = "paused", reason
        self._hold.update_trial(trial.number, state="paused", reason=reason)

    def _record_point(self, trial: Trial, point: Progressed) -> None:
        before = trial.checkpoint
        value = point.metrics.get(self._metric)
        known = point.images in trial.scores
        if value is not None and math.isfinite(value) and not known:
            trial.scores[point.images] = self._sign * value
        trial.images = max(trial.images, point.images)
        trial.speed = point.images_per_second
        trial.checkpoint = Checkpoint(
            path=str(Path(point.checkpoint).relative_to(self._root)),
            sha256=point.sha256,
            images=point.images,
        )
        trial.seconds = point.seconds
        trial.state, trial.reason, action = self._verdict(trial, point)
        decisions = []
        if action:
            rung = DecisionRow(
                trial=trial.number,
                rung=point.images,
                action=action,
                by=self._stopping.word if action == "pause" else trial.reason or "horizon",
            )
            decisions = [rung]
        best = trial.best
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
                "images": trial.images,
                "seconds": trial.seconds,
                "checkpoint": trial.checkpoint,
                "last_value": value,
                "best_value": None if best is None else self._sign * best[0],
                "best_images": None if best is None else best[1],
                "best_epoch": None if best is None else best[1] / self._epoch,
            },
        )
        if before is not None and before.path != trial.checkpoint.path:
            (self._root / before.path).unlink(missing_ok=True)
        self._drop_checkpoints()

    @staticmethod
    def _verdict(trial: Trial, point: Progressed) -> tuple[str, str | None, str | None]:
        """State and reason after a point, and the decision that is recorded with them."""
        if point.reason == "non-finite":
            return "failed", "non-finite", "stop"
        if point.reason == "patience":
            return "stopped", "patience", "stop"
        if point.reason == "deadline":
            return "paused", "budget", None
        if point.images >= trial.ladder[-1]:
            return "completed", None, "complete"
        if point.images >= point.job.until:
            return "paused", "rung", "pause"
        return "running", None, None

    def _drop_checkpoints(self) -> None:
        kept = worth_keeping(self._history, self._stopping)
        for trial in self._history.trials:
            if trial.checkpoint is not None and trial.number not in kept:
                path = self._root / trial.checkpoint.path
                trial.checkpoint = None
                self._hold.update_trial(trial.number, checkpoint=None)
                path.unlink(missing_ok=True)
