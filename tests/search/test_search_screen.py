"""Scores before training as notes of trials, and as a screen of what is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import synthetic

from autocnn.errors import SpaceError
from autocnn.search.costs import MEASURED
from autocnn.search.job import Event, Job, Progressed
from autocnn.search.rejected import rejected
from autocnn.search.screen import SCORED
from autocnn.search.strategies import STRATEGIES
from autocnn.search.worker import run_job
from autocnn.store import open_store
from autocnn.training import SCORES

DRAWS = 3
FIRST = {"architecture.0.conv.channels": 5}


def search(url: str, trials: int, **changes: Any) -> None:
    start = {"candidates": [FIRST], "portfolio": False, "earlier": False}
    options = {"stopping": "none", "start": start, "screen": {"score": "nwot", "draws": DRAWS}}
    wanted = {**synthetic.SPACE["search"], **options, **changes}
    synthetic.search(open_store(url), synthetic.space(search=wanted, budget={"trials": trials}))


@pytest.mark.parametrize("word", STRATEGIES)
def test_of_several_draws_the_one_with_the_highest_score_is_trained(
    word: str, tmp_path: Path
) -> None:
    url, again = (f"sqlite:///{tmp_path}/{name}/a.db" for name in "ab")
    if STRATEGIES[word].exhaustive:
        with pytest.raises(SpaceError, match=r"\[Y33\]"):
            search(url, 3, strategy=word)
        return
    search(url, 4, strategy=word)
    store = open_store(url)
    study = store.study("synthetic")
    assert study is not None
    first, *others = store.trials(study.id)
    assert (first.state, SCORED in first.notes) == ("completed", False)
    scored = [trial for trial in others if SCORED in trial.notes]
    assert len(scored) == 3 * DRAWS
    for begin in range(0, len(scored), DRAWS):
        group = scored[begin : begin + DRAWS]
        (trained,) = [trial for trial in group if trial.state == "completed"]
        for trial in group:
            assert trial.notes[SCORED]["nwot"] <= trained.notes[SCORED]["nwot"]
            assert trial is trained or (trial.state, trial.reason) == ("infeasible", "screen")
    assert rejected(store.trials(study.id))["screen"] == 3 * (DRAWS - 1)
    for trials in (2, 4):
        search(again, trials, strategy=word)
    found = synthetic.recorded(open_store(again), "synthetic")
    assert found == synthetic.recorded(store, "synthetic")


def test_what_is_screened_out_of_a_small_space_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocnn.search.agenda.BARREN_ASKS", 5)
    options = {"strategy": "random", "stopping": "none", "seed": 0, "start": "none"}
    layer = {"conv": {"channels": {"int": [1, 12]}}}
    changes: dict[str, Any] = {
        "architecture": [layer, "global_pool", synthetic.SPACE["architecture"][-1]],
        "training": {"epochs": 1},
        "search": {**options, "screen": {"score": "nwot", "draws": DRAWS}},
        "constraints": {},
    }
    whole, parts = (open_store(f"sqlite:///{tmp_path}/{name}/a.db") for name in "ab")
    synthetic.search(whole, synthetic.space(**changes, budget={}))
    study = whole.study("synthetic")
    assert study is not None
    ended = [trial for trial in whole.trials(study.id) if trial.state == "completed"]
    assert sorted(trial.values["architecture.0.conv.channels"] for trial in ended) == [
        *range(1, 13)
    ]
    (event,) = whole.events(study.id)
    assert event.message == "space exhausted: no new candidate is left"
    for trials in (4, 9, 99):
        synthetic.search(parts, synthetic.space(**changes, budget={"trials": trials}))
    found = synthetic.recorded(whole, "synthetic")
    assert found == synthetic.recorded(parts, "synthetic")


def test_a_worker_scores_what_begins(tmp_path: Path) -> None:
    known = [{word: {}} for word in SCORES]
    dataset, jobs = synthetic.digits(), list[Job]()

    def noted(job: Job, worker: int) -> Iterator[Event]:
        jobs.append(job)
        for event in synthetic.pretend(job, worker):
            yield (
                replace(event, scores={"synflow": 1.5}) if isinstance(event, Progressed) else event
            )

    store = open_store(f"sqlite:///{tmp_path}/a.db")
    options = {**synthetic.SPACE["search"], "scores": list(SCORES)}
    aims = {"val_accuracy": "maximize", "memory_mb": "minimize"}
    given = synthetic.space(search=options, budget={"trials": 2}, objectives=aims)
    synthetic.search(store, given, noted)
    study = store.study("synthetic")
    assert study is not None
    trained = [trial for trial in store.trials(study.id) if trial.images]
    assert all(trial.notes[SCORED] == {"synflow": 1.5} for trial in trained)
    assert all("memory_mb" in trial.notes[MEASURED] for trial in trained)
    assert {bool(job.scores) for job in jobs if job.start} <= {False}
    job = next(job for job in jobs if not job.start)
    assert list(job.scores) == known
    short = replace(job, until=64, evaluate_at=(64,), data=dataset.reference)
    (point, _) = run_job(short, 0)
    assert isinstance(point, Progressed)
    assert list(point.scores) == list(SCORES)
