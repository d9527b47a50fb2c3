"""What draws the weights to zero, and averages of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from autocnn.data import Dataset
from autocnn.training import AVERAGES, REGULARIZERS, Plan, train
from autocnn.training.average import Average

STEPS = [
    ({"l1": {"rate": 0.1}}, [[0.9, -1.9], [-0.05, 0.0]]),
    ({"l1": {"rate": 0.1, "decoupled": True}}, [[0.9, -1.9], [0.0, 0.0]]),
    ({"l2": {"rate": 0.1}}, [[0.9, -1.8], [0.045, 0.0]]),
    ({"l2": {"rate": 0.1, "decoupled": True}}, [[0.9, -1.8], [0.045, 0.0]]),
    ({"max_norm": {"limit": 1.0}}, [[0.4472, -0.8944], [0.05, 0.0]]),
]


@pytest.mark.parametrize(("written", "expected"), STEPS)
def test_a_step_draws_weights_to_zero(written: object, expected: list[list[float]]) -> None:
    """A step of size 1 where the loss has no gradient."""
    weight = nn.Parameter(torch.tensor([[1.0, -2.0], [0.05, 0.0]]))
    weight.grad = torch.zeros_like(weight)
    regularizer = REGULARIZERS.parse(written)
    with torch.no_grad():
        regularizer.before([weight])
        weight.sub_(weight.grad)
        regularizer.after([weight], 1.0)
    torch.testing.assert_close(weight.data, torch.tensor(expected), atol=1e-4, rtol=0)


STRONG = [{"l1": {"rate": 1.0}}, {"l2": {"rate": 10.0}}, {"max_norm": {"limit": 1e-3}}]


@pytest.mark.parametrize("written", STRONG, ids=str)
def test_norms_are_free(written: object, quadrants: Dataset, make_candidate) -> None:
    sgd = {"sgd": {"lr": 0.05, "momentum": 0.0, "weight_decay": 0.0}}
    candidate = make_candidate(
        regularize=[written], optimizer=sgd, schedule="constant", average="none"
    )
    *_, point = train(candidate, quadrants, seed=0, until=640)
    for name, value in point.weights().items():
        if value.ndim >= 2:
            assert value.abs().mean() < 0.06
        elif name.endswith("weight"):
            assert 0.5 < value.mean() < 2


def test_a_penalty_is_that_of_torch() -> None:
    """Classic L2 is torch's own weight decay."""
    found = []
    for decay in (0.1, 0.0):
        torch.manual_seed(0)
        module = nn.Linear(3, 2, bias=False)
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1, weight_decay=decay)
        for _ in range(3):
            optimizer.zero_grad()
            module(torch.ones(1, 3)).square().sum().backward()
            if not decay:
                REGULARIZERS.parse({"l2": {"rate": 0.1}}).before([module.weight])
            optimizer.step()
        found.append(module.weight.detach())
    torch.testing.assert_close(*found)


def averaged(written: object, weights: list[float], shares: list[float]) -> list[float]:
    module = nn.Linear(1, 1, bias=False)
    average = Average(module, AVERAGES.parse(written))
    found = []
    for step, (weight, share) in enumerate(zip(weights, shares, strict=True), 1):
        with torch.no_grad():
            module.weight.fill_(weight)
        average.update(step, share)
        found.append(average.module.weight.item() if average.count else float("nan"))
    return found


def test_swa_is_the_mean_from_its_start() -> None:
    written = {"swa": {"start": 0.5, "every": 2}}
    found = averaged(written, [9, 9, 9, 1, 9, 3, 9, 8], [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert found == pytest.approx([float("nan")] * 3 + [1, 1, 2, 2, 4], nan_ok=True)


def test_lookahead_goes_half_way_and_both_go_on_from_there() -> None:
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 2.0)
    average = Average(module, AVERAGES.parse({"lookahead": {"every": 2, "share": 0.5}}))
    nn.init.constant_(module.weight, 6.0)
    average.update(1, 0.1)
    assert module.weight.item() == 6.0
    average.update(2, 0.2)
    assert (module.weight.item(), average.module.weight.item()) == (4.0, 4.0)


def test_until_an_average_begins_the_network_itself_counts(
    quadrants: Dataset, make_candidate, low: Plan
) -> None:
    found = []
    for average in ("none", {"swa": {"start": 0.9}}):
        (point,) = train(
            make_candidate(average=average), quadrants, seed=0, until=320, horizon=1280, plan=low
        )
        found.append(point.metrics)
    assert found[0] == found[1]
