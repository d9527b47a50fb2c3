"""A study as Optuna's tools see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest
import synthetic
from synthetic import pretend

from autocnn import open_study, to_optuna
from autocnn.errors import StoreError
from autocnn.search.job import Failed
from autocnn.store import Store, open_store


def test_optuna_gets_every_trial(finished: str, tmp_path: Path) -> None:
    store, record = open_study("small", finished)
    trials = store.trials(record.id)
    memory = to_optuna("small", finished)
    file = to_optuna("small", finished, storage=f"sqlite:///{tmp_path}/optuna.db")
    again = optuna.load_study(study_name="small", storage=f"sqlite:///{tmp_path}/optuna.db")
    assert memory.direction.name == "MAXIMIZE"
    assert memory.best_value == max(t.best_value or 0 for t in trials if t.state == "completed")
    for study in (memory, file, again):
        assert [t.params for t in study.trials] == [dict(t.values) for t in trials]
        assert study.user_attrs["data_fingerprint"] == record.data_fingerprint
        for made, trial in zip(study.trials, trials, strict=True):
            states = {"completed": "COMPLETE", "paused": "PRUNED"}
            assert made.state.name == states[trial.state]
            assert made.user_attrs["candidate_digest"] == trial.candidate_digest
            assert max(made.intermediate_values) == trial.images
            assert made.duration is not None
            assert made.duration.total_seconds() > 0
    assert [t.distributions for t in memory.trials] == [t.distributions for t in again.trials]
    assert optuna.importance.get_param_importances(memory) or len(trials) < 5


def test_optuna_sees_states_as_its_samplers_need_them(store_of_states: tuple[Store, str]) -> None:
    store, url = store_of_states
    study = store.study("synthetic")
    assert study is not None
    made = to_optuna("synthetic", url)
    for trial, frozen in zip(store.trials(study.id), made.trials, strict=True):
        source = trial if trial.parent is None else store.trials(study.id)[trial.parent]
        name = {
            "completed": "COMPLETE",
            "paused": "PRUNED",
            "infeasible": "PRUNED",
            "failed": "FAIL",
        }[source.state]
        assert frozen.state.name == name
        assert frozen.user_attrs["state"] == trial.state
        assert bool(frozen.constraints) == (trial.state == "infeasible")
        if source.best_value is not None and name != "FAIL":
            assert frozen.value == source.best_value


def test_what_a_stopping_rule_ended_is_pruned(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    store = open_store(url)
    search = {"strategy": "random", "stopping": {"median": {"rivals": 2}}}
    synthetic.search(store, synthetic.space(search=search, budget={"trials": 12}))
    made = to_optuna("synthetic", url)
    ended = [trial for trial in made.trials if trial.user_attrs["state"] == "stopped"]
    assert ended
    assert {trial.state.name for trial in ended} == {"PRUNED"}


def test_a_child_is_no_repetition_of_its_parent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    store = open_store(url)
    given = synthetic.space(
        search={"strategy": "local_search", "stopping": "none"}, budget={"trials": 6}
    )
    synthetic.search(store, given)
    study = store.study("synthetic")
    assert study is not None
    trials = store.trials(study.id)
    assert any(trial.parent is not None and trial.state == "completed" for trial in trials)
    for trial, frozen in zip(trials, to_optuna("synthetic", url).trials, strict=True):
        word = "repeats" if trial.state == "duplicate" else "parent"
        found = {name: frozen.user_attrs.get(name) for name in ("repeats", "parent")}
        assert found == {"repeats": None, "parent": None, word: trial.parent}


@pytest.fixture
def store_of_states(tmp_path: Path) -> tuple[Store, str]:
    """A study with every final state, from jobs that only pretend to train."""

    def run(job: Any, worker: int) -> Any:
        if job.number % 5 == 1:
            yield Failed(job, worker, "out-of-memory", "too big")
        else:
            yield from pretend(job, worker)

    url = f"sqlite:///{tmp_path}/states/a.db"
    store = open_store(url)
    architecture = [
        {"conv": {"channels": {"int": [4, 12]}, "kernel": {"choice": [1, 7]}}},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ]
    given = synthetic.space(
        architecture=architecture,
        training={"epochs": 3},
        budget={"trials": 12},
        constraints={"params": {"max": 500}},
    )
    synthetic.search(store, given, run)
    return store, url


def test_a_name_that_the_storage_has_is_refused(finished: str, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/optuna.db"
    to_optuna("small", finished, storage=storage)
    with pytest.raises(StoreError, match="has a study 'small' already"):
        to_optuna("small", finished, storage=storage)
