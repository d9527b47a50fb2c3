"""Stopping rules: what every one of them keeps, and what `asha` decides."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocnn.search.stopping import STOPPING, Rung, StoppingRule
from autocnn.search.stopping.asha import Asha

RULES = [STOPPING[name]() for name in STOPPING]

SCORES = st.dictionaries(
    st.integers(0, 60), st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9]), max_size=40
)


@st.composite
def rungs(draw: st.DrawFn) -> list[Rung]:
    """Rungs such as a search leaves: fewer and fewer trials, most of the climbers settled."""
    found, there = [], draw(SCORES)
    for level in (100, 300, 900):
        if not there:
            break
        gone = draw(st.sets(st.sampled_from(sorted(there))))
        found.append(Rung(level, there, frozenset(gone)))
        there = {number: score for number, score in there.items() if number in gone}
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.word)
@given(horizon=st.floats(0.1, 1000))
def test_rungs_ascend_to_the_horizon(rule: StoppingRule, horizon: float) -> None:
    levels = rule.epochs(horizon)
    assert levels[-1] == horizon
    assert all(0 < low < high for low, high in pairwise(levels))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.word)
@given(rungs=rungs())
def test_who_is_promoted_waits_there_and_has_a_checkpoint(
    rule: StoppingRule, rungs: list[Rung]
) -> None:
    promotion = rule.promote(rungs)
    assert rule.promote(rungs) == promotion
    for rung in rungs:
        assert not rule.may_promote(rung) & rung.settled
    if promotion is None:
        return
    (rung,) = (rung for rung in rungs if rung.level == promotion.level)
    assert promotion.number in rule.may_promote(rung)
    assert rung.values[promotion.number] >= promotion.threshold
    assert promotion.rivals == len(rung.values)


@given(scores=SCORES, factor=st.sampled_from([2.0, 2.5, 3.0, 4.0]))
def test_asha_promotes_the_best_share_and_then_no_more(
    scores: dict[int, float], factor: float
) -> None:
    rule, climbed = Asha(factor=factor), list[int]()
    while promotion := rule.promote([Rung(1, scores, frozenset(climbed))]):
        climbed.append(promotion.number)
    assert climbed == sorted(scores, key=lambda number: (-scores[number], number))[: len(climbed)]
    assert len(climbed) == int(len(scores) / factor)


def test_asha_prefers_the_highest_rung() -> None:
    low = Rung(1, dict.fromkeys(range(9), 0.5), frozenset({0, 1, 2}))
    high = Rung(3, {0: 0.6, 1: 0.8, 2: 0.7}, frozenset())
    promotion = Asha(factor=3).promote([low, high])
    assert promotion is not None
    assert (promotion.number, promotion.level, promotion.threshold) == (1, 3, 0.8)


def test_asha_climbs_by_its_factor_from_a_quarter_of_an_epoch() -> None:
    assert Asha().epochs(12) == (0.25, 0.75, 2.25, 6.75, 12)
    assert Asha(first=1, factor=4).epochs(5) == (1, 5)
    assert Asha().epochs(0.2) == (0.2,)


def test_none_trains_everyone_to_the_end() -> None:
    rule = STOPPING["none"]()
    assert rule.epochs(12) == (12,)
    assert rule.promote([Rung(12, {0: 1.0, 1: 0.5}, frozenset())]) is None
