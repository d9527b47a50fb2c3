"""A training in parts equals the training in one go, to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autocnn.data import Dataset
from autocnn.training import OPTIMIZERS, Plan, Point, read_weights, train
from autocnn.training.checkpoint import read_checkpoint, write_checkpoint

AUGMENT = ["hflip", {"shift": {"pixels": 1}}, {"cutout": {"size": 3}}]


def last(points, file: Path) -> tuple[Point, str]:
    for point in points:
        final = point
    return final, final.save(file)


@pytest.mark.parametrize("ema", [0.99, "none"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_equals_uninterrupted(
    optimizer, ema, quadrants: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate = make_candidate(optimizer=optimizer, ema=ema, augment=AUGMENT, clip=5.0)
    settings = {"seed": 3, "horizon": 1280, "plan": low}
    straight, one = last(
        train(candidate, quadrants, until=900, evaluate_at=[150, 500], **settings), file
    )
    _, _ = last(train(candidate, quadrants, until=150, **settings), file)
    torch.rand(7)  # other use of the global generator must not matter
    _, _ = last(train(candidate, quadrants, until=500, start=file, **settings), file)
    resumed, two = last(train(candidate, quadrants, until=900, start=file, **settings), file)
    assert one == two
    assert straight.metrics == resumed.metrics
    assert (straight.images, straight.lr) == (resumed.images, resumed.lr)


def test_another_seed_differs(quadrants: Dataset, make_candidate, file: Path) -> None:
    sums = {
        last(train(make_candidate(), quadrants, seed=seed, until=64), file)[1]
        for seed in (0, 0, 1)
    }
    assert len(sums) == 2


def test_a_checkpoint_holds_the_best_weights(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    best, weights = -1.0, {}
    for point in train(
        make_candidate(), quadrants, seed=0, until=640, evaluate_at=range(32, 640, 32)
    ):
        point.save(file)
        if point.metrics["val_accuracy"] > best:
            best, weights = point.metrics["val_accuracy"], read_weights(file)
    saved = read_weights(file)
    assert all(torch.equal(saved[name], weights[name]) for name in weights)
    assert all(torch.equal(saved[name], tensor) for name, tensor in point.weights().items())


def test_the_checkpoint_of_another_training_is_refused(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    last(train(make_candidate(), quadrants, seed=0, until=64, horizon=640), file)
    with pytest.raises(ValueError, match="another training: seed 0, not 1"):
        next(train(make_candidate(), quadrants, seed=1, until=128, horizon=640, start=file))


def test_a_failed_write_leaves_the_old_file(file: Path) -> None:
    write_checkpoint(file, {"best": None, "average": None, "model": {"w": torch.ones(2)}})
    with pytest.raises(AttributeError):
        write_checkpoint(file, {"model": lambda: None})
    assert torch.equal(read_weights(file)["w"], torch.ones(2))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_damaged_or_newer_file_is_refused(file: Path) -> None:
    write_checkpoint(file, {"format": 99})
    with pytest.raises(ValueError, match="checkpoint format 99, expected 1"):
        read_checkpoint(file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(RuntimeError):
        read_checkpoint(file)
