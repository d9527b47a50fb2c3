"""Learning from images without their classes before a training."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autocnn.api import load_space
from autocnn.data import Dataset
from autocnn.errors import AutocnnError
from autocnn.network import build
from autocnn.search.trial import Trial
from autocnn.space import Infeasible, elaborate, fill_values
from autocnn.training import PRETRAININGS, Plan, train
from autocnn.training.batches import gather
from autocnn.training.checkpoint import read_checkpoint
from autocnn.training.image_pool import ImagePool
from autocnn.training.stages import head_names

EPOCHS = 3


def points(candidate, dataset: Dataset, **more):
    return train(candidate, dataset, **{"seed": 0, "until": 64, "horizon": 640, **more})


@pytest.mark.parametrize("word", PRETRAININGS)
def test_the_trunk_learns_and_the_decoder_goes(
    word: str, quadrants: Dataset, make_candidate, file: Path
) -> None:
    candidate = make_candidate(pretrain={word: {"epochs": EPOCHS, "lr": 5e-3}})
    losses, before = [], dict[str, torch.Tensor]()
    for point in points(candidate, quadrants):
        if "pretrain_loss" in point.metrics:
            assert (point.images, point.epoch, point.reason) == (0, 0.0, None)
            losses.append(point.metrics["pretrain_loss"])
            now = {name: tensor.clone() for name, tensor in point.weights().items()}
            changed = {n for n, t in now.items() if before and not torch.equal(t, before[n])}
            before = now
    assert losses == sorted(losses, reverse=True)
    assert len(losses) == EPOCHS
    head = head_names(build(candidate.architecture))
    assert changed == set(before) - head
    assert point.images == 64
    point.save(file)
    assert read_checkpoint(file)["pretraining"] == {"epochs": EPOCHS}


def test_epochs_that_the_time_did_not_allow_come_after_a_resume(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    candidate = make_candidate(pretrain={"masked": {"epochs": 2}})
    *_, straight = points(candidate, quadrants)
    expected = straight.save(file)
    (cut,) = points(candidate, quadrants, deadline=time.monotonic() - 1)
    assert (cut.metrics, cut.reason) == ({}, "deadline")
    cut.save(file)
    early, *_, resumed = points(candidate, quadrants, start=file)
    assert early.metrics.keys() == {"pretrain_loss"}
    assert resumed.save(file) == expected


def test_images_without_labels_are_seen_too(quadrants: Dataset, make_candidate) -> None:
    few, count = quadrants.validation, len(quadrants.train)
    pool = ImagePool(quadrants.train, few, 0)
    orders = [pool.order(epoch) for epoch in range(3)]
    assert {len(order) for order in orders} == {count}
    first = torch.cat(orders)[: count + len(few)]
    assert sorted(first.tolist()) == list(range(count + len(few)))
    parts = [(few, 0), (quadrants.train, 0), (few, 1), (quadrants.train, 5)]
    alone = torch.cat([gather(part, torch.tensor([row])) for part, row in parts])
    found = pool.images(torch.tensor([count, 0, count + 1, 5]))
    assert torch.equal(found, alone)
    assert found.stride() == alone.stride()
    candidate = make_candidate(pretrain={"masked": {"epochs": 1}})
    losses = [
        next(points(candidate, dataset)).metrics["pretrain_loss"]
        for dataset in (quadrants, replace(quadrants, unlabelled=few))
    ]
    assert losses[0] != losses[1]


@pytest.mark.parametrize("word", PRETRAININGS)
def test_a_pretraining_in_parts_is_the_same_to_the_bit(
    word: str, quadrants: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate = make_candidate(pretrain={word: {"epochs": EPOCHS}})
    *_, straight = points(candidate, quadrants, plan=low)
    sha256 = straight.save(file)
    for epoch in range(EPOCHS):
        start = file if epoch else None
        part = next(points(candidate, quadrants, plan=low, start=start))
        assert "pretrain_loss" in part.metrics
        part.save(file)
    (resumed,) = points(candidate, quadrants, plan=low, start=file)
    assert (resumed.metrics, resumed.save(file)) == (straight.metrics, sha256)


def test_squares_are_hidden_by_their_share() -> None:
    how = PRETRAININGS["masked"](share=0.25, patch=4)
    images = torch.ones(64, 3, 30, 18)
    spoilt, hidden = how.spoil(images, torch.Generator().manual_seed(0))
    assert hidden.shape == (64, 1, 30, 18)
    assert torch.equal(spoilt == 0, hidden.expand_as(spoilt))
    assert hidden.float().mean() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(hidden[:, :, 0:4, 8:12].amax((2, 3)), hidden[:, :, 0:4, 8:12].amin((2, 3)))
    assert how.value(images + 2 * ~hidden, images, hidden.float()) == 0


def test_pretraining_leaves_the_training_its_share_of_the_time(
    quadrants: Dataset, make_candidate
) -> None:
    candidate = make_candidate(pretrain={"masked": {"epochs": 10_000}})
    over = time.monotonic() - 1
    first, last = points(candidate, quadrants, deadline=over, horizon=None)
    assert (first.metrics, last.reason) == ({}, "deadline")
    (point,) = points(candidate, quadrants, deadline=over)
    assert (point.images, point.reason) == (0, "deadline")


def test_a_loss_that_is_not_finite_ends_it(quadrants: Dataset, make_candidate) -> None:
    candidate = make_candidate(pretrain={"denoising": {"lr": 10.0, "noise": 10.0}})
    weights = {"conv_0.conv.weight": torch.full((8, 1, 3, 3), float("inf"))}
    (point,) = points(candidate, quadrants, weights=weights)
    assert point.reason == "non-finite"


def test_it_needs_maps_and_counts_in_a_budget(make_candidate) -> None:
    document = {
        "architecture": ["flatten", {"linear": {"units": 8}}, {"linear": {"units": 4}}],
        "training": {"pretrain": "masked"},
    }
    try:
        space = load_space(document)
        made = elaborate(fill_values(space, {}), (1, 12, 12), 4)
        text = made.problem.text if isinstance(made, Infeasible) else ""
    except AutocnnError as error:
        text = str(error)
    assert "no layers with maps" in text
    candidate = make_candidate(pretrain={"masked": {"epochs": 2}})
    trial = Trial(0, {}, candidate, "waiting", ladder=(100, 1280))
    assert (trial.seen, trial.due(100)) == (0, 740)
    trial.images = 100
    assert (trial.seen, trial.due(100)) == (740, 0)
