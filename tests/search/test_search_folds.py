"""A search by cross-validation: means over folds, honest budgets, one network of all of them."""

from __future__ import annotations

import statistics

import pytest
from small_space import SPACE, space

from autocnn.api import open_study, run_search
from autocnn.reuse import load_bundle
from autocnn.search.finals import Finals

FOLDED = {"data": {"source": "digits", "validation": {"folds": 3}}, "budget": {"trials": 3}}
IMAGES = 1438
"""Images of digits outside of its test part, in the folds."""


def test_a_cross_validated_search_is_resumed_and_ends_in_one_network(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(finals: Finals, winner: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(Finals, "_refit", broken)
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


def test_a_budget_counts_the_images_of_all_folds(url: str) -> None:
    given = {**FOLDED, "budget": {"images": 3 * IMAGES}, "search": {**SPACE["search"]}}
    run_search(space(**given), store=url)
    store, study = open_study("small", url)
    seen = sum(trial.images for trial in store.trials(study.id))
    assert 0.9 * IMAGES < seen < 1.1 * IMAGES
