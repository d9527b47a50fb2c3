"""What the generator yields, when it ends and what it refuses."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autocnn.data import Dataset, Part, from_arrays
from autocnn.errors import DataError, SpaceError
from autocnn.interval import upper_end
from autocnn.training import Plan, evaluate, train
from autocnn.training.average import Average
from autocnn.training.averages import EMA
from autocnn.training.batches import Batches, batch_bounds
from autocnn.training.optimizers import Optimizer
from autocnn.training.pace import Pace


def test_a_network_learns_and_points_say_so(quadrants: Dataset, make_candidate, low: Plan) -> None:
    points = list(
        train(
            make_candidate(epochs=8),
            quadrants,
            seed=0,
            until=8 * 320,
            evaluate_at=[80, 320, 640],
            plan=low,
        )
    )
    assert [point.images for point in points] == [96, 320, 640, 2560]
    assert points[-1].epoch == 8.0
    assert points[-1].metrics["val_accuracy"] > 0.95
    assert points[-1].lr == pytest.approx(0.0, abs=0.002)
    assert all(point.reason is None for point in points)
    assert [point.seconds for point in points] == sorted(point.seconds for point in points)
    assert all(point.images_per_second > 0 for point in points)


def test_evaluate_repeats_what_a_point_says(quadrants: Dataset, make_candidate, low: Plan) -> None:
    candidate = make_candidate()
    (point,) = train(candidate, quadrants, seed=0, until=960, plan=low)
    state = torch.get_rng_state()
    found = evaluate(candidate, point.weights(), quadrants.validation, quadrants, low)
    assert torch.equal(state, torch.get_rng_state())
    assert (found.accuracy, found.loss) == (
        point.metrics["val_accuracy"],
        point.metrics["val_loss"],
    )
    labels = quadrants.validation.labels.numpy()
    assert found.accuracy == (found.predictions.argmax(1) == labels).mean()
    assert found.loss == pytest.approx(
        -np.log(found.predictions[np.arange(len(labels)), labels]).mean(), rel=1e-4
    )
    assert found.confusion.sum(1).tolist() == np.bincount(labels).tolist()


@given(images=st.integers(2, 2000), size=st.integers(2, 300))
def test_batches_hold_every_image_once(images: int, size: int) -> None:
    bounds = batch_bounds(images, size)
    sizes = np.diff(bounds)
    assert bounds[0] == 0
    assert bounds[-1] == images
    assert (sizes[:-1] == size).all()
    assert min(images, max(2, (size + 1) // 2)) <= sizes[-1] < size + max(2, (size + 1) // 2)


def test_an_epoch_is_a_new_order_of_all_images(quadrants: Dataset) -> None:
    batches = Batches(quadrants.train, quadrants, Plan(), 32, (), 0)
    epochs = [
        torch.cat([batches.batch(epoch, index).images.sum((1, 2, 3)) for index in range(10)])
        for epoch in (0, 1, 0)
    ]
    assert torch.equal(epochs[0], epochs[2])
    assert not torch.equal(epochs[0], epochs[1])
    torch.testing.assert_close(epochs[0].sort().values, epochs[1].sort().values)
    images = torch.cat([batches.batch(0, index).images for index in range(10)])
    assert images.mean().abs() < 1e-3
    assert images.std() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("plan", [Plan(), Plan(layout="channels_first")])
def test_t01_a_loss_that_is_not_finite_ends_the_training(
    plan: Plan, quadrants: Dataset, make_candidate
) -> None:
    sgd = {"sgd": {"lr": 1000.0}}
    candidate = make_candidate(optimizer=sgd, schedule="constant", average="none")
    *_, point = train(candidate, quadrants, seed=0, until=100_000, plan=plan)
    assert point.reason == "non-finite"
    assert point.images < 100_000
    assert "val_accuracy" not in point.metrics
    assert all(math.isfinite(value) for value in point.metrics.values())


@pytest.mark.parametrize("clip", [1.0, "none"])
@pytest.mark.parametrize("optimizer", ["sgd", "sam", "lion"])
def test_t02_a_gradient_that_is_not_finite_ends_the_training(
    optimizer: str, clip: object, quadrants: Dataset, make_candidate, monkeypatch
) -> None:
    """The loss is finite still; without a clip that is noticed later.

    Where an optimizer follows signs alone, for which NaN has none, at the next point.
    """
    candidate = make_candidate(optimizer=optimizer, clip=clip)
    steps = 0

    def spoil(gradient: torch.Tensor) -> torch.Tensor:
        nonlocal steps
        steps += 1
        return gradient * (float("nan") if steps == 4 else 1.0)

    over = Optimizer.over

    def hooked(
        options: Optimizer, module: torch.nn.Module, *given: Any, **named: Any
    ) -> torch.optim.Optimizer:
        next(module.parameters()).register_hook(spoil)
        return over(options, module, *given, **named)

    monkeypatch.setattr(Optimizer, "over", hooked)
    *_, point = train(candidate, quadrants, seed=0, until=32 * 50)
    assert point.reason == "non-finite"
    assert point.images <= (1600 if (optimizer, clip) == ("lion", "none") else 32 * 4)
    assert all(math.isfinite(value) for value in point.metrics.values())


def test_t03_the_norm_of_the_gradient_is_told_where_it_is_clipped(
    quadrants: Dataset, make_candidate
) -> None:
    for clip in (1e-3, 1e3):
        (point,) = train(make_candidate(clip=clip), quadrants, seed=0, until=32)
        assert point.metrics["gradient_norm"] > 0.1
    (point,) = train(make_candidate(clip="none"), quadrants, seed=0, until=32)
    assert "gradient_norm" not in point.metrics


def test_t09_the_training_loss_weighs_batches_by_their_images(
    quadrants: Dataset, make_candidate
) -> None:
    settings = {"seed": 0, "until": 320, "horizon": 1280}
    candidate = make_candidate(batch_size=96)
    ends = [96, 192, 320]  # the last one has 128
    parts = [
        point.metrics["train_loss"]
        for point in train(candidate, quadrants, evaluate_at=ends, **settings)
    ]
    (whole,) = train(candidate, quadrants, **settings)
    assert whole.metrics["train_loss"] == pytest.approx(np.average(parts, weights=[96, 96, 128]))


def test_patience_ends_a_training_that_does_not_improve(
    quadrants: Dataset, make_candidate
) -> None:
    candidate = make_candidate(optimizer={"sgd": {"lr": 1e-9}}, patience=2)
    points = list(
        train(candidate, quadrants, seed=0, until=6400, evaluate_at=range(320, 6400, 320))
    )
    assert [point.reason for point in points] == [None, None, "patience"]


def test_t12_a_deadline_ends_in_time_with_an_evaluated_point(
    quadrants: Dataset, make_candidate
) -> None:
    deadline = time.monotonic() + 4
    *_, point = train(
        make_candidate(), quadrants, seed=0, until=10**9, horizon=10**9, deadline=deadline
    )
    assert time.monotonic() < deadline + 4
    assert point.reason == "deadline"
    assert point.metrics["val_accuracy"] > 0
    assert point.lr > 0.01


def test_a_schedule_without_horizon_ends_at_the_deadline(
    quadrants: Dataset, make_candidate
) -> None:
    deadline = time.monotonic() + 5
    *_, point = train(make_candidate(), quadrants, seed=0, until=10**9, deadline=deadline)
    assert deadline - 1 < time.monotonic() < deadline + 4
    assert point.reason == "deadline"
    assert point.lr < 0.02
    assert point.metrics["val_accuracy"] > 0.9


def test_the_last_point_before_a_deadline_may_be_the_best(
    quadrants: Dataset, make_candidate
) -> None:
    candidate, deadline = make_candidate(), time.monotonic() + 5
    seen = []
    for point in train(
        candidate, quadrants, seed=0, until=10**9, evaluate_at=[16], deadline=deadline
    ):
        seen.append(point.metrics["val_accuracy"])
        weights = {name: value.clone() for name, value in point.weights().items()}
    assert point.reason == "deadline"
    assert seen[-1] > seen[0]
    found = evaluate(candidate, weights, quadrants.validation, quadrants, Plan())
    assert found.accuracy == pytest.approx(max(seen), abs=0.01)


@pytest.mark.parametrize(
    ("recipe", "full", "last"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"schedule": "constant"}, True, False),
        ({"patience": 9}, True, False),
    ],
)
def test_a_full_training_that_calms_down_ends_with_its_last_weights(
    recipe: dict[str, Any], full: bool, last: bool, quadrants: Dataset, make_candidate
) -> None:
    scores, candidate = {}, make_candidate(**{"schedule": "onecycle", **recipe})
    for point in train(
        candidate, quadrants, seed=0, until=2560, evaluate_at=range(0, 2560, 64), full=full
    ):
        scores[point.images] = point.metrics["val_accuracy"]
    first = max(scores, key=scores.__getitem__)
    assert first < 2560
    assert scores[first] <= upper_end(scores[2560], len(quadrants.validation))
    assert point.state.best is not None
    assert point.state.best.images == (2560 if last else first)


def test_a_full_training_keeps_what_was_better_by_more_than_chance(
    quadrants: Dataset, make_candidate
) -> None:
    candidate, known = make_candidate(schedule="onecycle"), {"seed": 0, "until": 2560}
    *_, good = train(candidate, quadrants, **known, full=True)
    part = quadrants.train
    labels = (part.plain_labels + 1) % len(quadrants.classes)
    wrong = replace(quadrants, train=Part(part.file, part.indices.numpy(), labels))
    begin = {name: value.clone() for name, value in good.weights().items()}
    *_, point = train(candidate, wrong, **known, evaluate_at=[32], weights=begin, full=True)
    assert point.metrics["val_accuracy"] < 0.5
    assert point.state.best is not None
    assert (point.state.best.images, point.is_best) == (32, False)


def test_a_deadline_gone_by_gives_one_point(quadrants: Dataset, make_candidate) -> None:
    (point,) = train(make_candidate(), quadrants, seed=0, until=640, deadline=time.monotonic() - 9)
    assert (point.images, point.reason, dict(point.metrics)) == (0, "deadline", {})
    assert point.weights()


def test_a_share_by_time_goes_on_from_a_checkpoint() -> None:
    now = time.monotonic()
    pace = Pace(1000, evaluated=0, deadline=now + 100, fitted=True, share=0.5)
    assert pace.share(100) == pytest.approx(0.5, abs=1e-3)
    assert pace.share(900) == 0.9
    assert pace.share(100) == 0.9


def test_a_refit_sees_all_images_and_evaluates_none(
    quadrants: Dataset, make_candidate, file: Path
) -> None:
    settings = {"seed": 0, "horizon": 1600, "refit": True}
    (point,) = train(make_candidate(), quadrants, until=800, **settings)
    assert point.epoch == 2.0
    assert set(point.metrics) == {"train_loss"}
    point.save(file)
    (other,) = train(make_candidate(), quadrants, until=1600, start=file, **settings)
    assert (other.images, other.epoch) == (1600, 4.0)


def test_a_candidate_for_other_data_is_refused(quadrants: Dataset, make_candidate) -> None:
    with pytest.raises(SpaceError, match="made for 1x8x8 and 4 classes, the data have 1x12x12"):
        next(train(make_candidate((1, 8, 8)), quadrants, seed=0, until=64))


def test_t07_t08_few_images_make_one_batch(make_candidate, tmp_path: Path) -> None:
    x = np.arange(6 * 144, dtype=np.uint8).reshape(6, 12, 12)
    few = from_arrays(x[:5], [0, 1, 0, 1, 1], x_validation=x[5:], y_validation=[1], cache=tmp_path)
    (point,) = train(make_candidate(classes=2), few, seed=0, until=10)
    assert point.epoch == 2.0
    one = from_arrays(x[:2], [0, 1], x_validation=x[5:], y_validation=[1], cache=tmp_path)
    object.__setattr__(one, "train", one.validation)
    with pytest.raises(DataError, match="two images or more, got 1"):
        next(train(make_candidate(classes=2), one, seed=0, until=10))


def test_the_average_warms_up_and_takes_the_norms_along() -> None:
    module = torch.nn.BatchNorm1d(3)
    average = Average(module, EMA(decay=0.9))
    with torch.no_grad():
        module.weight.fill_(2.0)
        module.running_mean.fill_(5.0)
        module.num_batches_tracked.fill_(7)
    average.update(1, 0.0)  # decay 2 / 11
    assert average.module.weight[0].item() == pytest.approx(2 - 2 / 11)
    assert average.module.running_mean[0].item() == pytest.approx(5 * 9 / 11)
    assert average.module.num_batches_tracked == 7
    average.update(10**6, 1.0)  # decay 0.9
    assert average.module.weight[0].item() == pytest.approx(2 - 0.9 * 2 / 11)
