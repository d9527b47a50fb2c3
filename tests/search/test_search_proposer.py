"""Strategies through the proposer: legal, seeded, and the same after a resume."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import synthetic

from autocnn.search.constraints import Constraints
from autocnn.search.costs import Costs
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.job import derive_seed
from autocnn.search.objectives import Objectives
from autocnn.search.proposer import Proposer
from autocnn.search.shown import seen_level
from autocnn.search.stopping.asha import Asha
from autocnn.search.strategies import STRATEGIES, Strategy
from autocnn.search.trial import Trial
from autocnn.space import Filled, Space, fill_values, fillings

SMALL: dict[str, Any] = {
    "architecture": [
        {"conv": {"channels": {"choice": [4, 8]}, "kernel": {"int": [1, 3], "step": 2}}},
        {"choice": [[], [{"pool": {"kind": {"choice": ["max", "avg"]}, "kernel": 2}}]]},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ],
    "training": {"epochs": 9},
    "constraints": {},
}
TRIALS = {"gp": 14}
FINITE = {"bruteforce"}
STRATEGY = [
    pytest.param(STRATEGIES[name](), marks=[pytest.mark.slow] if name == "gp" else [])
    for name in STRATEGIES
]


def intake(space: Space) -> Intake:
    constraints = space.sections["constraints"]
    assert isinstance(constraints, Constraints)
    return Intake(
        (1, 8, 8), 10, 100, Costs(constraints, ("params",), {}), Asha(first=1, factor=3), seed=0
    )


def end(trial: Trial, objectives: Objectives) -> None:
    """Let a new trial train: some climb, some fail, one is still running."""
    chance = derive_seed(trial.number, "test")
    if trial.state != "waiting" or trial.number % 11 == 3:
        return
    trial.state, trial.images = "paused", 100
    trial.reason = "rung"
    score = 0.2 + 0.5 * chance / 2**32

    def note(images: int, score: float) -> None:
        trial.note(images, score, objectives.scores({"val_accuracy": score}, trial.costs))

    note(100, score)
    if chance % 3 == 0:
        trial.state, trial.reason, trial.images = "completed", None, 900
        note(300, score + 0.1)
        note(900, score + 0.2)
    elif chance % 7 == 0:
        trial.state, trial.reason = "failed", "non-finite"
    elif chance % 7 == 1:
        trial.state, trial.reason = "failed", "worker-lost"


def space_for(strategy: Strategy, **changes: Any) -> Space:
    """The conditional space; a finite one for strategies that take no other."""
    return synthetic.space(**{**(SMALL if strategy.word in FINITE else {}), **changes})


def proposals(
    strategy: Strategy, space: Space, seed: int = 0, *, rebuilt: bool = False
) -> tuple[list[dict[str, Any]], History]:
    """What is proposed one after the other, each trial ending before the next one is asked."""
    history, judge, found = History(), intake(space), []
    objectives = space.sections["objectives"]
    assert isinstance(objectives, Objectives)
    proposer = Proposer(space, strategy, seed, history)
    for _ in range(12 if strategy.word in FINITE else TRIALS.get(strategy.word, 45)):
        if rebuilt:
            copies = [replace(t, notes=json.loads(json.dumps(t.notes))) for t in history.trials]
            history = History(copies)
            proposer = Proposer(space, strategy, seed, history)
        proposed = proposer.propose()
        assert proposed is not None
        filled, notes = proposed
        found.append(dict(filled.values))
        trial, _ = judge.judge(filled, notes, history)
        history.add(trial)
        end(trial, objectives)
    return found, history


@pytest.mark.parametrize("strategy", STRATEGY, ids=lambda strategy: strategy.word)
def test_every_proposal_is_a_filling(strategy: Strategy) -> None:
    limit = 150 if strategy.word in FINITE else 800
    space = space_for(strategy, constraints={"params": {"max": limit}})
    found, history = proposals(strategy, space)
    for values in found:
        assert fill_values(space, values).values == values
    states = {trial.state for trial in history.trials}
    assert {"infeasible", "completed", "paused"} <= states
    assert "failed" in states or len(found) < 20


@pytest.mark.parametrize("objectives", [{}, {"val_accuracy": "maximize", "params": "minimize"}])
@pytest.mark.parametrize("strategy", STRATEGY, ids=lambda strategy: strategy.word)
def test_a_proposer_made_anew_proposes_the_same(
    strategy: Strategy, objectives: dict[str, str]
) -> None:
    space = space_for(strategy, objectives=objectives)
    assert proposals(strategy, space)[0] == proposals(strategy, space, rebuilt=True)[0]


@pytest.mark.parametrize("strategy", STRATEGY, ids=lambda strategy: strategy.word)
def test_the_seed_decides(strategy: Strategy) -> None:
    space = space_for(strategy)
    assert proposals(strategy, space, seed=1)[0] != proposals(strategy, space, seed=2)[0]


def test_tpe_finds_the_good_half_of_a_conditional_space() -> None:
    space = synthetic.space(constraints={})
    history, judge = History(), intake(space)
    proposer = Proposer(space, STRATEGIES["tpe"](), 0, history)
    channels = []
    for _ in range(60):
        proposed = proposer.propose()
        assert proposed is not None
        trial, _ = judge.judge(*proposed, history)
        history.add(trial)
        channels.append(trial.values["architecture.0.conv.channels"])
        if trial.state == "waiting":
            trial.state, trial.reason, trial.images = "completed", None, 900
            trial.note(900, channels[-1] / 64)
    assert sum(channels[30:]) / 30 > 48


def test_samplers_see_the_highest_rung_with_enough_values() -> None:
    def history(at_300: int) -> History:
        trials = []
        for number in range(12):
            trial = Trial(number, {}, None, "paused", "rung", ladder=(100, 300))
            trial.note(100, 0.5)
            if number < at_300:
                trial.note(300, 0.4)
            trials.append(trial)
        return History(trials)

    assert seen_level(History(), holes=3) == 0
    assert seen_level(history(9), holes=3) == 100
    assert seen_level(history(10), holes=3) == 300
    assert seen_level(history(10), holes=10) == 100


def test_what_is_left_of_a_finite_space_is_enumerated_once() -> None:
    space = synthetic.space(**SMALL)
    history, judge = History(), intake(space)
    proposer = Proposer(space, STRATEGIES["random"](), 0, history)
    for number in range(13):
        proposed = proposer.propose(enumerating=number >= 4)
        if proposed is None:
            break
        history.add(judge.judge(*proposed, history)[0])
    distinct = {frozenset(trial.values.items()) for trial in history.trials}
    assert len(distinct) == 2 * 2 * 3
    assert proposer.propose() is None


def test_a_space_too_large_to_enumerate_is_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocnn.search.proposer.ENUMERATED", 50)
    layer = {"conv": {"channels": {"int": [1, 60]}}}
    space = synthetic.space(**{**SMALL, "architecture": [layer, *SMALL["architecture"][2:]]})

    def last(filled: Filled) -> bool:
        return filled.values["architecture.0.conv.channels"] > 55

    proposer = Proposer(space, STRATEGIES["random"](), 0, History(), novel=last)
    assert not proposer.finite
    proposed = proposer.propose(enumerating=True)
    assert proposed is not None
    assert last(proposed[0])


def test_numbers_above_256_are_enumerated_too() -> None:
    layer = {"conv": {"channels": {"int": [250, 270]}}}
    space = synthetic.space(**{**SMALL, "architecture": [layer, *SMALL["architecture"][2:]]})
    assert len(list(fillings(space))) == 21


@pytest.mark.parametrize("word", ["surrogate", "random"])
def test_tight_limits_cost_few_trials(word: str) -> None:
    space = synthetic.space(constraints={"params": {"max": 130}})
    history, judge = History(), intake(space)
    proposer = Proposer(
        space,
        STRATEGIES[word](),
        0,
        history,
        novel=lambda filled: judge.novel(filled, history),
        limited=True,
    )
    for _ in range(30):
        proposed = proposer.propose(enumerating=word == "random")
        assert proposed is not None
        history.add(judge.judge(*proposed, history)[0])
    # A sampler draws at random until it knows all holes; nine of ten fillings are too large.
    assert sum(trial.state == "infeasible" for trial in history.trials) <= 4
    impossible = Proposer(space, STRATEGIES[word](), 0, history, novel=lambda filled: False)
    assert impossible.propose(enumerating=True) is None


def test_what_a_screen_left_out_is_allowed_again() -> None:
    space = synthetic.space(constraints={"params": {"max": 10**6}})
    history, judge = History(), intake(space)
    proposer = Proposer(
        space, STRATEGIES["surrogate"](), 0, history,
        novel=lambda filled: judge.novel(filled, history), limited=True,
    )  # fmt: skip
    proposed = proposer.propose()
    assert proposed is not None
    trial = judge.judge(*proposed, history)[0]
    assert proposer._allows(trial.values)
    history.add(trial)
    proposer.propose()
    assert not proposer._allows(trial.values)
    history.screen_out(trial)
    proposer.reconsider()
    assert proposer._allows(trial.values)


def test_a_sampler_goes_on_after_candidates_that_were_drawn_without_it() -> None:
    space = synthetic.space()
    history, judge = History(), intake(space)
    proposer = Proposer(
        space, STRATEGIES["tpe"](), 0, history, novel=lambda filled: judge.novel(filled, history)
    )
    for number in range(12):
        proposed = proposer.propose(enumerating=number % 3 == 1)
        assert proposed is not None
        history.add(judge.judge(*proposed, history)[0])


def test_a_space_with_floats_is_not_enumerated() -> None:
    space = synthetic.space()
    proposer = Proposer(space, STRATEGIES["random"](), 0, History())
    assert proposer.propose(enumerating=True) is None


@pytest.mark.parametrize("label", ["ask", "train"])
def test_seeds_derive_from_seed_label_and_number_alone(label: str) -> None:
    seeds = {derive_seed(seed, label, number) for seed in range(10) for number in range(100)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert derive_seed(0, "ask", 1) != derive_seed(0, "train", 1)
    assert math.log2(max(seeds)) > 31
