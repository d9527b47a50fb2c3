"""Trials that begin with weights of the trial they were made from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_space import SPACE, space

from autocnn.api import load_space, open_data, open_study, run_search
from autocnn.search.samplers import LocalSearchSampler
from autocnn.search.samplers.history_sampler import PARENT
from autocnn.search.strategies import STRATEGIES, Wish
from autocnn.space import Candidate, elaborate, fill_values
from autocnn.training import read_weights, train
from autocnn.training.inheritance import inherited

CHANNELS, RATE = "architecture.0.conv.channels", "training.optimizer.adamw.lr"


def candidate(channels: int) -> Candidate:
    made = elaborate(
        fill_values(load_space(space()), {CHANNELS: channels, RATE: 0.01}), (1, 8, 8), 10
    )
    assert isinstance(made, Candidate)
    return made


def test_what_fits_is_taken_and_goes_on_without_the_parent(tmp_path: Path) -> None:
    dataset, small = open_data(load_space(space())), candidate(8)
    parent = next(train(small, dataset, seed=0, until=128))
    parent.save(tmp_path / "parent.pt")
    weights, share = inherited(small.architecture, tmp_path / "parent.pt")
    assert share == 1
    some, less = inherited(candidate(16).architecture, tmp_path / "parent.pt")
    assert 0 < less < 0.2, "only the offsets of the last layer have the same shape"
    assert all(torch.equal(tensor, weights[name]) for name, tensor in some.items())
    whole = list(train(small, dataset, seed=1, until=256, evaluate_at=(128,), weights=weights))
    first = next(train(small, dataset, seed=1, until=256, evaluate_at=(128,), weights=weights))
    first.save(tmp_path / "child.pt")
    *_, last = train(small, dataset, seed=1, until=256, start=tmp_path / "child.pt")
    last.save(tmp_path / "end.pt")
    whole[-1].save(tmp_path / "whole.pt")
    ends = [read_weights(tmp_path / name) for name in ("end.pt", "whole.pt")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_search_says_what_its_trials_began_with(url: str) -> None:
    search = {**SPACE["search"], "strategy": "local_search", "inherit": True, "start": "none"}
    run_search(space(search=search, budget={"trials": 5}), store=url, report=False)
    store, study = open_study("small", url)
    trials = store.trials(study.id)
    shares = {t.number: t.notes["inherited"] for t in trials if "inherited" in t.notes}
    assert shares
    for number, share in shares.items():
        parent = trials[trials[number].parent or 0]
        same = parent.values[CHANNELS] == trials[number].values[CHANNELS]
        assert trials[number].notes[PARENT] == parent.number < number
        assert (share == 1) == same
    assert trials[0].parent is None
    assert not any("nondeterministic" in e.message for e in store.events(study.id))


def test_a_strategy_that_makes_nothing_from_trials_is_told(url: str) -> None:
    search = {**SPACE["search"], "inherit": True, "start": "none"}
    run_search(space(search=search, budget={"trials": 1}), store=url, report=False)
    store, study = open_study("small", url)
    (warning,) = [event.message for event in store.events(study.id) if event.level == "warning"]
    assert "search.inherit changes nothing: 'random' makes no candidate from another" in warning
    assert "these do: default, evolution, local_search, surrogate" in warning


@pytest.mark.parametrize("word", STRATEGIES)
def test_strategies_know_whether_they_make_candidates_from_trials(word: str) -> None:
    strategy = STRATEGIES[word]
    assert getattr(strategy().sampler(Wish(0)), "mutates", False) is strategy.mutates


def test_our_samplers_tell_what_a_proposal_was_made_from() -> None:
    import optuna

    study = optuna.create_study(sampler=LocalSearchSampler(0, patience=100))
    study.optimize(lambda t: sum(t.suggest_int(name, 0, 9) for name in "abcdef"), n_trials=12)
    told = [trial.system_attrs.get(PARENT) for trial in study.trials]
    for number in range(2, 12):
        assert told[number] is not None
        one, other = study.trials[number].params, study.trials[told[number]].params
        assert sum(one[name] != other[name] for name in one) == 1
