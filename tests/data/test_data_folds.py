"""Folds: every image validates once, in shares of its class, with its copies and its group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from autocnn.data import DataOptions, Dataset, from_arrays, open_data
from autocnn.data.folds import deal
from autocnn.errors import DataError

CLASSES = ("a", "b", "c")


@settings(max_examples=100, deadline=None)
@given(
    counts=st.tuples(*[st.integers(5, 40)] * 3), folds=st.integers(2, 5), seed=st.integers(0, 99)
)
def test_every_class_is_in_every_fold_in_equal_shares(counts, folds, seed):
    labels = np.repeat(np.arange(3), counts)
    found = deal(labels, np.arange(len(labels)), None, CLASSES, folds, seed)
    assert np.array_equal(found, deal(labels, np.arange(len(labels)), None, CLASSES, folds, seed))
    for label, count in enumerate(counts):
        sizes = np.bincount(found[labels == label], minlength=folds)
        assert len(sizes) == folds
        assert np.abs(sizes - count / folds).max() <= 1


def test_copies_and_groups_are_in_one_fold():
    generator = np.random.default_rng(0)
    labels, groups = np.arange(300) % 3, np.arange(300) // 6
    same = np.arange(300)
    same[1::100] = same[0]
    for keys in (None, groups):
        found = deal(labels if keys is not None else labels * 0, same, keys, CLASSES, 4, 0)
        assert len(set(found[same == same[0]])) == 1
        assert np.abs(np.bincount(found) - 75).max() <= 12
        if keys is not None:
            assert all(len(set(found[groups == group])) == 1 for group in range(50))
    assert len(set(deal(labels, generator.permutation(300), None, CLASSES, 3, 1))) == 3


def test_each_fold_validates_what_the_others_learn(cache):
    options = DataOptions(source="digits", validation={"folds": 3})
    dataset = open_data(options, cache=cache)
    assert dataset.networks == 3
    assert "3 folds of " in " ".join(dataset.notes)
    seen = []
    for number in range(3):
        fold = dataset.fold(number)
        learned, held = set(fold.train.indices.tolist()), set(fold.validation.indices.tolist())
        assert not learned & held
        assert len(learned | held) == len(dataset.train) + len(dataset.validation)
        assert set(fold.validation.labels.tolist()) == set(range(10))
        seen += held
    assert len(seen) == len(set(seen)) == len(dataset.train) + len(dataset.validation)
    assert dataset.fold(0).validation.indices.tolist() == dataset.validation.indices.tolist()
    again = Dataset.map(dataset.reference)
    assert np.array_equal(again.folds, dataset.folds)
    plain = open_data(DataOptions(source="digits"), cache=cache)
    assert (plain.folds, plain.networks) == (None, 1)


def test_d05_fewer_images_than_classes_times_folds(cache):
    digits = load_digits()
    keep = np.concatenate([np.flatnonzero(digits.target == c)[: 3 + c] for c in range(3)])
    x, y = digits.images[keep] / 16, digits.target[keep]
    with pytest.raises(DataError) as caught:
        from_arrays(x, y, options=DataOptions(test=0.0, validation={"folds": 4}), cache=cache)
    text = str(caught.value)
    assert "3 classes in 4 folds need 3 x 4 = 12 distinct images, 4 of each class" in text
    assert "too few: 0 (3)" in text
    assert "[D05]" in text
    with pytest.raises(DataError, match="8 folds of 12 images in 2 groups: a fold gets none"):
        from_arrays(
            x,
            y,
            groups=np.arange(12) % 2,
            options=DataOptions(test=0.0, validation={"folds": 8}),
            cache=cache,
        )
    with pytest.raises(DataError, match="the source has a validation part of its own"):
        from_arrays(
            x,
            y,
            x_validation=x[::2],
            y_validation=y[::2],
            options=DataOptions(test=0.0, validation={"folds": 2}),
            cache=cache,
        )


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_rare_labels_and_few_values_are_no_reason_against_folds(task, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    labels = (
        np.arange(60.0)
        if task == "regression"
        else np.eye(3, dtype=np.int64)[[0] * 57 + [1, 1, 2]]
    )
    options = DataOptions.model_validate({"task": task, "validation": {"folds": 10}, "test": 0.0})
    dataset = from_arrays(images, labels, options=options, cache=tmp_path)
    assert dataset.folds is not None
    assert np.bincount(dataset.folds).tolist() == [6] * 10
