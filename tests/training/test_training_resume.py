"""A training in parts equals the training in one go, to the bit."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from autocnn.data import Dataset
from autocnn.training import (
    AVERAGES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    Plan,
    Point,
    read_weights,
    train,
)
from autocnn.training.checkpoint import read_checkpoint, write_checkpoint

CLASSES = 4
"""Of the data `quadrants`."""

AUGMENT = ["hflip", {"shift": {"pixels": 1}}, {"cutout": {"size": 3}}]


def last(points, file: Path) -> tuple[Point, str]:
    for point in points:
        final = point
    return final, final.save(file)


WAYS = [
    *({"optimizer": word} for word in OPTIMIZERS if word != "other"),
    {"optimizer": {"other": {"name": "madgrad"}}},
    *({"average": word} for word in AVERAGES),
    {"average": "none"},
    {"average": {"swa": {"start": 0.2, "every": 3}}},
    {"schedule": {"plateau": {"patience": 0.5, "least": 1}}},
    {"loss": {"focal": {"class_weights": "balanced"}}},
    {"regularize": [{word: {}} for word in REGULARIZERS], "clip": "none"},
    {"regularize": [{word: {"decoupled": True}} for word in ("l1", "l2")]},
    {"skip_easy": 0.6},
    {"frozen_epochs": 1, "early_rate": 0.2, "pretrain": {"masked": {"epochs": 1}}},
]


@pytest.mark.parametrize("recipe", WAYS, ids=str)
def test_resumed_equals_uninterrupted(
    recipe, quadrants: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate = make_candidate(**{"augment": AUGMENT, "clip": 5.0, **recipe})
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


OBJECTIVES = [
    f"val_{word}"
    for word, metric in METRICS.items()
    if metric.serves("classification") and not metric().fault(CLASSES)
]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_any_metric_may_choose_the_weights_also_after_a_resume(
    objective: str, quadrants: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate = make_candidate(optimizer={"sgd": {"lr": 1.0}}, average="none")
    settings = {"seed": 0, "plan": low, "horizon": 1280, "objective": objective}
    stops = [32, 96, 160, 320, 480, 640]
    sign = 1 if METRICS[objective.removeprefix("val_")].maximize else -1
    kept: dict[float, dict[str, torch.Tensor]] = {}
    for point in train(candidate, quadrants, until=640, evaluate_at=stops, **settings):
        assert 0 <= abs(point.metrics[objective]) < math.inf
        score = sign * point.metrics[objective]
        if not kept or score > max(kept):
            kept = {score: {name: value.clone() for name, value in point.weights().items()}}
    one = point.save(file)
    weights = read_weights(file)
    assert all(torch.equal(weights[name], value) for name, value in kept[max(kept)].items())
    last(train(candidate, quadrants, until=160, evaluate_at=stops, **settings), file)
    resumed = train(candidate, quadrants, until=640, evaluate_at=stops, start=file, **settings)
    assert last(resumed, file)[1] == one


def test_the_checkpoint_for_another_objective_is_refused(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    settings = {"seed": 0, "horizon": 640}
    last(train(make_candidate(), quadrants, until=64, objective="val_loss", **settings), file)
    with pytest.raises(ValueError, match="another training: objective val_loss, not val_acc"):
        next(train(make_candidate(), quadrants, until=128, start=file, **settings))


def test_the_checkpoint_of_another_training_is_refused(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    last(train(make_candidate(), quadrants, seed=0, until=64, horizon=640), file)
    with pytest.raises(ValueError, match="another training: seed 0, not 1"):
        next(train(make_candidate(), quadrants, seed=1, until=128, horizon=640, start=file))


def test_a_failed_write_leaves_the_old_file(file: Path) -> None:
    write_checkpoint(file, {"best": None, "averaged": 0, "model": {"w": torch.ones(2)}})
    with pytest.raises(AttributeError):
        write_checkpoint(file, {"model": lambda: None})
    assert torch.equal(read_weights(file)["w"], torch.ones(2))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_damaged_or_newer_file_is_refused(file: Path) -> None:
    write_checkpoint(file, {"format": 99})
    with pytest.raises(ValueError, match="checkpoint format 99, expected 2"):
        read_checkpoint(file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(RuntimeError):
        read_checkpoint(file)
