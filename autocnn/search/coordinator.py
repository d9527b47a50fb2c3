"""The one writer of a study: proposes trials, gives out jobs, records points, decides who goes on.

Everything it does next is a function of the history, which the store has: a run that was killed
continues where its last transaction left it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autocnn.search.clock import Clock
from autocnn.search.executors import Executor
from autocnn.search.history import History, Trial
from autocnn.search.intake import Intake
from autocnn.search.interrupt import Interrupt
from autocnn.search.job import Event, Job, Progressed
from autocnn.search.proposer import Proposer
from autocnn.search.recorder import Recorder
from autocnn.search.retention import sweep
from autocnn.search.settings import Budget, Objectives, SearchOptions
from autocnn.search.snapshot import Snapshot, take_snapshot
from autocnn.space import Space
from autocnn.store import DecisionRow, Hold

BARREN_ASKS = 200
"""After so many asks in a row without a new candidate the rest of the space is enumerated."""

ENUMERATED = 100_000
"""How many fillings are looked through for one that no trial has."""

SAME_FAILURES = 10
"""So many failed trials in a row end the search."""

OVERTIME = 5.0
"""Seconds past the end of the search after which a job is dropped where it stands."""

RESERVE = 5.0
"""Seconds kept for bundle and report until a rehearsal has measured them."""

RESERVE_FACTOR = 1.5
"""The reserve over the time that the rehearsal took, beside one second for the bundle."""

REHEARSAL = 0.2
"""The report is rehearsed, while trials train, when this share of the search is left."""

POLL = 0.25
"""Seconds between looks at signals and clocks."""

HEARTBEAT = 5.0
"""Seconds between signs of life in the store."""


class Coordinator:
    """Runs the search phase of one study."""

    def __init__(
        self,
        *,
        study: str,
        space: Space,
        history: History,
        hold: Hold,
        executor: Executor,
        intake: Intake,
        clock: Clock,
        folder: Path,
        root: Path,
        epoch: int,
        data: dict[str, Any],
        plan: dict[str, Any],
        interrupt: Interrupt,
        watch: Callable[[Snapshot], None],
        rehearse: Callable[[], object],
    ):
        self.history, self.hold, self.executor, self.clock = history, hold, executor, clock
        self.interrupt, self.folder, self.root, self.plan = interrupt, folder, root, plan
        self._study, self._intake = study, intake
        self._epoch, self._data, self._watch = epoch, data, watch
        self._search: SearchOptions = space.sections["search"]  # type: ignore[assignment]
        self._budget: Budget = space.sections["budget"]  # type: ignore[assignment]
        objectives: Objectives = space.sections["objectives"]  # type: ignore[assignment]
        self.metric = objectives.metric
        self.sign = 1 if objectives.direction == "maximize" else -1
        self.seed = self._search.seed
        self._recorder = Recorder(
            history, hold, self._search.stopping, root, epoch, self.metric, self.sign
        )
        self._proposer = Proposer(space, self._search.strategy, self._search.seed, history)
        self.reserve = RESERVE
        self._rehearse: Callable[[], object] | None = rehearse
        self._beat = clock.started
        self._shown = 0.0
        self._exhausted = False

    # The loop

    def run(self) -> None:
        """Search until the budget's share is used, the space is exhausted or a signal came."""
        sweep(self.folder, self.history, self.root)
        while True:
            self._employ()
            if not self.executor.running():
                return
            for event in self.step("search"):
                if self.interrupt.came() and isinstance(event, Progressed):
                    self._drop(event.job)
            self._measure_reserve()
            if self._late():
                for job in self.executor.running():
                    self._drop(job)
                return

    def step(self, phase: str) -> list[Event]:
        """Wait a moment for events, record them, show and beat."""
        events = self.executor.events(POLL)
        for event in events:
            if event.job.purpose == "trial":
                self._recorder.record(event)
        self.beat()
        self.show(phase)
        return events

    def _measure_reserve(self) -> None:
        """Write the report so far, once, to know what the last one will cost on this machine."""
        left, limit = self.clock.search_remaining, self.clock.limit
        if left is None or limit is None or self._rehearse is None or not self.history.ranked():
            return
        if left < REHEARSAL * (limit - self.clock.kept):
            start = time.monotonic()
            self._rehearse()
            self._rehearse = None
            self.reserve = 1.0 + RESERVE_FACTOR * (time.monotonic() - start)

    def beat(self, force: bool = False) -> None:
        """Add the seconds since the last heartbeat to the study's."""
        now = time.monotonic()
        if force or now - self._beat >= HEARTBEAT:
            self.hold.heartbeat(now - self._beat)
            self._beat = now

    def _employ(self) -> None:
        while len(self.executor.running()) < self.executor.workers and not self._over():
            job = self._next_job()
            if job is None:
                return
            self.executor.submit(job)

    def _over(self) -> bool:
        """Whether no further job may start."""
        budget = self._budget
        if self.interrupt.came() or self.clock.search_remaining == 0:
            return True
        images = self.history.images()
        if budget.images is not None and images >= budget.images:
            return True
        if budget.epochs is not None and images >= budget.epochs * self._epoch:
            return True
        last = self.history.began()[-SAME_FAILURES:]
        return len(last) == SAME_FAILURES and all(trial.state == "failed" for trial in last)

    def _late(self) -> bool:
        """Whether jobs that still run are past the end of the search or a signal's grace."""
        limit = self.clock.limit
        overtime = limit is not None and (self.clock.elapsed > limit - self.clock.kept + OVERTIME)
        return overtime or self.interrupt.overdue

    def _drop(self, job: Job) -> None:
        """Take a job from its worker; its trial goes on from the last checkpoint another time."""
        self.executor.kill(job)
        trial = self.history.trials[job.number]
        if trial.state == "running":
            reason = "budget" if not self.interrupt.came() else "interrupted"
            self._recorder.pause(trial, reason)

    # What to do next

    def _next_job(self) -> Job | None:
        busy = {job.number for job in self.executor.running() if job.purpose == "trial"}
        for trial in self.history.trials:
            if trial.number not in busy and self._unfinished(trial):
                return self._job(trial)
        promotion = self._search.stopping.promote(self.history.rungs())
        if promotion is not None:
            trial = self.history.trials[promotion.number]
            decision = DecisionRow(
                trial=trial.number,
                rung=promotion.level,
                action="promote",
                by=self._search.stopping.word,
                threshold=self.sign * promotion.threshold,
                rivals=promotion.rivals,
            )
            trial.state, trial.reason = "running", None
            self.hold.update_trial(
                trial.number, decisions=[decision], state="running", reason=None
            )
            return self._job(trial)
        trials = self._budget.trials
        if trials is not None and len(self.history.began()) >= trials:
            return None
        new = self._new_trial()
        return None if new is None else self._job(new)

    @staticmethod
    def _unfinished(trial: Trial) -> bool:
        """Whether a trial's job was cut off by a kill, a signal or the end of an earlier run."""
        if trial.state == "paused":
            return trial.reason in ("interrupted", "budget")
        return trial.state in ("waiting", "running")

    def _new_trial(self) -> Trial | None:
        while not self._exhausted:
            if self.history.barren() < BARREN_ASKS:
                filled, notes = self._proposer.propose()
            else:
                unseen = self._proposer.propose_unseen(ENUMERATED)
                if unseen is None:
                    self._exhausted = True
                    self.hold.add_event("info", "space exhausted: no new candidate is left")
                    return None
                filled, notes = unseen, {}
            trial, row = self._intake.judge(filled, notes, self.history)
            self.hold.add_trial(row)
            self.history.add(trial)
            if trial.state == "waiting":
                return trial
            if self._over():
                return None
        return None

    def _job(self, trial: Trial) -> Job:
        assert trial.candidate is not None
        until = trial.next_level or trial.ladder[-1]
        start = trial.checkpoint
        begin = start.images if start else 0
        if trial.state != "running":
            trial.state, trial.reason = "running", None
            self.hold.update_trial(trial.number, state="running", reason=None)
        epochs = range(self._epoch, until, self._epoch)
        points = sorted({until, *epochs, *(level for level in trial.ladder if level < until)})
        return Job(
            purpose="trial",
            number=trial.number,
            candidate=trial.candidate.to_json(),
            data=self._data,
            plan=self.plan,
            seed=trial.seed,
            until=until,
            horizon=trial.ladder[-1],
            evaluate_at=tuple(point for point in points if point > begin),
            folder=str(self.folder),
            start=begin,
            checkpoint=str(self.root / start.path) if start else None,
            sha256=start.sha256 if start else None,
            seconds=self.clock.search_remaining,
            spent=trial.seconds if start else 0.0,
        )

    # What it shows

    def show(self, phase: str, force: bool = False) -> None:
        """Hand a snapshot to whoever watches, at most four times a second."""
        now = time.monotonic()
        if force or now - self._shown >= POLL:
            self._shown = now
            jobs = self.executor.running()
            self._watch(
                take_snapshot(
                    phase, self._study, self.history, jobs, self.clock, self._epoch, self.sign
                )
            )
