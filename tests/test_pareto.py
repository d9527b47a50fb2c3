"""Ranks, crowding and knee against small cases by hand and a plain definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autocnn import pareto

FRONT = [(4.0, 0.0), (3.0, 3.0), (1.0, 3.5), (0.0, 4.0)]


def dominates(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one >= other).all() and (one > other).any())


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_ranks_are_those_of_the_definition(objectives: int) -> None:
    points = np.random.default_rng(objectives).integers(0, 6, (60, objectives)).astype(float)
    expected = np.full(60, -1)
    for rank in range(60):
        left = np.flatnonzero(expected == -1)
        best = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
        expected[best] = rank
    assert pareto.ranks(points).tolist() == expected.tolist()


def test_crowding_is_that_of_the_paper() -> None:
    room = pareto.crowding(FRONT)
    assert room[[0, 3]].tolist() == [math.inf, math.inf]
    assert room[1:3] == pytest.approx([3 / 4 + 3.5 / 4, 3 / 4 + 1 / 4])


def test_scores_order_by_rank_then_by_room() -> None:
    found = pareto.scores([*FRONT, (2.0, 2.0), (0.0, 0.0)])
    assert found[:4].tolist() == [0.5, pytest.approx(1.625 / 2.625 / 2), 0.25, 0.5]
    assert found[4:].tolist() == [-1.0, -2.0]
    assert pareto.scores(np.zeros((0, 2))).tolist() == []


def test_the_knee_comes_first_and_fronts_follow() -> None:
    assert pareto.order([*FRONT, (2.9, 2.9), (0.0, 0.0)]) == [1, 2, 0, 3, 4, 5]
    assert pareto.order([(1.0, 2.0), (2.0, 1.0)]) == [1, 0]  # a tie: by the first objective
    assert pareto.order([(1.0, 5.0)]) == [0]
    assert pareto.order(np.zeros((0, 2))) == []


@pytest.mark.parametrize("objectives", [2, 3])
def test_room_is_that_within_a_front(objectives: int) -> None:
    points = np.random.default_rng(objectives).integers(0, 9, (80, objectives)).astype(float)
    found, own = pareto.scores(points), pareto.ranks(points)
    for rank in range(own.max() + 1):
        room = pareto.crowding(points[own == rank])
        share = np.where(np.isinf(room), 1.0, room / (1 + np.where(np.isinf(room), 0, room)))
        assert found[own == rank].tolist() == (share / 2 - rank).tolist()
