"""Forecasts are of the right size and grow with what they depend on."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from autocnn.network import LAYERS, build, cost
from autocnn.space import Architecture, Candidate
from autocnn.training import PRETRAININGS, Plan, Recipe
from autocnn.training.forecast import COPIES, batch_bytes, seconds

CONV = {"conv": {"channels": 16, "norm": "batch"}}
LAYERS_USED = [CONV, {"residual": {"body": [CONV, CONV]}}, {"pool": {}}, CONV, "global_pool"]


@pytest.fixture
def candidate() -> Candidate:
    layers = [*LAYERS_USED, {"linear": {"units": 10, "activation": "none"}}]
    architecture = Architecture((3, 16, 16), tuple(map(LAYERS.parse, layers)))
    return Candidate(architecture, 10, Recipe(batch_size=32))


def test_memory_is_about_what_torch_keeps(candidate: Candidate) -> None:
    kept: dict[int, int] = {}

    def note(x: torch.Tensor) -> torch.Tensor:
        storage = x.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        logits = build(candidate.architecture)(torch.randn(32, 3, 16, 16))
        F.cross_entropy(logits, torch.zeros(32, dtype=torch.long))
    foretold = batch_bytes(candidate, Plan())
    foretold -= 4 * (COPIES - 1) * cost(candidate.architecture).params
    assert 0.6 < foretold / sum(kept.values()) < 1.6


def test_low_precision_keeps_less(candidate: Candidate) -> None:
    assert batch_bytes(candidate, Plan(conv="bfloat16")) < batch_bytes(candidate, Plan())


def test_seconds_grow_with_images_and_size(candidate: Candidate) -> None:
    smaller = Candidate(Architecture((3, 8, 8), candidate.architecture.layers), 10, Recipe())
    epoch = seconds(Plan(), 10_000)
    assert 0 < epoch(smaller) < epoch(candidate)
    recipe = Recipe(epochs=2, pretrain=PRETRAININGS.parse({"masked": {"epochs": 1}}))
    longer = Candidate(smaller.architecture, 10, recipe)
    assert epoch(longer) == pytest.approx(1.5 * epoch(smaller))
