"""Stopping rules: what every one of them keeps, and what each decides by its definition."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import synthetic
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autocnn.errors import StoreError
from autocnn.search.history import History
from autocnn.search.job import Event, Failed, Job
from autocnn.search.stopping import STOPPING, Decision, Rung, Standing, StoppingRule
from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.extrapolation import Extrapolation, extrapolated
from autocnn.search.stopping.hyperband import Hyperband, bracket, sizes
from autocnn.search.stopping.median import Median
from autocnn.search.stopping.pasha import Pasha, alike, noise
from autocnn.search.stopping.patience import Patience
from autocnn.search.stopping.percentile import Percentile
from autocnn.search.stopping.pruner import Pruner
from autocnn.search.stopping.topk import TopK
from autocnn.search.trial import Trial
from autocnn.store import Store, open_store

PRUNERS = [
    Pruner(name="patient", options={"patience": 2}),
    Pruner(name="percentile", options={"percentile": 25.0}),
    Pruner(name="threshold", options={"lower": 0.3}),
    Pruner(name="wilcoxon", options={"p_threshold": 0.2}),
]
RULES = [STOPPING[name]() for name in STOPPING]
EPOCH = 100

Score = Callable[[int, int], float]
"""The score of a trial, by its number, at a level."""

rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.word)


def decisions(
    rule: StoppingRule, score: Score, trials: int, *, rebuilt: bool = False
) -> Iterator[tuple[Decision, Standing]]:
    """What a rule decides, and by what, with one worker and as many new trials as there can be."""
    history = History()
    ladder = tuple(round(EPOCH * level) for level in rule.epochs(9))
    while True:
        if rebuilt:
            history = History([replace(trial) for trial in history.trials])
        more = len(history.trials) < trials
        standing = history.standing(more=more)
        if decision := rule.decide(standing):
            yield decision, standing
            trial = history.follow(decision)
            if trial.state == "stopped":
                continue
        elif more:
            trial = Trial(len(history.trials), {}, None, "running", ladder=ladder)
            history.add(trial)
        else:
            return
        assert trial.next_level is not None
        trial.images = trial.next_level
        trial.note(trial.images, score(trial.number, trial.images))
        end = trial.images == ladder[-1]
        trial.state, trial.reason = ("completed", None) if end else ("paused", "rung")


def noisy(number: int, level: int) -> float:
    """Curves of a scale of their own that rise and cross; some trials diverge."""
    chance = random.Random(f"{number} {level}")
    quality = random.Random(number).random()
    if number % 7 == 3 and level > 150:
        return math.nan
    return 1000 * (quality + 0.2 * chance.random()) - 3e5 / (level + 100)


SCORES: dict[str, Score] = {
    "noisy": noisy,
    "ties": lambda number, level: -1.0,
    "lost": lambda number, level: math.nan,
}


@rules
@given(horizon=st.floats(0.1, 1000))
def test_rungs_ascend_to_the_horizon(rule: StoppingRule, horizon: float) -> None:
    levels = rule.epochs(horizon)
    assert levels[-1] == horizon
    assert all(0 < low < high for low, high in pairwise(levels))


@pytest.mark.parametrize(
    "rule", [*RULES, *PRUNERS], ids=lambda rule: getattr(rule, "name", rule.word)
)
@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("trials", [1, 9])
def test_decisions_are_about_those_who_wait_and_come_to_an_end(
    rule: StoppingRule, scores: str, trials: int
) -> None:
    found = list(decisions(rule, SCORES[scores], trials))
    assert len(found) == len({(decision.number, decision.level) for decision, _ in found})
    for decision, standing in found:
        (rung,) = (rung for rung in standing.rungs if rung.level == decision.level)
        assert decision.number in rung.waiting
        assert decision.number in rule.may_promote(standing)
        assert rule.may_promote(standing) <= standing.waiting
        assert decision.action == "stop" or not math.isnan(rung.values[decision.number])
        assert 0 <= decision.rivals <= max(len(rung.values), len(standing.rungs))
    if scores == "noisy":
        assert found == list(decisions(rule, noisy, trials, rebuilt=True))


@rules
def test_a_search_in_pieces_decides_as_one_that_was_not_interrupted(
    rule: StoppingRule, tmp_path: Path
) -> None:
    given_space = synthetic.space(
        search={"strategy": "random", "stopping": STOPPING.write(rule)}, budget={"trials": 5}
    )
    calm, store = (open_store(f"sqlite:///{tmp_path}/{name}/a.db") for name in ("calm", "broken"))
    synthetic.search(calm, given_space)
    while not _searched(store, given_space):
        pass
    assert synthetic.recorded(store, "synthetic") == synthetic.recorded(calm, "synthetic")


def _searched(store: Store, given_space: Any) -> bool:
    """Search until the twentieth event, then the disk is full; whether it came to its end."""
    seen = []

    def full(job: Job, worker: int) -> Iterator[Event]:
        for event in synthetic.pretend(job, worker):
            seen.append(event)
            if len(seen) == 20:
                yield Failed(job, worker, "disk", "full")
            yield event

    try:
        synthetic.search(store, given_space, full)
    except StoreError:
        return False
    return True


def test_who_is_stopped_stands_in_the_store_with_what_it_lacked(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db")
    search = {"strategy": "random", "stopping": {"percentile": {"rivals": 3}}}
    synthetic.search(store, synthetic.space(search=search, budget={"trials": 12}))
    study = store.study("synthetic")
    assert study is not None
    stopped = {t.number: t for t in store.trials(study.id) if t.state == "stopped"}
    stops = [d for d in store.decisions(study.id) if d.action == "stop"]
    assert stopped
    assert sorted(stopped) == sorted(d.trial for d in stops)
    for decision in stops:
        trial = stopped[decision.trial]
        assert trial.reason == "not-promoted"
        assert decision.by == "percentile"
        assert (decision.rivals or 0) >= 3
        assert decision.threshold is not None
        assert (trial.best_value or 0) < decision.threshold


# Successive halving


def standing(*rungs: Mapping[int, float], settled: tuple[int, ...] = ()) -> Standing:
    """Rungs at 100, 200, ... images; who is on a higher one has settled below."""
    found = []
    for place, values in enumerate(rungs):
        gone = {number for above in rungs[place + 1 :] for number in above}
        found.append(Rung(100 * (place + 1), values, frozenset(gone | set(settled))))
    ladder = tuple(100 * (place + 1) for place in range(10))
    return Standing(found, {number: ladder for values in rungs for number in values})


@given(
    scores=st.dictionaries(st.integers(0, 60), st.sampled_from([0.1, 0.2, 0.5]), max_size=40),
    factor=st.sampled_from([2.0, 2.5, 3.0, 4.0]),
)
def test_asha_promotes_the_best_share_and_then_no_more(
    scores: dict[int, float], factor: float
) -> None:
    rule, climbed = Asha(factor=factor), list[int]()
    while decision := rule.decide(standing(scores, settled=tuple(climbed))):
        climbed.append(decision.number)
    assert climbed == sorted(scores, key=lambda number: (-scores[number], number))[: len(climbed)]
    assert len(climbed) == int(len(scores) / factor)


def test_asha_prefers_the_highest_rung() -> None:
    found = Asha(factor=3).decide(standing(dict.fromkeys(range(9), 0.5), {0: 0.6, 1: 0.8, 2: 0.7}))
    assert found == Decision("promote", 1, 200, 0.8, 3)


def test_asha_climbs_by_its_factor_from_a_quarter_of_an_epoch() -> None:
    assert Asha().epochs(12) == (0.25, 0.75, 2.25, 6.75, 12)
    assert Asha(first=1, factor=4).epochs(5) == (1, 5)
    assert Asha().epochs(0.2) == (0.2,)


def test_hyperband_has_the_brackets_of_the_paper_and_loses_none() -> None:
    assert sizes(5, 3) == (81, 34, 15, 8, 5)  # table 1 of the paper: R = 81, eta = 3
    numbers = [bracket(number, 5, 3) for number in range(143)]
    assert [numbers.count(index) for index in range(5)] == [81, 34, 15, 8, 5]
    assert bracket(143, 5, 3) == 0
    assert len(Hyperband(first=1).epochs(243)) == 6  # by logarithms of floats it would be five


def test_hyperband_compares_within_a_bracket_and_from_its_rung_on() -> None:
    ladder = (100, 200, 300)  # sizes 9, 5 and 3
    values = {number: number / 100 for number in range(17)}
    ladders = dict.fromkeys(values, ladder)
    rule = Hyperband()

    def promoted(level: int) -> list[tuple[int, int]]:
        gone: set[int] = set()
        found = []
        while decision := rule.decide(Standing([Rung(level, values, frozenset(gone))], ladders)):
            gone.add(decision.number)
            found.append((decision.number, decision.rivals))
        return sorted(found)

    unasked = [(number, 0) for number in range(9, 17)]
    assert promoted(100) == [(6, 9), (7, 9), (8, 9), *unasked]
    assert promoted(200) == [(6, 9), (7, 9), (8, 9), (13, 5), (14, 0), (15, 0), (16, 0)]


def test_pasha_goes_higher_only_where_the_two_highest_rungs_disagree() -> None:
    low = {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.0, 5: 0.0}
    rule = Pasha(factor=2)
    assert rule.decide(standing(low, {1: 0.5, 2: 0.6, 3: 0.7})) is None
    found = rule.decide(standing(low, {1: 0.6, 2: 0.5, 3: 0.7}))
    assert found == Decision("promote", 3, 200, 0.7, 3)


def test_pasha_takes_scores_within_the_noise_for_equal() -> None:
    below, top = {0: 0.50, 1: 0.51, 2: 0.80}, {0: 0.61, 1: 0.60, 2: 0.9}
    assert not alike(top, below, 0.0)
    assert alike(top, below, 0.011)
    assert alike({0: 1.0, 1: 1.0}, {0: 2.0, 1: 2.0}, 0.0)
    # Only the first two overtake each other twice: they are 0.2 apart at the end.
    curves = [[0.1, 0.4, 0.5], [0.2, 0.3, 0.7], [0.0, 0.1, 0.9]]
    assert noise(curves[1:], 0.9) == 0.0
    assert noise(curves, 0.9) == pytest.approx(0.2)
    assert noise([*curves, [0.2, 0.1, 0.6]], 0.5) == pytest.approx(0.15)


def test_topk_waits_for_all_and_takes_the_best() -> None:
    values, rule = {0: 0.3, 1: 0.5, 2: 0.4, 3: 0.5}, TopK(keep=2)
    assert rule.epochs(12) == (1, 12)
    now = standing(values)
    assert rule.decide(now) is None
    assert rule.decide(replace(now, more=False, running=frozenset({4}))) is None
    assert rule.decide(replace(now, more=False)) == Decision("promote", 1, 100, 0.5, 4)
    last = standing(values, settled=(1,))
    assert rule.decide(replace(last, more=False)) == Decision("promote", 3, 100, 0.5, 4)
    assert rule.decide(replace(standing(values, settled=(1, 3)), more=False)) is None
    assert rule.may_promote(last) == {3}


def test_none_trains_everyone_to_the_end() -> None:
    rule = STOPPING["none"]()
    assert rule.epochs(12) == (12,)
    assert rule.decide(standing({0: 1.0, 1: 0.5}, settled=(0, 1))) is None


# Rules that stop running trials


def test_the_median_rule_compares_the_best_score_with_mean_scores() -> None:
    # Means up to the second rung: 0.2, 0.4 and 0.6; the fourth trial has 0.5 and then 0.3.
    low, high = {0: 0.1, 1: 0.3, 2: 0.5, 3: 0.5}, {0: 0.3, 1: 0.5, 2: 0.7, 3: 0.3}
    rule, now = Median(rivals=3), standing(low, high, settled=(0, 1, 2))
    assert rule.decide(now) == Decision("promote", 3, 200, pytest.approx(0.4), 3)
    worse = standing({**low, 3: 0.39}, high, settled=(0, 1, 2))
    assert rule.decide(worse) == Decision("stop", 3, 200, pytest.approx(0.4), 3)
    assert Median(rivals=4).decide(worse) == Decision("promote", 3, 200, None, 0)


@pytest.mark.parametrize(("score", "action"), [(0.79, "stop"), (0.8, "promote")])
def test_the_percentile_rule_keeps_the_best_percents(score: float, action: str) -> None:
    others = {number: number / 10 for number in range(1, 9)}  # the best quarter: 0.7 and 0.8
    rule = Percentile(percentile=12.5, rivals=8)
    found = rule.decide(standing({**others, 9: score}, settled=tuple(others)))
    assert found == Decision(action, 9, 100, 0.8, 8)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scores", "action"),
    [
        ((0.5, 0.4, 0.5), "stop"),
        ((0.5, 0.4, 0.51), "promote"),
        ((-5.0, -5.0, -4.9), "promote"),
        ((0.1, 0.1), "promote"),
    ],
)
def test_patience_ends_with_the_progress(scores: tuple[float, ...], action: str) -> None:
    found = Patience(rungs=2).decide(standing(*({0: score} for score in scores)))
    assert found is not None
    assert found.action == action


def test_a_power_law_is_carried_on() -> None:
    levels = [100, 200, 300, 500]
    for c in (0.05, 0.3, 1.0, 3.0):
        law = [5 - 2 * level**-c for level in levels]
        assert extrapolated(levels, law, 1200) == pytest.approx(5 - 2 * 1200**-c, abs=2e-3)
    assert extrapolated(levels, [3.0] * 4, 1200) == 3.0
    assert extrapolated(levels, [4.0, 3.0, 2.0, 1.0], 1200) == 2.5  # none falls: its mean


@pytest.mark.parametrize(("last", "action"), [(0.30, "stop"), (0.55, "promote")])
def test_extrapolation_ends_what_leads_below_the_best(last: float, action: str) -> None:
    """The rivals leap at the end, as with a falling learning rate: the law alone would not see."""
    rivals = {0: 0.50, 1: 0.52, 2: 0.54, 3: 0.51}
    noise_of = {0: 0.0, 1: 0.01, 2: -0.01, 3: 0.005}
    early = [{n: quality + 0.01 * step for n, quality in rivals.items()} for step in range(3)]
    end = {number: quality + 0.3 + noise_of[number] for number, quality in rivals.items()}
    trial = [last, last + 0.01, last + 0.02]
    rungs = [{**values, 9: score} for values, score in zip(early, trial, strict=True)]
    found = Extrapolation().decide(standing(*rungs, end, settled=(0, 1, 2, 3)))
    assert found == Decision(action, 9, 300, max(end.values()), 4)  # type: ignore[arg-type]


# Optuna's pruners


def test_a_pruner_of_optuna_sees_the_trials_that_ended() -> None:
    rungs = [dict.fromkeys(range(6), 0.5) for _ in range(10)]
    rungs[0][6] = 0.4
    found = Pruner().decide(standing(*rungs, settled=tuple(range(6))))
    assert found == Decision("stop", 6, 100, 1.0, 6)
    rungs[0][6] = 0.6
    found = Pruner().decide(standing(*rungs, settled=tuple(range(6))))
    assert found == Decision("promote", 6, 100, 1.0, 6)


@pytest.mark.parametrize(
    ("given_options", "text"),
    [
        ({"name": "percentile"}, "missing 1 required positional argument: 'percentile'"),
        ({"options": {"speed": 3}}, "unexpected keyword argument 'speed'"),
        ({"name": "threshold"}, "lower"),
        ({"name": "patient", "options": {"patience": 2.5}}, "`patience` must be a whole number"),
        ({"name": "hyperband"}, "Input should be 'median'"),
    ],
)
def test_options_that_a_pruner_does_not_have_are_told(
    given_options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValidationError, match=text):
        Pruner(**given_options)
