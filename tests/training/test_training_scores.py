"""Scores before training, over the registry."""

from __future__ import annotations

import math

import pytest
import torch

from autocnn.api import load_space, open_data
from autocnn.data import Dataset
from autocnn.network import ACTIVATIONS, NORMS
from autocnn.space import Candidate, elaborate, sample
from autocnn.training.scores import SCORES
from autocnn.training.scoring import initial_scores


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_data(load_space({"data": {"source": "digits"}, "architecture": HEAD}))


HEAD = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]


def candidate(width: int, norm: str = "batch", activation: str = "relu") -> Candidate:
    conv = {"channels": width, "norm": norm, "activation": activation}
    body = [{"conv": conv}, {"residual": {"body": [{"conv": conv}]}}, {"dropout": {"rate": 0.1}}]
    made = elaborate(sample(load_space({"architecture": [*body, *HEAD]}), 0), (1, 8, 8), 10)
    assert isinstance(made, Candidate)
    return made


@pytest.mark.parametrize("word", SCORES)
def test_a_score_is_finite_repeatable_and_higher_for_a_wider_network(
    word: str, digits: Dataset
) -> None:
    score = SCORES[word]()
    assert score.paper

    def value(made: Candidate, seed: int = 0) -> float:
        return initial_scores([score], made, digits, seed)[word]

    before = torch.random.get_rng_state()
    narrow, wide = value(candidate(8)), value(candidate(64))
    assert narrow < wide
    assert value(candidate(8)) == narrow != value(candidate(8), seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    for norm in NORMS:
        assert math.isfinite(value(candidate(8, norm=norm)))
    for activation in ACTIVATIONS:
        assert math.isfinite(value(candidate(8, activation=activation)))
