"""Candidates in little memory."""

from __future__ import annotations

from autocnn.search.history import History
from autocnn.search.shelf import OPEN
from autocnn.search.trial import Trial
from autocnn.space import Candidate
from autocnn.training import read_candidate_json


def candidate(number: int) -> Candidate:
    convs = [{"conv": {"channels": 8 + index}} for index in range(10)]
    rest = ["global_pool", {"dropout": {"rate": number / 1000}}, {"linear": {"units": 10}}]
    return read_candidate_json(
        {
            "data": {"shape": [1, 8, 8], "classes": 10},
            "architecture": [*convs, *rest],
            "training": {"optimizer": {"sgd": {"lr": 1 / (number + 3)}}},
        }
    )


def test_a_history_keeps_candidates_in_some_hundred_bytes() -> None:
    made = [candidate(number) for number in range(OPEN + 5)]
    history = History(
        Trial(number, {}, entry, "waiting", ladder=(1,)) for number, entry in enumerate(made)
    )
    for trial, entry in zip(history.trials, made, strict=True):
        if trial.number:
            assert isinstance(trial.made, bytes)
            assert len(trial.made) < 200
        assert trial.candidate == entry
        assert trial.recipe == entry.training
        assert history.known(entry) is trial


def test_what_is_not_trained_is_not_kept() -> None:
    history = History([Trial(0, {}, candidate(0), "infeasible", "constraint")])
    assert history.trials[0].made is None
    assert history.trials[0].seen == 0


def test_each_listener_is_told_of_changes_once() -> None:
    history = History([Trial(0, {}, None, "running"), Trial(1, {}, None, "running")])
    one, other = history.changes(), history.changes()
    assert one == {0, 1}
    one.clear()
    history.trials[1].state = "paused"
    assert one == {1}
    assert other == {0, 1}
