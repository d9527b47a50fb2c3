"""The search phase with jobs that only pretend to train: budgets, faults, checkpoints, resume."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import synthetic
from synthetic import EPOCH, pretend

from autocnn.errors import StoreError
from autocnn.report.summary import budget_used
from autocnn.search.coordinator import Coordinator
from autocnn.search.executors import InlineExecutor
from autocnn.search.history import History
from autocnn.search.job import Event, Failed, Finished, Job, Lost
from autocnn.store import Store, TrialRecord, open_store
from autocnn.store.frames import progress
from autocnn.store.frames import trials as trial_frame

RunJob = Callable[[Job, int], Iterator[Event]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/a.db")


def trials(store: Store) -> list[TrialRecord]:
    study = store.study("synthetic")
    assert study is not None
    return store.trials(study.id)


def messages(store: Store) -> list[str]:
    study = store.study("synthetic")
    assert study is not None
    return [event.message for event in store.events(study.id)]


def files(store: Store) -> set[str]:
    return {path.name for path in (store.folder / "synthetic" / "checkpoints").iterdir()}


def in_batches(job: Job, worker: int, size: int = 64) -> Iterator[Event]:
    """Points at the ends of batches, as training gives them; bigger networks are better."""
    channels = job.candidate["architecture"][0]["conv"]["channels"]
    for stop in job.evaluate_at:
        yield synthetic.point(job, worker, -(-stop // size) * size, channels / 100)
    yield Finished(job, worker)


# Rungs


def test_trials_climb_though_batches_end_beyond_their_rungs(store: Store) -> None:
    search = {"strategy": "random", "stopping": "asha"}
    synthetic.search(store, synthetic.space(search=search, budget={"trials": 27}), in_batches)
    ended = trials(store)
    at = Counter(trial.images for trial in ended if trial.images)
    assert set(at) == {384, 1024, 2944, 11712}
    assert at[384] <= 18  # of 27 at least a third has gone on
    best = max(ended, key=lambda trial: trial.best_value or 0)
    assert best.state == "completed"
    study = store.study("synthetic")
    assert study is not None
    decisions = store.decisions(study.id)
    actions = Counter(d.action for d in decisions)
    assert actions["complete"] == at[11712]
    assert actions["promote"] == at[1024] + 2 * at[2944] + 3 * at[11712]
    assert actions["pause"] == actions["promote"] + 27 - actions["complete"]
    assert {d.rung for d in decisions} == {324, 971, 2914, 9 * EPOCH}
    promoted = [d for d in decisions if d.action == "promote"]
    assert all(d.threshold is not None and (d.rivals or 0) >= 3 for d in promoted)


def test_counts_kept_up_are_those_of_a_new_count(store: Store) -> None:
    def often_fails(job: Job, worker: int) -> Iterator[Event]:
        if job.number % 5 == 0:
            yield Failed(job, worker, "out-of-memory", "oh")
        else:
            yield from pretend(job, worker)

    kept = synthetic.search(store, synthetic.space(budget={"trials": 30}), often_fails).history
    anew = History(replace(trial, tell=None) for trial in kept.trials)
    assert kept.rungs() == anew.rungs()
    assert kept.images() == anew.images() == sum(trial.seen for trial in kept.trials)
    assert kept.tally.began == anew.tally.began
    for name in ("ranked", "unfinished"):
        numbers = [trial.number for trial in getattr(kept, name)()]
        assert numbers == [trial.number for trial in getattr(anew, name)()]
    assert [trial.number for trial in kept.leaders(3)] == [t.number for t in kept.ranked()[:3]]
    assert kept.tally.kept == {trial.number for trial in kept.trials if trial.checkpoint}


# Budgets


def test_the_budget_counts_trials_that_began(store: Store) -> None:
    synthetic.search(store, synthetic.space(budget={"trials": 5}))
    began = [trial for trial in trials(store) if trial.state not in ("infeasible", "duplicate")]
    assert len(began) == 5
    assert {trial.device for trial in began} == {"cpu"}


@pytest.mark.parametrize("budget", [{"images": 5 * EPOCH + 100}, {"epochs": 5.1}])
def test_a_limit_in_images_cuts_the_last_job(store: Store, budget: dict[str, float]) -> None:
    synthetic.search(
        store, synthetic.space(budget=budget, search={"strategy": "random", "stopping": "none"})
    )
    (trial,) = trials(store)
    assert (trial.state, trial.reason) == ("paused", "budget")
    limit = budget.get("images") or round(5.1 * EPOCH)
    assert abs(trial.images - limit) <= 1


def test_pretraining_is_counted_ahead(store: Store) -> None:
    training = {**synthetic.SPACE["training"], "pretrain": {"masked": {"epochs": 2}}}
    search = {"strategy": "random", "stopping": "none"}
    for epochs in (5, 12):
        budget = {"epochs": epochs}
        synthetic.search(store, synthetic.space(budget=budget, search=search, training=training))
        assert trials(store)[0].images == min(9, epochs - 2) * EPOCH
    assert [trial.state for trial in trials(store)] == ["completed", "waiting"]
    assert any("its pretraining takes more" in message for message in messages(store))


def test_t08_batches_larger_than_the_data_are_told_once(store: Store) -> None:
    training = {**synthetic.SPACE["training"], "batch_size": 4096}
    for count in (2, 3):
        synthetic.search(store, synthetic.space(budget={"trials": count}, training=training))
    assert sum("over the 1295 training images" in message for message in messages(store)) == 1


def test_more_budget_continues_what_a_limit_cut(store: Store) -> None:
    search = {"strategy": "random", "stopping": "none"}
    for limit in (5 * EPOCH + 100, 9 * EPOCH):
        synthetic.search(store, synthetic.space(budget={"images": limit}, search=search))
    (trial,) = trials(store)
    assert (trial.state, trial.images) == ("completed", 9 * EPOCH)


def test_a_job_that_is_cut_in_the_batch_of_a_rung_waits_there(store: Store) -> None:
    search = {"strategy": "random", "stopping": {"asha": {"first": 1, "factor": 3}}}
    for images in (EPOCH - 5, 3 * EPOCH):
        given = synthetic.space(search=search, budget={"images": images})
        synthetic.search(store, given, in_batches)
        first = trials(store)[0]
        assert (first.state, first.reason, first.images) == ("paused", "rung", 1344)


def test_the_time_ends_the_search_and_is_counted(store: Store) -> None:
    slow = partial(pretend, pause=0.1)
    given = synthetic.space(budget={"time": 4}, search={"finals": {"share": 0.5}})
    coordinator = synthetic.search(store, given, slow)
    assert 0.9 < coordinator.clock.elapsed < 10
    assert coordinator.history.has_result()


def test_no_job_starts_in_the_last_second(store: Store) -> None:
    """A job that its deadline ended is not started over and over until the time is used."""
    started = []

    def short(job: Job, worker: int) -> Iterator[Event]:
        started.append(job)
        yield synthetic.point(job, worker, job.start + 10, 0.5, "deadline")
        yield Finished(job, worker)

    given = synthetic.space(budget={"time": 1.9}, search={"finals": {"share": 0.5}})
    synthetic.search(store, given, short)
    assert len(started) == 1


def test_without_a_result_the_search_may_use_the_whole_budget(store: Store) -> None:
    deadlines = []

    def first_fails(job: Job, worker: int) -> Iterator[Event]:
        deadlines.append(job.deadline)
        if job.number:
            yield from pretend(job, worker)
        else:
            yield Failed(job, worker, "bug", "oh")

    search = {**synthetic.SPACE["search"], "finals": {"share": 0.5}}
    given = synthetic.space(budget={"time": 1000, "trials": 9}, search=search)
    clock = synthetic.search(store, given, first_fails).clock
    assert min(deadlines[:2]) >= clock.end
    assert set(deadlines[2:]) == {clock.end - 500}


# Small spaces and barren ones


def test_a_small_space_is_exhausted(store: Store) -> None:
    architecture = [
        {"conv": {"channels": {"choice": [4, 8]}, "kernel": {"choice": [1, 3]}}},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ]
    given = synthetic.space(
        architecture=architecture, training={"epochs": 3}, budget={}, constraints={}
    )
    synthetic.search(store, given)
    ended = trials(store)
    assert sum(trial.state not in ("infeasible", "duplicate") for trial in ended) == 4
    assert len(ended) < 50
    assert messages(store) == ["space exhausted: no new candidate is left"]


def test_the_rest_of_a_finite_space_is_drawn_after_barren_proposals(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocnn.search.agenda.BARREN_ASKS", 20)
    architecture = [
        {"conv": {"channels": {"int": [1, 60]}, "kernel": 3}},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ]
    given = synthetic.space(
        architecture=architecture,
        training={"epochs": 1},
        search={"strategy": "random", "stopping": "none"},
        constraints={"params": {"max": 32}},  # 1 channel: 9 + 2 + 20; 2 channels: 52
        budget={},
    )
    synthetic.search(store, given)
    ended = trials(store)
    assert [t.values for t in ended if t.state == "completed"] == [
        {"architecture.0.conv.channels": 1}
    ]
    assert len({tuple(t.values.values()) for t in ended}) == 60


def test_a_barren_space_with_floats_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocnn.search.agenda.BARREN_ASKS", 20)
    synthetic.search(store, synthetic.space(constraints={"params": {"max": 1}}, budget={}))
    assert len(trials(store)) == 20
    assert {trial.state for trial in trials(store)} == {"infeasible"}
    assert messages(store) == ["space exhausted: no new candidate is left"]


# Faults


def failing(reason: str) -> RunJob:
    def run(job: Job, worker: int) -> Iterator[Event]:
        yield Failed(job, worker, reason, "Traceback\nValueError: no luck")

    return run


def test_one_bug_after_the_other_ends_the_search(store: Store) -> None:
    synthetic.search(store, synthetic.space(), failing("bug"))
    told = budget_used(trial_frame(store, "synthetic"), progress(store, "synthetic"), 0.0, {})
    assert told["used"].tolist() == [0, 10, 0, 0]
    assert [(t.state, t.reason) for t in trials(store)] == [("failed", "bug")] * 10
    assert "ValueError: no luck" in trials(store)[0].detail
    assert messages(store) == ["10 trials in a row failed, the last one with: ValueError: no luck"]


def test_candidates_that_diverge_do_not_end_the_search(store: Store) -> None:
    def diverges(job: Job, worker: int) -> Iterator[Event]:
        yield synthetic.point(job, worker, 32, None, "non-finite")
        yield Finished(job, worker)

    coordinator = synthetic.search(store, synthetic.space(budget={"trials": 15}), diverges)
    failed = [t for t in trials(store) if t.state == "failed"]
    assert {t.reason for t in failed} == {"non-finite"}
    assert len(failed) == 15
    assert not coordinator.history.has_result()


def test_a_lost_worker_costs_what_it_had_not_reported(store: Store) -> None:
    starts = []

    def dies_once(job: Job, worker: int) -> Iterator[Event]:
        starts.append((job.number, job.start))
        for event in pretend(job, worker):
            if len(starts) == 1 and not isinstance(event, Finished) and event.images > 2 * EPOCH:
                yield Lost(job, worker, "its process ended with exit code -9")
                return
            yield event

    given = synthetic.space(
        search={"strategy": "random", "stopping": "none"}, budget={"trials": 2}
    )
    synthetic.search(store, given, dies_once)
    assert starts == [(0, 0), (0, 2 * EPOCH), (1, 0)]
    assert [trial.state for trial in trials(store)] == ["completed", "completed"]


def test_a_worker_lost_after_the_last_point_of_its_job_costs_nothing(
    store: Store, tmp_path: Path
) -> None:
    def dies_at_the_end(job: Job, worker: int) -> Iterator[Event]:
        for event in pretend(job, worker):
            lost = Lost(job, worker, "its process ended with exit code -9")
            yield lost if isinstance(event, Finished) else event

    given, other = (
        synthetic.space(budget={"trials": 9}),
        open_store(f"sqlite:///{tmp_path}/b/a.db"),
    )
    synthetic.search(store, given, dies_at_the_end)
    synthetic.search(other, given)
    assert synthetic.recorded(store, given.name) == synthetic.recorded(other, given.name)


def test_a_trial_that_goes_on_elsewhere_runs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, reasons = random.Random(0), set[str | None]()

    class Two(InlineExecutor):
        workers = 2

        def events(self, timeout: float) -> list[Event]:
            reasons.update(trial.reason for trial in trials(store))
            self._jobs.rotate(chance.randrange(2))
            return super().events(timeout)

    monkeypatch.setattr(synthetic, "InlineExecutor", Two)
    search = {"strategy": "random", "stopping": {"median": {"rivals": 9}}}
    synthetic.search(store, synthetic.space(search=search, budget={"trials": 3}))
    assert reasons == {None, "rung"}


def test_a_trial_that_loses_three_workers_has_failed(store: Store) -> None:
    def dies(job: Job, worker: int) -> Iterator[Event]:
        if job.number == 1:
            yield Lost(job, worker, "its process ended with exit code -9")
        else:
            yield from pretend(job, worker)

    synthetic.search(store, synthetic.space(budget={"trials": 4}), dies)
    lost = trials(store)[1]
    assert (lost.state, lost.reason) == ("failed", "worker-lost")
    assert lost.detail == "lost its worker 3 times: its process ended with exit code -9"


def test_a_trial_whose_jobs_bring_nothing_is_set_aside(store: Store) -> None:
    given = Counter[int]()

    def empty(job: Job, worker: int) -> Iterator[Event]:
        given[job.number] += 1
        assert given[job.number] < 20
        yield from [Finished(job, worker)] if job.number == 1 else pretend(job, worker)

    few = synthetic.space(budget={"trials": 3}, search={"strategy": "random", "stopping": "none"})
    synthetic.search(store, few, empty)
    assert given == {0: 1, 1: 3, 2: 1}
    assert [trial.state for trial in trials(store)] == ["completed", "paused", "completed"]
    assert "trial 1: 3 jobs ended early without a new point; it waits for another run" in messages(
        store
    )
    synthetic.search(store, few)
    assert [trial.state for trial in trials(store)] == ["completed"] * 3


def test_a_full_disk_ends_the_run_and_fails_no_trial(store: Store) -> None:
    calm = open_store(f"sqlite:///{store.folder}/calm/a.db")
    synthetic.search(calm, synthetic.space(budget={"trials": 9}))

    def full(job: Job, worker: int) -> Iterator[Event]:
        if job.number == 3:
            yield Failed(job, worker, "disk", "trial-3-1.pt: No space left on device")
        else:
            yield from pretend(job, worker)

    with pytest.raises(StoreError, match=r"No space left on device.*free some space.*P06"):
        synthetic.search(store, synthetic.space(budget={"trials": 9}), full)
    synthetic.search(store, synthetic.space(budget={"trials": 9}))
    assert synthetic.recorded(store, "synthetic") == synthetic.recorded(calm, "synthetic")


def test_a_fault_of_the_report_ends_no_search(store: Store, monkeypatch: Any) -> None:
    def broken() -> None:
        raise RuntimeError("no plot")

    before = Coordinator.__init__
    monkeypatch.setattr(
        Coordinator,
        "__init__",
        lambda self, **given: before(self, **{**given, "rehearse": broken}),
    )
    given = synthetic.space(budget={"time": 3}, search={"finals": {"share": 0.1}})
    synthetic.search(store, given, partial(pretend, pause=0.05))
    assert "the report could not be written: RuntimeError: no plot" in messages(store)


# Checkpoints


def test_the_files_are_those_that_trials_name(store: Store) -> None:
    synthetic.search(store, synthetic.space(budget={"trials": 15}))
    named = {Path(t.checkpoint.path).name for t in trials(store) if t.checkpoint}
    assert files(store) == named
    best = sorted(trials(store), key=lambda trial: -(trial.best_value or 0))[:3]
    assert all(trial.checkpoint for trial in best)


def test_what_a_killed_run_left_is_swept(store: Store) -> None:
    synthetic.search(store, synthetic.space(budget={"trials": 3}))
    folder = store.folder / "synthetic" / "checkpoints"
    named = files(store)
    for name in ("trial-0-7.pt", "final-1-99.pt", ".trial-2-5.pt.4711.tmp"):
        (folder / name).touch()
    synthetic.search(store, synthetic.space(budget={"trials": 3}))
    assert files(store) == named


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_trial_without_its_checkpoint_starts_over(
    store: Store, damage: Callable[[Path], object]
) -> None:
    calm = open_store(f"sqlite:///{store.folder}/calm/a.db")
    given = synthetic.space(
        budget={"trials": 2}, search={"strategy": "random", "stopping": "none"}
    )
    synthetic.search(calm, given)

    def stop(job: Job, worker: int) -> Iterator[Event]:
        for event in pretend(job, worker):
            if not isinstance(event, Finished) and event.images == 5 * EPOCH:
                yield Failed(job, worker, "disk", "full")
            yield event

    with pytest.raises(StoreError):
        synthetic.search(store, given, stop)
    for path in (store.folder / "synthetic" / "checkpoints").iterdir():
        damage(path)
    synthetic.search(store, given)
    assert synthetic.recorded(store, "synthetic") == synthetic.recorded(calm, "synthetic")
    assert messages(store) == ["trial 0 starts over: its checkpoint is missing or damaged"]


# Signals


def test_a_signal_ends_the_search_at_the_next_point(store: Store) -> None:
    calm = open_store(f"sqlite:///{store.folder}/calm/a.db")
    given = synthetic.space(
        budget={"trials": 3}, search={"strategy": "random", "stopping": "none"}
    )
    synthetic.search(calm, given)
    done = []

    def interrupted(job: Job, worker: int) -> Iterator[Event]:
        for event in pretend(job, worker):
            done.append(event)
            if len(done) == 12:
                os.kill(os.getpid(), signal.SIGINT)
            yield event

    synthetic.search(store, given, interrupted)
    assert len(done) == 12
    ended = [(t.state, t.reason, t.images) for t in trials(store)]
    assert ended[1:] == [("paused", "interrupted", 2 * EPOCH)]
    synthetic.search(store, given)
    assert synthetic.recorded(store, "synthetic") == synthetic.recorded(calm, "synthetic")


def test_a_second_signal_ends_it_at_once(store: Store) -> None:
    def twice(job: Job, worker: int) -> Iterator[Event]:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        yield from pretend(job, worker)

    with pytest.raises(KeyboardInterrupt):
        synthetic.search(store, synthetic.space(), twice)
    assert trials(store)[0].state == "running"
