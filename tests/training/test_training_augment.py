"""Augmentations in training: mixed targets are learned from, and a resumed training sees alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autocnn.data import AUGMENTATIONS, Dataset
from autocnn.training import LOSSES, Plan, train
from autocnn.training.balance import Balance
from autocnn.training.batches import Batches


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_resumed_equals_uninterrupted(
    word: str, quadrants: Dataset, make_candidate, file: Path
) -> None:
    candidate = make_candidate(augment=[word])
    settings = {"seed": 3, "horizon": 1280}
    # The second epoch begins at 320 images: alternating flip must know.
    *_, straight = train(candidate, quadrants, until=384, evaluate_at=[192], **settings)
    (half,) = train(candidate, quadrants, until=192, **settings)
    half.save(file)
    torch.rand(7)  # other use of the global generator must not matter
    (resumed,) = train(candidate, quadrants, until=384, start=file, **settings)
    assert straight.metrics["val_loss"] == resumed.metrics["val_loss"]
    weights = straight.weights()
    assert all(torch.equal(weights[name], tensor) for name, tensor in resumed.weights().items())
    (plain,) = train(make_candidate(), quadrants, until=384, **settings)
    assert plain.metrics["val_loss"] != straight.metrics["val_loss"]


@pytest.mark.parametrize("loss", [w for w in LOSSES if LOSSES[w].serves("classification")])
def test_every_loss_learns_from_mixed_targets(
    loss: str, quadrants: Dataset, make_candidate
) -> None:
    weights = {"class_weights": "balanced"}
    candidate = make_candidate(augment=["mixup", "cutmix"], loss={loss: weights})
    early, late = train(candidate, quadrants, seed=0, until=1600, evaluate_at=[320])
    assert late.metrics["train_loss"] < early.metrics["train_loss"]
    assert late.metrics["val_accuracy"] > 0.5  # four classes


@pytest.mark.parametrize("busy", [(1.0,), (1.0, 1.0), (1.0, 2.0)])
def test_an_epoch_shows_every_image_once_and_the_next_one_mirrored(
    busy: tuple[float, ...], quadrants: Dataset
) -> None:
    flip = (AUGMENTATIONS.parse("alternating_flip"),)
    balance = Balance(len(busy), measured=True)
    balance.note(32, busy)
    seen = []
    for epoch in range(2):
        images = []
        for rank in range(len(busy)):
            batches = Batches(quadrants.train, quadrants, Plan(), 32, flip, 0, rank, balance)
            images += [
                batches.batch(epoch, index).images for index in range(len(batches.bounds) - 1)
            ]
        seen.append(torch.cat(images))
    mirrored = seen[1].flip(3)
    first = {image.numpy().tobytes() for image in seen[0].contiguous()}
    assert len(first) == len(quadrants.train)
    assert first == {image.numpy().tobytes() for image in mirrored.contiguous()}
