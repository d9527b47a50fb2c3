"""A training on all folds: means with their error, and resumed to the bit."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autocnn.data import DataOptions, Dataset, from_arrays
from autocnn.training import Plan, read_fold_weights, read_weights, train, train_folds
from autocnn.training.seeds import derive

SETTINGS: dict[str, Any] = {
    "seed": 3,
    "horizon": 640,
    "until": 640,
    "evaluate_at": [213, 426],
    "start": None,
    "deadline": None,
    "plan": Plan(),
    "objective": "val_f1_macro",
}
SIZES = [10, 12, 9]


@pytest.fixture(scope="module")
def folded(quadrants: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    part = quadrants.train
    images = part.images[part.indices].numpy()
    options = DataOptions.model_validate({"test": 0.0, "validation": {"folds": 3}})
    cache = tmp_path_factory.mktemp("folds")
    return from_arrays(images, part.labels.numpy(), options=options, cache=cache)


def test_a_point_is_the_mean_over_the_folds(
    folded: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate, settings = make_candidate(), {**SETTINGS, "plan": low}
    alone = []
    for number in range(3):
        seed = derive(3, "fold", number) % 2**32
        run = train(candidate, folded.fold(number), **{**settings, "seed": seed})
        alone.append([(dict(point.metrics), point.state.weights()) for point in run])
    best, place = -1.0, 0
    for place, point in enumerate(train_folds(candidate, folded, **settings)):
        values = [run[place][0]["val_f1_macro"] for run in alone]
        assert point.metrics["val_f1_macro"] == pytest.approx(statistics.fmean(values))
        error = statistics.stdev(values) / 3**0.5
        assert point.metrics["val_f1_macro_error"] == pytest.approx(error)
        point.save(file)
        if point.metrics["val_f1_macro"] > best:
            best, held = point.metrics["val_f1_macro"], [run[place][1] for run in alone]
        for kept, weights in zip(read_fold_weights(file), held, strict=True):
            assert all(torch.equal(kept[name], tensor) for name, tensor in weights.items())
    assert place == 2
    for weights in (read_weights(file), point.weights()):
        assert all(torch.equal(tensor, held[0][name]) for name, tensor in weights.items())


def test_resumed_equals_uninterrupted(
    folded: Dataset, make_candidate, low: Plan, file: Path
) -> None:
    candidate, settings = make_candidate(augment=["hflip"]), {**SETTINGS, "plan": low}
    *_, last = train_folds(candidate, folded, **settings)
    straight = last.save(file)
    for until, start in ((213, None), (426, file), (640, file)):
        *_, last = train_folds(candidate, folded, **{**settings, "until": until, "start": start})
        resumed = last.save(file)
    assert straight == resumed


@pytest.fixture(scope="module")
def uneven(quadrants: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """31 images in folds of these sizes, whose networks see 21, 19 and 22 an epoch."""
    part = quadrants.train
    images, labels = part.images[part.indices].numpy()[:31], part.labels.numpy()[:31]
    options = DataOptions.model_validate({"test": 0.0, "validation": {"folds": 3}})
    cache = tmp_path_factory.mktemp("uneven")
    found = from_arrays(images, labels, options=options, cache=cache)
    return replace(found, folds=np.random.default_rng(0).permutation(np.repeat([0, 1, 2], SIZES)))


@pytest.mark.parametrize("batch_size", [2, 10, 20, 64])
def test_resumed_at_any_moment_equals_one_go(
    uneven: Dataset, make_candidate, tmp_path: Path, batch_size: int
) -> None:
    assert [len(uneven.fold(number).train) for number in range(3)] == [31 - n for n in SIZES]
    candidate = make_candidate(
        batch_size=batch_size, schedule={"plateau": {"patience": 0.5, "least": 0.5}}
    )
    moments = [1, 2, 19, 20, 21, 22, 39, 42]
    settings = {**SETTINGS, "evaluate_at": moments, "horizon": 66}

    def points(start: Path | None, until: int = 44) -> list[tuple[int, Any, str, Path]]:
        found = []
        for place, point in enumerate(
            train_folds(candidate, uneven, **{**settings, "start": start, "until": until})
        ):
            path = tmp_path / f"{'again' if start else 'once'}-{place}.pt"
            found.append((point.images, point.metrics, point.save(path), path))
        return found

    straight = points(None)
    seen = [images for images, *_ in straight]
    assert seen == sorted(set(seen)), "the same networks were measured twice"
    assert seen[-1] >= 44
    for place, (images, *_, path) in enumerate(straight[:-1]):
        rest = straight[place + 1 :]
        assert [point[:3] for point in points(path)] == [point[:3] for point in rest]
        for until in (images + 1, images + 3):
            assert points(path, until)[-1][0] >= until


def test_patience_goes_by_the_mean(folded: Dataset, make_candidate) -> None:
    settings = {**SETTINGS, "until": 2000, "evaluate_at": range(213, 2000, 213)}
    still = make_candidate(optimizer={"sgd": {"lr": 1e-9}}, average="none", patience=2)
    *_, last = train_folds(still, folded, **settings)
    assert last.reason == "patience"
    assert last.images < 2000


def test_each_fold_gets_its_part_of_a_short_time(folded: Dataset, make_candidate) -> None:
    many = {"until": 10**9, "horizon": 10**9, "evaluate_at": []}
    settings = {**SETTINGS, **many, "deadline": time.monotonic() + 3}
    (point,) = train_folds(make_candidate(), folded, **settings)
    assert point.reason == "deadline"
    assert {"val_f1_macro", "val_f1_macro_error"} <= point.metrics.keys()
    assert all(0 < state.images < 10**9 for state in point.state.states)


def test_a_deadline_far_away_changes_nothing(folded: Dataset, make_candidate, low: Plan) -> None:
    settings, runs = {**SETTINGS, "plan": low}, []
    for deadline in (None, time.monotonic() + 10_000):
        found = train_folds(make_candidate(), folded, **{**settings, "deadline": deadline})
        runs.append([(point.images, point.metrics) for point in found])
    assert runs[0] == runs[1]
    assert len(runs[0]) == 3


def test_no_point_where_the_deadline_comes_first(folded: Dataset, make_candidate) -> None:
    assert not list(train_folds(make_candidate(), folded, **{**SETTINGS, "deadline": 0.0}))
