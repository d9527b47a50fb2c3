"""The gate on low precision: gradients agree with float32 for every shape of convolution."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autocnn.data import DataOptions, Dataset, from_arrays
from autocnn.network import build
from autocnn.training import Plan, evaluate, measure_plan
from autocnn.training.plan import KINDS
from autocnn.training.precision import (
    Float32Conv2d,
    Float32Linear,
    StridedConv2d,
    arithmetic,
    follow,
    kind_of,
)


def convolutions(kernel: int, stride: int) -> Iterator[tuple[nn.Conv2d, Tensor]]:
    """Every convolution of this kernel and stride on small inputs, with an input for each."""
    sizes = itertools.product((1, 2, 3, 7), (1, 2, 3, 5))
    kinds = ((1, 8, 1), (8, 16, 1), (16, 16, 16), (16, 16, 4))
    grid = itertools.product(sizes, (0, 1, 3), (1, 2), kinds)
    for (height, width), padding, dilation, (channels, out, groups) in grid:
        extent = (kernel - 1) * dilation + 1
        if min(height, width) + 2 * padding < extent or padding > extent:
            continue
        if dilation > 1 and min(height, width) <= dilation * max(kernel - 1, 1):
            continue  # torch itself reads outside of its tensors there, in float32 too
        conv = nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups)
        yield conv, torch.randn(4, channels, height, width)


def gradients(conv: nn.Conv2d, x: Tensor, plan: Plan) -> list[Tensor]:
    """Output and gradients of input, weight and bias, for a fixed gradient of the output."""
    x = x.contiguous(memory_format=torch.channels_last).clone().requires_grad_()
    with arithmetic(plan):
        y = conv(x)
    torch.manual_seed(1)
    y.backward(torch.randn(y.shape).to(y.dtype))
    assert x.grad is not None
    return [y.float(), x.grad, *(p.grad for p in conv.parameters() if p.grad is not None)]


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5, 7])
def test_low_precision_gradients_agree_with_float32(kernel: int, stride: int, low: Plan) -> None:
    torch.manual_seed(0)
    for conv, x in convolutions(kernel, stride):
        expected = gradients(follow(copy.deepcopy(conv), Plan()), x, Plan())
        found = gradients(follow(conv, low), x, low)
        for name, a, b in zip(("y", "x", "weight", "bias"), expected, found, strict=True):
            error = (a - b).norm() / (a.norm() + 1e-3)
            assert error < 0.05, f"{name} of {conv} on {tuple(x.shape)}: {error:.2g}"


def test_only_convolutions_that_can_go_wrong_are_guarded(low: Plan) -> None:
    assert type(follow(nn.Conv2d(8, 8, 3, stride=2), low)) is StridedConv2d
    assert type(follow(nn.Conv2d(8, 8, 3, stride=2), Plan())) is nn.Conv2d
    assert type(follow(nn.Conv2d(8, 8, 3), low)) is nn.Conv2d
    assert type(follow(nn.Conv2d(8, 8, 1, stride=2), low)) is nn.Conv2d


@pytest.mark.parametrize(
    ("size", "exact"), [((1, 4), True), ((4, 1), True), ((1, 1), True), ((2, 2), False)]
)
def test_a_guarded_convolution_is_exact_only_where_it_must_be(size, exact, low: Plan) -> None:
    conv = follow(nn.Conv2d(8, 8, 3, stride=2, padding=1), low)
    x = torch.randn(2, 8, *size)
    with arithmetic(low), torch.no_grad():
        found, rounded = conv(x), nn.Conv2d.forward(conv, x)
    assert found.dtype == rounded.dtype == torch.bfloat16
    full = nn.Conv2d.forward(conv, x).detach().to(torch.bfloat16)
    assert torch.equal(found, full if exact else rounded)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_can_stay_in_float32(kind: str, low: Plan, make_candidate) -> None:
    torch.manual_seed(0)
    architecture = make_candidate().architecture
    plain = build(architecture)
    mixed = follow(build(architecture), low.model_copy(update={kind: "float32"}))
    assert list(plain.state_dict()) == list(mixed.state_dict())
    for before, after in zip(plain.modules(), mixed.modules(), strict=True):
        if kind_of(before) == kind:
            expected = Float32Linear if kind == "linear" else Float32Conv2d
            assert isinstance(after, expected)
        assert isinstance(after, type(before))


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_a_network_of_mixed_precision_has_the_same_gradients(
    kind: str | None, low: Plan, make_candidate
) -> None:
    plan = low if kind is None else low.model_copy(update={kind: "float32"})
    x, labels = torch.randn(16, 1, 12, 12), torch.randint(0, 4, (16,))
    found = []
    for used in (Plan(), plan):
        torch.manual_seed(0)
        module = follow(build(make_candidate().architecture), used)
        torch.manual_seed(1)
        with arithmetic(used):
            logits = module(x)
        nn.functional.cross_entropy(logits.float(), labels).backward()
        assert all(p.grad.dtype == torch.float32 for p in module.parameters())
        found.append(torch.cat([p.grad.flatten() for p in module.parameters()]))
    assert nn.functional.cosine_similarity(*found, dim=0) > 0.99


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_values_are_measured_as_a_bundle_estimates_them(
    task: str, low: Plan, quadrants: Dataset, make_candidate, tmp_path: Path
) -> None:
    part, rows = quadrants.train, torch.eye(4)[quadrants.train.labels].numpy()
    images, options = part.images[part.indices].numpy(), DataOptions(task=task)
    dataset = from_arrays(images, rows, options=options, cache=tmp_path)
    candidate = make_candidate()
    weights = build(candidate.architecture).state_dict()
    exact, found = (
        evaluate(candidate, weights, dataset.validation, dataset, plan) for plan in (Plan(), low)
    )
    same = np.array_equal(exact.predictions, found.predictions)
    assert same == (task == "regression")


def test_gradients_keep_the_layout_of_the_maps() -> None:
    x = torch.randn(4, 8, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
    y = x * 1  # has the gradient as it comes from above
    flat = follow(nn.Sequential(nn.Flatten()), Plan())(y)
    layouts = []
    y.register_hook(lambda g: layouts.append(g.is_contiguous(memory_format=torch.channels_last)))
    rows = torch.randn(4, 72)
    flat.backward(rows)
    assert layouts == [True]
    assert torch.equal(flat, x.flatten(1))
    assert torch.equal(x.grad, rows.reshape(4, 8, 3, 3))


def test_a_plan_is_measured_once_and_kept(tmp_path: Path) -> None:
    plan = measure_plan(tmp_path)
    (file,) = tmp_path.iterdir()
    assert Plan.model_validate_json(file.read_text()) == plan
    other = plan.model_copy(update={"stem": "float32", "conv": "float32", "threads": 3})
    file.write_text(other.model_dump_json())
    assert measure_plan(tmp_path) == other
    assert measure_plan(tmp_path, seconds=1) == other
    file.write_text("{")
    assert measure_plan(tmp_path).threads == 1


def test_a_short_training_is_not_kept_waiting_for_compilers(tmp_path: Path) -> None:
    heard: list[str] = []
    plan = measure_plan(tmp_path, lambda what, share: heard.append(what), seconds=20)
    assert plan.loops == "torch"
    assert heard == ["measuring how this machine trains fastest"]
    assert not list(tmp_path.iterdir())
