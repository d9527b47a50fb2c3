"""How fast and slow networks are compared where the time is short."""

from __future__ import annotations

import math

import pytest

from autocnn.search.history import History
from autocnn.search.objectives import Objectives
from autocnn.search.pace import SLOW_STEPS, Pace
from autocnn.search.promise import promising
from autocnn.search.settings import FinalsOptions, SearchOptions
from autocnn.search.stopping import STOPPING
from autocnn.search.trial import Trial
from autocnn.training import read_candidate_json

BATCH = 32
CANDIDATE = read_candidate_json(
    {
        "data": {"shape": [1, 8, 8], "classes": 10},
        "architecture": ["flatten", {"linear": {"units": 10, "activation": "none"}}],
        "training": {"epochs": 4, "batch_size": BATCH},
    }
)
HALF = SearchOptions(finals=FinalsOptions(share=0.5))


def trial(number: int, score: float, speed: float) -> Trial:
    """One of 400 images that two workers train together, at its first of two rungs."""
    made = Trial(number, {}, CANDIDATE, "paused", "rung", macs=10**7, full=400, images=100)
    made.ladder = (100, 400)
    made.time(100, speed)
    made.note(100, score)
    return made


@pytest.mark.parametrize("speed", [1.0, 2.0, 4.0, 40.0])
def test_the_error_counts_more_where_steps_are_missing(speed: float) -> None:
    pace = Pace.of(200, HALF, workers=2, objectives=Objectives(), sharing=2)
    steps, full = min(400, 100 * 2 * speed) / BATCH, 400 / BATCH
    more = (1 + (SLOW_STEPS / steps) ** 2) / (1 + (SLOW_STEPS / full) ** 2)
    assert pace.worth(trial(0, 0.8, speed), 0.8) == pytest.approx(1 - 0.2 * more)
    loss = Pace.of(200, HALF, workers=2, objectives=Objectives(val_loss="minimize"), sharing=2)
    assert loss.worth(trial(0, -0.5, speed), -0.5) == pytest.approx(-0.5 * more)


def test_scores_stay_as_they_are_without_need() -> None:
    several = Objectives(val_accuracy="maximize", params="minimize")
    curves = SearchOptions(stopping=STOPPING["extrapolation"]())
    one = Objectives()
    for seconds, options, objectives, speed in (
        (200, HALF, several, 0.1),
        (math.inf, HALF, one, 0.1),
        (200, HALF, one, 0.0),
        (200, curves, one, 0.1),
        (200, HALF, one, 40.0),
    ):
        pace = Pace.of(seconds, options, 2, objectives, 2)
        assert pace.worth(trial(0, 0.8, speed), 0.8) == 0.8


def test_more_finalists_have_less_time_each() -> None:
    def pace(candidates: int) -> Pace:
        options = SearchOptions(finals=FinalsOptions(share=0.5, candidates=candidates))
        return Pace.of(200, options, 2, Objectives(), 2)

    made = trial(0, 0.8, 1.0)
    worths = [pace(count).worth(made, 0.8) for count in (1, 2, 8)]
    assert worths == sorted(worths, reverse=True)
    assert len(set(worths)) == 3
    assert pace(8).score(made, worths[2]) == pytest.approx(0.8)


def test_what_a_trial_is_worth_stays_when_its_speed_changes() -> None:
    pace = Pace.of(200, HALF, 2, Objectives(), 2)
    made = trial(0, 0.8, 1.0)
    before = pace.worth(made, 0.8)
    made.time(400, 3.0)
    assert pace.worth(made, 0.8) == before
    assert made.full_speed == 3.0


@pytest.mark.parametrize(("seconds", "leader"), [(800, 0), (300, 1)])
def test_little_time_puts_the_fast_one_first(seconds: float, leader: int) -> None:
    pace = Pace.of(seconds, HALF, 2, Objectives(), 2)
    history = History([trial(0, 0.82, 1.0), trial(1, 0.8, 3.0)], pace)
    assert history.rungs()[0].ranked()[0] == leader
    assert promising(history, 1)[0].number == leader
    assert history.leaders(1)[0].best == (0.82, 100)


def test_trials_that_came_further_are_ahead_by_more_than_what_others_gained_there() -> None:
    history = History([trial(0, 0.6, 1.0), trial(1, 0.5, 1.0), trial(2, 0.7, 1.0)])
    for further, score in (history.trials[0], 0.8), (history.trials[1], 0.78):
        further.images = 400
        further.note(400, score)
    # From their first rung the two gained 0.24 in the median: 2 is expected to come to 0.94.
    assert [found.number for found in promising(history, 3)] == [2, 0, 1]
    history.trials[2].state = "failed"
    assert [found.number for found in promising(history, 3)] == [0, 1]
    assert promising(History(), 2) == []
    assert [found.number for found in history.leaders(2)] == [0, 1]


def test_trials_that_ended_on_the_way_stand_beside_those_at_rungs() -> None:
    ended = Trial(1, {}, CANDIDATE, "stopped", "patience", macs=10**7, full=400, images=50)
    ended.ladder = (100, 400)
    ended.note(50, 0.95)
    history = History([trial(0, 0.6, 1.0), ended])
    assert [found.number for found in promising(history, 2)] == [1, 0]
