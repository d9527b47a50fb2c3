"""Filters that come from the training images, and the learning rate of offsets of norms."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from autocnn.data import Dataset
from autocnn.network.modules.whitening import whiten
from autocnn.network.registries import LAYERS
from autocnn.space import Candidate
from autocnn.training import Plan, read_candidate_json, train
from autocnn.training.optimizers import OPTIMIZERS
from autocnn.training.optimizers.optimizer import PEAK


def whitened(channels: int, shape: tuple[int, int, int], **options) -> nn.Module:
    torch.manual_seed(0)
    conv = {"channels": channels, "init": "whitening", "activation": "none", **options}
    return LAYERS.parse({"conv": conv}).build(shape)


@pytest.mark.parametrize("options", [{"kernel": 2}, {"kernel": 3}, {"kernel": 2, "dilation": 2}])
@pytest.mark.parametrize("colours", [1, 3])
def test_filters_make_patches_uncorrelated(colours: int, options) -> None:
    size = colours * options["kernel"] ** 2
    module = whitened(2 * size + 3, (colours, 12, 12), padding="valid", **options)
    before = module.conv.weight.detach().clone()
    torch.manual_seed(1)
    images = 20 * avg_pool2d(torch.randn(64, colours, 14, 14) + 2, 3, 1)
    whiten(module, images)
    outputs = module(images).transpose(0, 1).flatten(1)[: 2 * size]
    torch.testing.assert_close(outputs[:size], -outputs[size:])
    torch.testing.assert_close(torch.cov(outputs[:size]), torch.eye(size), atol=0.01, rtol=0)
    assert torch.equal(module.conv.weight[2 * size :], before[2 * size :])
    lengths = module.conv.weight[:size].flatten(1).norm(dim=1)
    assert (lengths.diff() > -1e-4).all(), "what varies most is first, and made smallest"


def test_fewer_filters_are_those_of_the_largest_variance() -> None:
    images = torch.randn(16, 1, 9, 9)
    few, many = (whitened(n, (1, 9, 9), kernel=2) for n in (3, 4))
    for module in (few, many):
        whiten(module, images)
    assert torch.equal(few.conv.weight, many.conv.weight[:3])


def test_a_kernel_may_be_larger_than_the_map() -> None:
    module = whitened(20, (1, 2, 2), kernel=3)
    whiten(module, torch.randn(64, 1, 2, 2))
    assert module.conv.weight.isfinite().all()


def first_whitened(recipe: dict[str, object] | None = None) -> Candidate:
    return read_candidate_json(
        {
            "data": {"shape": [1, 12, 12], "classes": 4},
            "architecture": [
                {"conv": {"channels": 8, "kernel": 2, "init": "whitening"}},
                {"conv": {"channels": 8, "norm": "batch"}},
                {"global_pool": {}},
                {"linear": {"units": 4, "activation": "none"}},
            ],
            "training": {"batch_size": 32, "epochs": 2, **(recipe or {})},
        }
    )


def test_a_training_whitens_once(quadrants: Dataset, low: Plan, tmp_path: Path) -> None:
    tiny = first_whitened({"optimizer": {"sgd": {"lr": 1e-6}}, "average": "none"})
    steps = train(tiny, quadrants, seed=0, until=320, evaluate_at=[160], plan=low)
    point = next(steps)
    other = next(train(tiny, quadrants, seed=1, until=160, plan=low))
    weight = point.weights()["conv_0.conv.weight"]
    torch.testing.assert_close(weight, other.weights()["conv_0.conv.weight"], atol=1e-4, rtol=0)
    torch.testing.assert_close(weight[:4], -weight[4:], atol=1e-4, rtol=0)


def test_a_resumed_training_goes_on_from_its_own_filters(
    quadrants: Dataset, low: Plan, file: Path
) -> None:
    candidate = first_whitened()
    whole = list(train(candidate, quadrants, seed=0, until=640, evaluate_at=[320], plan=low))[-1]
    part = next(train(candidate, quadrants, seed=0, until=320, horizon=640, plan=low))
    part.save(file)
    (rest,) = train(candidate, quadrants, seed=0, until=640, horizon=640, plan=low, start=file)
    for name, tensor in whole.weights().items():
        assert torch.equal(tensor, rest.weights()[name])


@pytest.mark.parametrize("word", ["sgd", "adamw", "muon"])
def test_offsets_of_norms_have_their_own_rate(word: str) -> None:
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.PReLU(), nn.Linear(4, 2))
    plain, fast = (OPTIMIZERS.parse({word: {"norm_bias": times}}) for times in (1, 64))
    rates = []
    for optimizer in (plain, fast):
        groups = optimizer.over(module).param_groups
        rates.append({id(p): group[PEAK] for group in groups for p in group["params"]})
    changed = [
        name for name, p in module.named_parameters() if rates[0].get(id(p)) != rates[1].get(id(p))
    ]
    assert changed == ["1.bias"]
    assert rates[1][id(module[1].bias)] == pytest.approx(64 * rates[0][id(module[1].bias)])
