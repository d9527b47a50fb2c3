"""Trainings on another device than the CPU: run by `test_training_device.py` in a process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import other_device
import pytest
import torch
from other_device import NAME, OtherDevice

from autocnn.data import AUGMENTATIONS, Dataset
from autocnn.training import (
    AVERAGES,
    LOSSES,
    OPTIMIZERS,
    PRETRAININGS,
    REGULARIZERS,
    Plan,
    evaluate,
    read_weights,
    train,
)
from autocnn.training.batches import Batches

other_device.install()

STEPS = 4

REGULAR = [[{word: {}}] for word in REGULARIZERS]
LOST = [word for word in LOSSES if not LOSSES.misfit(word, "classification")]
STEPPED = [word for word in OPTIMIZERS if word not in ("other", "asgd")]
"""In asgd torch itself makes a tensor in a way that this device does not know."""

WAYS = [
    *(
        {"optimizer": optimizer, "average": average, "loss": loss, "regularize": regular}
        for optimizer, average, loss, regular in zip(
            STEPPED, cycle([*AVERAGES, "none"]), cycle(LOST), cycle(REGULAR), strict=False
        )
    ),
    *({"pretrain": {word: {"epochs": 1}}} for word in PRETRAININGS),
    {"loss": {"cross_entropy": {"class_weights": "balanced"}}, "augment": ["mixup"]},
    {"skip_easy": 0.5, "clip": 1.0},
    {"oversample": 0.5, "frozen_epochs": 1, "early_rate": 0.2},
    {"tta": True, "augment": ["hflip", {"shift": {"pixels": 1}}]},
]


@pytest.fixture(autouse=True)
def _device() -> Iterator[None]:
    with OtherDevice():
        yield


@pytest.mark.parametrize("recipe", WAYS, ids=str)
def test_what_comes_out_is_that_of_the_cpu(
    recipe, quadrants: Dataset, make_candidate, file: Path
) -> None:
    """Nothing mixes devices, a checkpoint is one of the CPU, and no step waits for the device."""
    candidate = make_candidate(**recipe)
    images, found, losses = STEPS * 32, list[dict[str, torch.Tensor]](), list[float]()
    for device in ("cpu", NAME):
        plan = Plan(device=device)
        for until in (images // 2, images):
            start = file if until == images else None
            points = train(
                candidate, quadrants, seed=1, until=until, horizon=images, plan=plan, start=start
            )
            for point in points:
                assert "val_loss" in point.metrics or "pretrain_loss" in point.metrics
            point.save(file)
        found.append(read_weights(file))
        part = quadrants.validation
        losses.append(evaluate(candidate, found[-1], part, quadrants, plan).loss)
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-4)
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


@pytest.mark.parametrize("word", AUGMENTATIONS)
@pytest.mark.parametrize("free", [2**40, 0])
def test_no_batch_waits_for_the_device(
    word: str, free: int, quadrants: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_device.Module, "free", free)
    augment = [AUGMENTATIONS.parse(word)]
    here, there = (
        Batches(quadrants.train, quadrants, Plan(device=device), 32, augment, seed=0)
        for device in ("cpu", NAME)
    )
    OtherDevice.reads.clear()
    batch = there.batch(0, 1)
    assert not OtherDevice.reads
    assert batch.images.device.type == batch.targets.device.type == NAME
    expected = here.batch(0, 1)
    assert torch.equal(batch.images.cpu(), expected.images)
    assert torch.equal(batch.targets.cpu(), expected.targets)


def test_steps_wait_for_the_device_once_in_a_while(quadrants: Dataset, make_candidate) -> None:
    """The loss is read at the pauses, so that twice as many steps make no more waits."""
    candidate, waits = make_candidate(clip=1.0, skip_easy=0.5), []
    for steps in (5, 9):
        OtherDevice.reads.clear()
        settings = {"seed": 0, "horizon": 320, "plan": Plan(device=NAME)}
        (_,) = train(candidate, quadrants, until=32 * steps, **settings)
        waits.append(sum(OtherDevice.reads.values()))
    assert waits[0] == waits[1]


def test_a_loss_that_is_not_finite_ends_it(quadrants: Dataset, make_candidate) -> None:
    candidate = make_candidate(optimizer={"sgd": {"lr": 1000.0}}, clip="none")
    settings = {"seed": 0, "until": 640, "plan": Plan(device=NAME)}
    *_, point = train(candidate, quadrants, **settings)
    assert point.reason == "non-finite"
    assert "val_loss" not in point.metrics
    assert all(math.isfinite(value) for value in point.metrics.values())


def test_smaller_images_are_as_those_of_the_cpu(quadrants: Dataset) -> None:
    """Which rounds them to whole levels."""
    here, there = (
        Batches(quadrants.train, quadrants, Plan(device=device), 32, (), seed=0).batch(
            0, 0, (6, 6)
        )
        for device in ("cpu", NAME)
    )
    level = 1 / (255 * quadrants.std[0])
    torch.testing.assert_close(there.images.cpu(), here.images, rtol=0, atol=level)
