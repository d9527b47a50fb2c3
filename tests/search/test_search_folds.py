"""A search by cross-validation: means over folds, honest budgets, one network of all of them."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest
from small_space import SPACE, space

from autocnn.api import load_space, open_study, run_search
from autocnn.data import DataOptions, from_arrays
from autocnn.network import build
from autocnn.reuse import load_bundle
from autocnn.search.finalists import Finalists
from autocnn.search.measure import validate
from autocnn.space import elaborate, sample
from autocnn.training.checkpoint import FOLDS, write_checkpoint

FOLDED = {"data": {"source": "digits", "validation": {"folds": 3}}, "budget": {"trials": 3}}
IMAGES = 1438
"""Images of digits outside of its test part, in the folds."""


def test_a_cross_validated_search_is_resumed_and_ends_in_one_network(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(finalists: Finalists, winner: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(Finalists, "refit", broken)
        with pytest.raises(ValueError, match="broken"):
            run_search(space(**FOLDED), store=url)
    result = run_search(space(**FOLDED), store=url)
    assert result.continued
    store, study = open_study("small", url)
    rows = store.finals(study.id)
    assert [row.split for row in rows] == ["validation", "test"]
    validation, test = result.validation, result.test
    assert validation is not None
    assert test is not None
    assert (validation.images, test.images) == (IMAGES, 359)
    assert validation.low < validation.value < validation.high
    folds = validation.details["folds"]
    assert len(folds["values"]) == 3
    trial = store.trials(study.id)[rows[0].trial]
    assert statistics.fmean(folds["values"]) == pytest.approx(trial.best_value)
    points = [point for point in store.progress(study.id) if point.trial == trial.number]
    assert folds["standard_error"] in [
        pytest.approx(point.metrics["val_accuracy_error"]) for point in points
    ]
    # The bundle's network has seen the whole horizon of images of all folds.
    assert rows[1].path != rows[0].path
    assert trial.horizon is not None
    assert rows[1].images >= trial.horizon
    assert result.bundle is not None
    assert load_bundle(result.bundle).metrics
    assert test.value > 0.25
    assert result.report is not None
    assert result.report.is_file()


def test_a_cross_validated_search_ends_in_time(url: str) -> None:
    result = run_search(space(**{**FOLDED, "budget": {"time": 6}}), store=url, report=False)
    assert result.validation is not None
    assert result.validation.images == IMAGES


def test_a_budget_counts_the_images_of_all_folds(url: str) -> None:
    given = {**FOLDED, "budget": {"images": 3 * IMAGES}, "search": {**SPACE["search"]}}
    run_search(space(**given), store=url, report=False)
    store, study = open_study("small", url)
    seen = sum(trial.images for trial in store.trials(study.id))
    assert 0.9 * IMAGES < seen < 1.1 * IMAGES


def test_values_far_from_zero_keep_their_digits_over_the_folds(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.integers(0, 256, (60, 8, 8), np.uint8), 1.7e9 + generator.random(60)
    given = {"task": "regression", "test": 0.0, "validation": {"folds": 3}}
    dataset = from_arrays(x, y, options=DataOptions.model_validate(given), cache=tmp_path)
    loaded = load_space(space(data={"task": "regression"}))
    candidate = elaborate(sample(loaded, 0), dataset.shape, 1)
    weights = build(candidate.architecture).state_dict()  # type: ignore[union-attr]
    write_checkpoint(
        tmp_path / "c.pt", {FOLDS: 3 * [{"best": {"weights": weights}, "averaged": 0}]}
    )
    score = validate(candidate, tmp_path / "c.pt", dataset, {}, "val_rmse")
    squares = np.square(score.details["folds"]["values"])
    assert score.value == pytest.approx(squares.mean() ** 0.5, rel=1e-6)
