"""Learning rates over a training."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocnn.data import Dataset
from autocnn.training import SCHEDULES, train

SHAPES = {
    "constant": ({}, [1, 1, 1, 1, 1]),
    "step": ({"every": 0.25, "factor": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
    "multi_step": ({"at": [0.5, 0.75], "factor": 0.5}, [1, 1, 0.5, 0.25, 0.25]),
    "exponential": ({"every": 0.5, "factor": 0.25}, [1, 0.5, 0.25, 0.125, 0.0625]),
    "polynomial": ({"power": 2, "end": 0.2}, [1, 0.65, 0.4, 0.25, 0.2]),
    "cosine": ({"warmup": 0.0}, [1, 0.8536, 0.5, 0.1464, 0]),
    "cosine_restarts": ({"cycles": 2, "growth": 1.0}, [1, 0.5, 1, 0.5, 0]),
    "onecycle": ({"warmup": 0.5, "start": 0.2}, [0.2, 0.6, 1, 0.5, 0]),
    "triangular": ({"cycles": 2, "low": 0.2, "shrink": 0.5}, [0.2, 1, 0.2, 0.6, 0.2]),
    "plateau": ({}, [1, 1, 1, 1, 1]),
}  # fmt: skip

MORE = [
    ({"onecycle": {"warmup": 0, "anneal": "cosine"}}, [1, 0.8536, 0.5, 0.1464, 0]),
    ({"onecycle": {"warmup": 0, "end": 0.5}}, [1, 0.875, 0.75, 0.625, 0.5]),
    ({"cosine": {"warmup": 1.0}}, [0, 0.25, 0.5, 0.75, 0]),
    ({"exponential": {"every": 0.5, "factor": 0.2, "staircase": True}}, [1, 1, 0.2, 0.2, 0.04]),
    ({"polynomial": {"power": 1}}, [1, 0.75, 0.5, 0.25, 0]),
    ({"cosine_restarts": {"cycles": 2, "growth": 3.0}}, [1, 1, 0.75, 0.25, 0]),
    ({"triangular": {"cycles": 1, "low": 0, "peak": 0.25}}, [0, 1, 0.6667, 0.3333, 0]),
    ({"constant": {"warmup": 0.5, "start": 0.5}}, [0.5, 0.75, 1, 1, 1]),
    ({"multi_step": {"at": [0.5], "factor": 0.5, "warmup": 0.5}}, [0, 0.5, 1, 0.5, 0.5]),
]  # fmt: skip


@pytest.mark.parametrize("word", SCHEDULES)
@given(progress=st.floats(0, 1), warmup=st.floats(0, 1), start=st.floats(0, 1))
def test_a_factor_is_a_share_also_after_a_warmup(
    word: str, progress: float, warmup: float, start: float
) -> None:
    schedule = SCHEDULES[word].model_validate({"warmup": warmup, "start": start})
    assert 0 <= schedule.value(progress) <= 1


@pytest.mark.parametrize("word", SCHEDULES)
def test_schedules_have_their_shape(word: str) -> None:
    options, expected = SHAPES[word]
    made = SCHEDULES[word].model_validate(options)
    assert [made.value(k / 4) for k in range(5)] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("schedule", "expected"), MORE)
def test_options_change_the_shape(schedule: object, expected: list[float]) -> None:
    made = SCHEDULES.parse(schedule)
    assert [made.value(k / 4) for k in range(5)] == pytest.approx(expected, abs=1e-4)


def test_cycles_may_grow_beyond_all_numbers() -> None:
    made = SCHEDULES.parse({"cosine_restarts": {"cycles": 1000, "growth": 3.0}})
    assert [made.value(k / 4) for k in range(5)] == pytest.approx(
        [1, 0.31, 0.85, 0.31, 0], abs=0.01
    )


@pytest.mark.parametrize("word", SCHEDULES)
def test_a_warmup_rises_to_where_the_schedule_begins(word: str) -> None:
    plain = SCHEDULES[word].model_validate({"warmup": 0.0, "start": 0.0})
    warmed = SCHEDULES[word].model_validate({"warmup": 0.2, "start": 0.5})
    begin = plain.value(0.0)
    found = [warmed.value(share) for share in (0.0, 0.1, 0.2, 1.0)]
    assert found == pytest.approx([0.5 * begin, 0.75 * begin, begin, plain.value(1.0)])


def test_a_plateau_is_seen_in_the_scores_alone() -> None:
    plateau = SCHEDULES.parse({"plateau": {"factor": 0.1, "patience": 2, "end": 0.005}})
    epochs = [1, 2, 3, 3.5, 4, 5, 7, 8, 9, 11]
    values = [0.5, 0.6, 0.6, 0.55, 0.60005, 0.7, 0.7, 0.6, 0.6, 0.6]
    scores = list(zip(epochs, values, strict=True))
    expected = [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005]
    found = [plateau.reduction(scores[: k + 1]) for k in range(len(scores))]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("optimizer", "ends"), [("sgd", [0.05, 0.025]), ("rprop", [0.05, 0.05])])
def test_a_point_tells_the_rate_of_its_last_step(
    optimizer: str, ends: list[float], quadrants: Dataset, make_candidate
) -> None:
    schedule = {"step": {"every": 0.5, "factor": 0.5}}
    candidate = make_candidate(schedule=schedule, optimizer={optimizer: {"lr": 0.05}})
    points = train(candidate, quadrants, seed=0, until=640, evaluate_at=[320])
    assert [point.lr for point in points] == ends


def test_a_plateau_lowers_the_rate(quadrants: Dataset, make_candidate) -> None:
    plateau = {"plateau": {"patience": 1, "factor": 0.5, "least": 1}}
    candidate = make_candidate(schedule=plateau, optimizer={"sgd": {"lr": 0.1}})
    points = train(candidate, quadrants, seed=0, until=1280, evaluate_at=range(320, 1280, 320))
    assert [point.lr for point in points] == pytest.approx([0.1, 0.1, 0.05, 0.025])
