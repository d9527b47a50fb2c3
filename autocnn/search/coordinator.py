"""The one writer of a study: gives out jobs, records what comes back, ends the search in time.

Everything it does next is a function of the history, which the store has: a run that was killed
continues where its last transaction left it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autocnn.errors import AutocnnError, Problem, StoreError
from autocnn.registry import Registry
from autocnn.search.agenda import Agenda
from autocnn.search.clock import Clock
from autocnn.search.executors import Executor
from autocnn.search.finals_time import finals_seconds
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.interrupt import Interrupt
from autocnn.search.job import Event, Failed, Job, Key, Progressed
from autocnn.search.objectives import Objectives
from autocnn.search.recorder import Recorder
from autocnn.search.retention import INCUMBENTS, PARENTS, intact, sweep
from autocnn.search.samplers.history_sampler import PARENT
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.snapshot import Snapshot, take_snapshot
from autocnn.search.starts import Start
from autocnn.search.trial import Trial
from autocnn.space import Space
from autocnn.store import Hold

LEAST_SECONDS = 1.0
"""With less time than this no job is started, unless no trial has a result yet."""

OVERTIME = 2.0
"""Seconds past its deadline after which a job is dropped where it stands."""

FIRST_RESULT = 4.0
"""Seconds past the budget that a search without a result may take, of ten that are allowed."""

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
        networks: int,
        data: dict[str, Any],
        plan: dict[str, Any],
        interrupt: Interrupt,
        watch: Callable[[Snapshot], None],
        rehearse: Callable[[], object],
        starts: Sequence[Start],
    ):
        search, objectives = space.section(SearchOptions), space.section(Objectives)
        self.history, self.hold, self.executor, self.clock = history, hold, executor, clock
        self.interrupt, self.folder, self.root, self.plan = interrupt, folder, root, plan
        self.objectives, self.metric, self.seed = objectives, objectives.metric, search.seed
        self.sign = objectives.sign
        self.reserve = RESERVE
        self.whole = search.fidelity is None
        """Whether trials are trained on the whole, as networks of the finals are."""
        self._study, self._data, self._watch, self._intake = study, data, watch, intake
        self.epoch = intake.epoch
        self._images = space.section(Budget).images_of(intake.epoch) / networks
        workers = executor.workers, networks, executor.sharing
        self._finals_seconds = partial(finals_seconds, clock.own, search.finals, history, *workers)
        self._agenda = Agenda(space, history, hold, intake, starts)
        kept = PARENTS if search.inherit else INCUMBENTS
        self._recorder = Recorder(
            history, hold, search.stopping, root, intake.epoch, objectives, kept, plan["device"]
        )
        self._rehearse: Callable[[], object] | None = rehearse
        self._inherits, self._scores = search.inherit, tuple(map(Registry.write, search.scores))
        self._points: dict[Key, Progressed] = {}
        self._beat, self._shown = clock.started, ("", 0.0)

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
            for job in self.executor.running():
                if self._late(job):
                    self._drop(job)

    def step(self, phase: str) -> list[Event]:
        """Wait a moment for events, record them, show and beat.

        Raises StoreError where a worker could not write its checkpoint; nothing is lost then.
        """
        events = self.executor.events(POLL)
        for event in events:
            if isinstance(event, Failed) and event.reason == "disk":
                text = "cannot write; nothing is lost: free some space and run the same command"
                raise StoreError(Problem("P06", f"{text} again", event.detail))
            self._points.pop(event.job.key, None)  # with its candidate, once the job has ended
            if isinstance(event, Progressed):
                self._points[event.job.key] = event
            if event.job.purpose == "trial":
                self._recorder.record(event)
        self.beat()
        self.show(phase)
        return events

    def beat(self, force: bool = False) -> None:
        """Add the seconds since the last heartbeat to the study's."""
        now = time.monotonic()
        if force or now - self._beat >= HEARTBEAT:
            self.hold.heartbeat(now - self._beat)
            self._beat = now

    # Jobs

    def _employ(self) -> None:
        while len(self.executor.running()) < self.executor.workers and self._may_start():
            busy = self._recorder.set_aside | {job.number for job in self.executor.running()}
            trial = self._agenda.next(busy, self._may_start)
            if trial is None or not self._affords(trial):
                return
            self.executor.submit(self._job(trial))

    def _job(self, trial: Trial) -> Job:
        full = trial.ladder[-1]
        left = max(1.0, self._images_left() - trial.due(trial.images))
        until = int(min(trial.next_level or full, trial.images + left))
        if trial.checkpoint and not intact(self.root / trial.checkpoint.path, trial.checkpoint):
            text = f"trial {trial.number} starts over: its checkpoint is missing or damaged"
            self.hold.add_event("warning", text)
            trial.checkpoint = None
        if trial.state != "running":
            trial.state, trial.reason = "running", None
            self.hold.update_trial(trial.number, state="running", reason=None)
        start = trial.checkpoint
        begin = start.images if start else 0
        points = {until, *range(self.epoch, until, self.epoch), *trial.ladder}
        end = self._search_end()
        return Job(
            purpose="trial",
            number=trial.number,
            candidate=self._intake.trained(trial.candidate).to_json(),
            data=self._data,
            plan=self.plan,
            seed=trial.seed,
            until=until,
            horizon=full,
            evaluate_at=tuple(sorted(point for point in points if begin < point <= until)),
            folder=str(self.folder),
            start=begin,
            checkpoint=str(self.root / start.path) if start else None,
            deadline=None if end == math.inf else end,
            spent=trial.seconds if start else 0.0,
            objective=self.metric,
            inherit=self._heritage(trial) if start is None else None,
            scores=self._scores if start is None else (),
        )

    def _heritage(self, trial: Trial) -> str | None:
        """The checkpoint that a trial begins with: its parent's, if that is still there."""
        number = trial.notes.get(PARENT)
        if not self._inherits or number is None:
            return None
        parent = self.history.trials[number]
        if parent.original is not None:
            parent = self.history.trials[parent.original]
        if parent.checkpoint is None:
            return None
        path = self.root / parent.checkpoint.path
        return str(path) if intact(path, parent.checkpoint) else None

    def _drop(self, job: Job) -> None:
        """Take a job from its worker; its trial goes on from the last checkpoint another time."""
        self.executor.kill(job)
        trial = self.history.trials[job.number]
        if trial.state == "running":
            self._recorder.pause(trial, "interrupted" if self.interrupt.came() else "budget")

    # Ends

    def _search_end(self) -> float:
        """When the search phase ends: not before the budget itself while no trial has a result."""
        if not self.history.has_result():
            return self.clock.end + FIRST_RESULT
        return self.clock.end - max(self.reserve, self._finals_seconds())

    def _images_left(self) -> float:
        """Images that the budget allows beside what running jobs are going to see."""
        jobs = self.executor.running()
        planned = sum(self.history.trials[job.number].due(job.until) for job in jobs)
        return self._images - self.history.images() - planned

    def _affords(self, trial: Trial) -> bool:
        """Whether images are left beyond a trial's pretraining; the first result may cost more."""
        if self._images_left() > trial.due(trial.images) or not self.history.has_result():
            return True
        if not self.executor.running():
            text = f"trial {trial.number}: its pretraining takes more than the budget leaves"
            self.hold.add_event("info", text)
            trial.state = "waiting"
            self.hold.update_trial(trial.number, state="waiting")
        return False

    def _may_start(self) -> bool:
        """Whether another job may start."""
        least = LEAST_SECONDS if self.history.has_result() else 0.0
        return not (
            self.interrupt.came()
            or time.monotonic() + least >= self._search_end()
            or self._images_left() <= 0
            or self._recorder.hopeless
        )

    def _late(self, job: Job) -> bool:
        """Whether a job is past its deadline, the end of the search or a signal's grace."""
        end = self._search_end()
        within = job.deadline is None or job.deadline <= end
        return self.interrupt.overdue or time.monotonic() > end + (OVERTIME if within else 0.0)

    def _measure_reserve(self) -> None:
        """Write the report so far, once, to know what the last one will cost on this machine."""
        if self._rehearse is None or self.clock.limit is None or not self.history.has_result():
            return
        left = self._search_end() - time.monotonic()
        if left < max(2 * LEAST_SECONDS, REHEARSAL * (self.clock.own - self._finals_seconds())):
            start, rehearse = time.monotonic(), self._rehearse
            self._rehearse = None
            try:
                rehearse()
            except AutocnnError:
                raise
            except Exception as error:  # no fault of a report may end a search
                text = f"the report could not be written: {type(error).__name__}: {error}"
                self.hold.add_event("warning", text)
            self.reserve = 1.0 + RESERVE_FACTOR * (time.monotonic() - start)

    # What it shows

    def show(self, phase: str) -> None:
        """Hand a snapshot to whoever watches, at most four times a second in one phase."""
        now = time.monotonic()
        if phase != self._shown[0] or now - self._shown[1] >= POLL:
            self._shown = phase, now
            running = [job for job in self.executor.running() if not job.rank]
            jobs = [(job, self._points.get(job.key)) for job in running]
            self._watch(
                take_snapshot(
                    phase,
                    self._study,
                    self.history,
                    jobs,
                    self.clock,
                    self.epoch if phase == "search" else self._intake.whole,
                    self.metric,
                    self.sign,
                )
            )
