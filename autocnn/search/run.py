"""One run of a study: the search phase, then the finals, in one store, by one holder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import optuna

from autocnn.errors import NoTrialSucceeded, Problem, StoreError
from autocnn.registry import modules_of
from autocnn.search.choice import KEY as CHOICE
from autocnn.search.choice import Choice
from autocnn.search.clock import Clock
from autocnn.search.constraints import Constraints
from autocnn.search.coordinator import Coordinator
from autocnn.search.costs import Costs
from autocnn.search.executors import Executor, InlineExecutor, ProcessExecutor
from autocnn.search.finals import Finals
from autocnn.search.intake import Intake
from autocnn.search.interrupt import Interrupt
from autocnn.search.objectives import Objectives
from autocnn.search.opening import ineffective, seconds_before, settings, study_folder
from autocnn.search.pace import Pace
from autocnn.search.reading import Outcome, read_outcome, read_test, refuse_lost
from autocnn.search.resume import load_history
from autocnn.search.retention import sweep
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.snapshot import Snapshot
from autocnn.search.starts import Firsts, recorded
from autocnn.space import Candidate, Space
from autocnn.store import Hold, Store, StudyRecord, TrialRecord
from autocnn.training import Plan
from autocnn.training.gpus import gpu_count
from autocnn.training.metrics import named

if TYPE_CHECKING:
    from autocnn.data import Dataset

Close = Callable[[Outcome, Hold], None]
"""Writes bundle and report once the outcome is known."""


@dataclass(frozen=True)
class Run:
    """How to run a study: `started` by `time.monotonic`, `rehearse` writes a report so far."""

    space: Space
    dataset: Dataset
    store: Store
    study: StudyRecord
    started: float
    watch: Callable[[Snapshot], None]
    rehearse: Callable[[], object]
    close: Close
    executor: Executor | None = None

    @property
    def options(self) -> SearchOptions:
        """The `search` section."""
        return self.space.section(SearchOptions)

    @property
    def folder(self) -> Path:
        """The study's folder."""
        return study_folder(self.store, self.study)


def run_study(run: Run) -> int | None:
    """Search, finals and `close`; returns the signal that interrupted it, or None at the end.

    Raises NoTrialSucceeded where no trial has a result (the study stays open for more budget),
    StoreError where another process holds the study.
    """
    with run.store.hold(run.study.id) as hold, Interrupt() as interrupt:
        study = next(study for study in run.store.studies() if study.id == run.study.id)
        if study.state == "finished":
            return None  # by the process that held it until now
        plan = _plan_of(study)
        hold.set_study(state="running", settings=settings(run.space, study))
        executor = run.executor or _executor(run, plan)
        coordinator, done = None, False
        verbosity = optuna.logging.get_verbosity()  # which a proposer lowers
        try:
            coordinator = make_coordinator(replace(run, study=study), hold, interrupt, executor)
            done = _search_and_finish(run, study, coordinator)
        except KeyboardInterrupt:
            if not interrupt.came():
                raise
        finally:
            executor.close()
            optuna.logging.set_verbosity(verbosity)
            if not done:
                with suppress(StoreError):
                    if coordinator is not None:
                        coordinator.beat(force=True)
                    hold.set_study(state="interrupted")
        return None if done else interrupt.signal


def _search_and_finish(run: Run, study: StudyRecord, coordinator: Coordinator) -> bool:
    """Whether the study is finished; it is not where a signal ended its search or finals."""
    hold = coordinator.hold
    choice = Choice.of(study.settings)
    if choice is None:
        choice = _search(run, study, coordinator)
        if choice is None:
            return False
    refuse_lost(run.store, study, choice)
    read_test(coordinator, run.dataset, choice, run.store.finals(study.id))
    outcome = read_outcome(run.store, study, choice)
    coordinator.beat(force=True)
    hold.set_study(phase="bundle")
    coordinator.show("bundle")
    run.close(outcome, hold)
    coordinator.beat(force=True)
    hold.set_study(state="finished", phase="done")
    sweep(coordinator.folder, coordinator.history, coordinator.root)
    coordinator.show("done")
    return True


def _search(run: Run, study: StudyRecord, coordinator: Coordinator) -> Choice | None:
    """Search and finals, up to what they choose and record; None where a signal ended them."""
    hold, interrupt, history = coordinator.hold, coordinator.interrupt, coordinator.history
    if not history.trials:
        _tell_starts(hold, recorded(study.settings))
        for text in ineffective(run.space):
            hold.add_event("warning", text)
    coordinator.run()
    if interrupt.came():
        return None
    if not history.has_result():
        raise NoTrialSucceeded(failure_summary(run.store.trials(study.id)))
    hold.set_study(phase="finals")
    finals = Finals(coordinator, run.dataset, run.options.finals)
    choice = finals.run()
    if choice is None:
        return None
    if coordinator.clock.limit is not None:
        _tell_shortness(hold, choice.winner.images / len(run.dataset.train))
    if not choice.bundle.tta and history.trials[choice.bundle.trial].recipe.view_count > 1:
        text = "too little time for test-time augmentation: predictions are made without"
        hold.add_event("warning", text)
    kept = {**settings(run.space, study), CHOICE: choice.to_json()}
    hold.add_final(*finals.rows, phase="test", settings=kept)
    return choice


