"""Wrong labels are found by networks that did not learn them."""

from __future__ import annotations

import numpy as np
import pytest

from autocnn.data import from_arrays
from autocnn.errors import DataError
from autocnn.training import Plan
from autocnn.training.doubtful_labels import doubtful_labels

pytest.importorskip("cleanlab", reason="cleanlab is not installed")


def quadrants(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with one bright quadrant, which is the class."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, count)
    images = generator.integers(0, 100, (count, 8, 8), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 130
    return images, labels


def test_wrong_labels_are_found(cache):
    images, labels = quadrants(320)
    wrong = np.random.default_rng(1).choice(320, 12, replace=False)
    given = labels.copy()
    given[wrong] = (labels[wrong] + 1) % 4
    # A copy with the same wrong label would vouch for it from another fold.
    images, given = np.concatenate([images, images[wrong]]), np.concatenate([given, given[wrong]])
    dataset = from_arrays(images, given, cache=cache)
    suspects = doubtful_labels(dataset, Plan(), folds=2)
    found = {int(name[4:-1]) for name in suspects}
    planted = {*wrong.tolist(), *range(320, 332)}
    assert len(found & planted) >= 20
    assert len(found - planted) <= 3
    name, worst = next(iter(suspects.items()))
    assert worst.given == str(given[int(name[4:-1])])
    assert worst.of_given < 0.5 < worst.of_likely


def test_too_few_images_are_refused(cache):
    images, labels = quadrants(7)
    with pytest.raises(DataError, match="7 images are too few for 4 folds"):
        doubtful_labels(from_arrays(images, labels % 2, cache=cache), Plan())
    images, _ = quadrants(12)
    with pytest.raises(DataError, match="no class has more than 2 images, too few for 4 folds"):
        doubtful_labels(from_arrays(images, np.arange(12) % 6, cache=cache), Plan())


@pytest.fixture
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")
