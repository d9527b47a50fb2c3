"""The search behaves like any classifier of scikit-learn."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

import autocnn
from autocnn.errors import DataError

SPACE: dict[str, Any] = {
    "study": "arrays",
    "architecture": [
        {"conv": {"channels": 12, "norm": "batch"}},
        {"pool": {}},
        "flatten",
        {"linear": {"units": "=classes", "activation": "none"}},
    ],
    "training": {
        "optimizer": {"adamw": {"lr": 0.01}},
        "epochs": 3,
        "average": {"ema": {"decay": 0.9}},
        "batch_size": 32,
    },
    "search": {"strategy": "random", "stopping": "none"},
}


@pytest.fixture(scope="module")
def images() -> tuple[Any, Any]:
    bunch = load_digits()
    chosen = np.isin(bunch.target, (1, 7, 8))
    return bunch.images[chosen] / 16, bunch.target[chosen]


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOCNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def fitted(images: tuple[Any, Any]) -> autocnn.ImageClassifier:
    x, y = images
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autocnn.closing.write_report", None)  # nobody could read it
        patch.setattr("autocnn.closing.write_pictures", None)
        return autocnn.ImageClassifier(SPACE, time=None, trials=1).fit(x[:300], y[:300] * 10.0)


def test_a_kept_study_has_its_report(images: tuple[Any, Any], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    model = autocnn.ImageClassifier(SPACE, time=None, trials=1, store=url)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    random_state = torch.get_rng_state()
    left = model.fit(images[0][:300], images[1][:300]).result_
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING
    assert torch.equal(torch.get_rng_state(), random_state)
    assert left.report is not None
    assert left.bundle is not None
    assert left.report.is_file()
    assert left.bundle.is_dir()


def test_it_learns_and_answers_with_the_labels_it_was_given(
    fitted: autocnn.ImageClassifier, images: tuple[Any, Any]
) -> None:
    x, y = images
    assert fitted.classes_.tolist() == [10.0, 70.0, 80.0]
    assert fitted.score(x[300:], y[300:] * 10.0) > 0.8
    assert set(fitted.predict(x[300:])) <= {10.0, 70.0, 80.0}
    probabilities = fitted.predict_proba(x[300:])
    assert probabilities.shape == (len(x) - 300, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_it_outlives_its_study_and_a_pickle(
    fitted: autocnn.ImageClassifier, images: tuple[Any, Any]
) -> None:
    left = fitted.result_
    assert (left.store, left.bundle, left.ensemble, left.report) == ("", None, None, None)
    assert left.validation is not None
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(images[0]), fitted.predict(images[0]))


def test_a_fit_that_ends_early_leaves_the_last_as_it_was(
    fitted: autocnn.ImageClassifier, images: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    model = pickle.loads(pickle.dumps(fitted))
    monkeypatch.setattr("autocnn.api.run_search", stop)
    for y in (-images[1], np.stack([images[1] == 1, images[1] > 7], axis=1)):
        with pytest.raises(KeyboardInterrupt):
            model.fit(images[0], y)
        np.testing.assert_array_equal(model.predict(images[0]), fitted.predict(images[0]))


@pytest.mark.parametrize("labels", [[1.0, np.nan], ["a", None], [1, "2"]], ids=str)
def test_missing_and_mixed_labels_are_refused(labels: list[object]) -> None:
    images = np.zeros((6, 8, 8), np.uint8)
    y = np.array(labels * 3, dtype=object if isinstance(labels[0], str | int) else float)
    with pytest.raises(autocnn.AutocnnError, match="labels"):
        autocnn.ImageClassifier(SPACE).fit(images, y)


def test_a_classifier_refuses_fractions() -> None:
    for label in (0.5, np.inf):
        with pytest.raises(DataError, match=r"y: labels look like numbers.*ImageRegressor"):
            autocnn.ImageClassifier(SPACE).fit(np.zeros((6, 8, 8), np.uint8), [label, 1, 2] * 2)


def test_arguments_and_data_options_hold_for_a_space_too(
    images: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Any] = []

    def note(space: Any, *, store: str, dataset: Any, report: bool) -> Any:
        found = space.sections["budget"].trials, space.sections["search"].seed, space.file
        seen.append((*found, dataset))
        raise InterruptedError

    monkeypatch.setattr("autocnn.api.run_search", note)
    document = {**SPACE, "data": {"validation": 0.4, "size": 16}}
    file = tmp_path / "space.yaml"
    file.write_text(json.dumps(document))
    for space in (document, autocnn.load_space(document), file, autocnn.load_space(file)):
        with pytest.raises(InterruptedError):
            autocnn.ImageClassifier(space, trials=3, seed=7).fit(images[0], images[1])
    assert [found[2] for found in seen] == ["", "", str(file), str(file)]
    for trials, seed, _, dataset in seen:
        assert (trials, seed, dataset.shape) == (3, 7, (1, 16, 16))
        assert len(dataset.validation) == pytest.approx(0.4 * len(images[0]), abs=2)


def test_parameters_are_scikit_learns(images: tuple[Any, Any]) -> None:
    model = autocnn.ImageClassifier(SPACE, trials=3, seed=7)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        model.predict(images[0])
    with pytest.raises(autocnn.AutocnnError, match="expected images"):
        model.fit(images[0].reshape(len(images[0]), -1), images[1])
    for x, y in ((None, images[1]), ([[0], [0, 1]], [0, 1]), (images[0][:2], [[0], [0, 1]])):
        for made in (model, autocnn.ImageRegressor(SPACE)):
            with pytest.raises(DataError, match=r"expected images|rows of one shape"):
                made.fit(x, y)
    with pytest.raises(autocnn.AutocnnError, match="one label for each"):
        model.fit(images[0], images[1][:5])