def _tell_shortness(hold: Hold, epochs: float) -> None:
    """Note where the time was too short for the winner to see the training images once."""
    if epochs < 1:
        text = f"too little time: the best network came to {epochs:.2g} of an epoch"
        hold.add_event("warning", f"{text}, so that the results tell little")


def _tell_starts(hold: Hold, firsts: Firsts) -> None:
    """Note with which known candidates a new study begins, and which it could not use."""
    for text in firsts.left_out:
        hold.add_event("warning", f"search.start: {text}")
    if firsts.starts:
        origins = ", ".join(dict.fromkeys(start.origin for start in firsts.starts))
        count = len(firsts.starts)
        hold.add_event("info", f"tries {count} known candidates first: {origins}")


def _plan_of(study: StudyRecord) -> Plan:
    """The plan of every job; raises StoreError (P18) where it wants a GPU and there is none."""
    plan = Plan.model_validate(study.plan)
    if plan.device != "cpu" and not gpu_count():
        text = "it was begun on a GPU and goes on with the same bits only there; torch sees none"
        raise StoreError(Problem("P18", text, f"study {study.name}"))
    return plan


def _executor(run: Run, plan: Plan) -> Executor:
    options = run.options
    if options.executor == "inline":
        return InlineExecutor()
    modules = modules_of((options, named(run.space.section(Objectives).metric)))
    return ProcessExecutor(None if options.workers == "auto" else options.workers, plan, modules)


def make_coordinator(
    run: Run, hold: Hold, interrupt: Interrupt, executor: Executor
) -> Coordinator:
    """The coordinator of a study as the store has it: new, or where an earlier run left it."""
    space, dataset, study = run.space, run.dataset, run.study
    objectives, fidelity = space.section(Objectives), run.options.fidelity
    seen = dataset if fidelity is None else fidelity.dataset(dataset, run.options.seed)
    intake = Intake(
        dataset.shape,
        len(dataset.classes),
        len(seen.train),
        Costs(space.section(Constraints), objectives.wanted, study.plan),
        run.options.stopping,
        run.options.seed,
        fidelity,
        len(dataset.train),
        _scorer(run.options, seen),
    )
    clock = Clock(space.section(Budget).time, study.seconds, run.started, seconds_before(study))
    seconds = clock.own if dataset.folds is None else math.inf
    pace = Pace.of(seconds, run.options, executor.workers, objectives, executor.sharing)
    return Coordinator(
        study=study.name,
        space=space,
        history=load_history(run.store, study.id, intake, objectives, pace),
        hold=hold,
        executor=executor,
        intake=intake,
        clock=clock,
        folder=_folder(run.folder),
        root=run.store.folder,
        networks=dataset.networks,
        data=seen.reference,
        plan=dict(study.plan),
        interrupt=interrupt,
        watch=run.watch,
        rehearse=run.rehearse,
        starts=recorded(study.settings).starts,
    )


def _scorer(
    options: SearchOptions, dataset: Dataset
) -> Callable[[Candidate, int], dict[str, float]] | None:
    """Tells the score that candidates are screened by, if they are."""
    if options.screen is None:
        return None
    wanted = (options.screen.score,)

    def score(candidate: Candidate, seed: int) -> dict[str, float]:
        from autocnn.training.scoring import initial_scores

        return initial_scores(wanted, candidate, dataset, seed)

    return score


def _folder(study: Path) -> Path:
    folder = study / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def failure_summary(trials: Sequence[TrialRecord]) -> str:
    """Why no trial has a result, by state and reason, each with the first case of it."""
    cases: dict[tuple[str, str | None], list[TrialRecord]] = {}
    for trial in trials:
        if trial.state != "duplicate":
            cases.setdefault((trial.state, trial.reason), []).append(trial)
    if not cases:
        return "no trial could be started within the budget"
    lines = ["no trial succeeded:"]
    for (state, reason), same in sorted(cases.items(), key=lambda case: -len(case[1])):
        last = same[0].detail.strip().rpartition("\n")[2]
        example = f", such as trial {same[0].number}: {last}" if last else ""
        lines.append(f"  {len(same)} {state} ({reason or 'no result in time'}){example}")
    return "\n".join(lines)
