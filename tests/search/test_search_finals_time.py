"""What is kept of a time budget for the finals."""

from __future__ import annotations

import pytest

from autocnn.search.finals_time import cores, finals_seconds
from autocnn.search.history import History
from autocnn.search.settings import FinalsOptions
from autocnn.search.trial import Trial
from autocnn.training import read_candidate_json

CANDIDATE = read_candidate_json(
    {
        "data": {"shape": [1, 8, 8], "classes": 10},
        "architecture": ["flatten", {"linear": {"units": 10, "activation": "none"}}],
        "training": {"epochs": 4},
    }
)


def history(full: float, macs: int = 10**7) -> History:
    """One trial that two workers would train in full in so many seconds if they share it."""
    trial = Trial(0, {}, CANDIDATE, "paused", "rung", macs=macs, full=400, images=100)
    trial.ladder = (100, 400)
    trial.note(100, 0.5)
    trial.speed = 400 / (2 * full)
    return History([trial])


@pytest.mark.parametrize(
    ("full", "kept"),
    [
        (1000, 510),  # longer than the budget: most of it is for one unfinished training
        (450, 450),  # just one training
        (300, 360),  # the usual share
        (20, 1.3 * 20 * (8 + 3)),  # all that the finals can do
    ],
)
def test_finals_get_what_their_trainings_need(full: float, kept: float) -> None:
    found = finals_seconds(600, FinalsOptions(), history(full), workers=2, networks=1, sharing=2)
    assert found == pytest.approx(kept)


def test_small_networks_are_trained_by_one_worker_each() -> None:
    small = history(250, macs=1000)
    assert cores(small.trials[0], workers=2) == 1
    found = finals_seconds(600, FinalsOptions(), small, workers=2, networks=1, sharing=2)
    assert found == pytest.approx(2 * 250)


def test_a_share_is_kept_as_it_is_said() -> None:
    options = FinalsOptions(share=0.3)
    assert finals_seconds(600, options, history(1000), 2, 1, 2) == pytest.approx(180)
    assert finals_seconds(600, options, history(1000), 2, 5, 2) == pytest.approx(36)


def test_before_the_first_result_it_is_the_usual_share() -> None:
    assert finals_seconds(600, FinalsOptions(), History(), 2, 1, 2) == pytest.approx(360)


def test_a_cross_validation_needs_one_training_in_the_end() -> None:
    found = finals_seconds(600, FinalsOptions(), history(1), workers=2, networks=5, sharing=2)
    assert found == pytest.approx(1.3 * 3)
