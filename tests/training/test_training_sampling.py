"""What an epoch shows where classes are of different size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.data import from_arrays
from autocnn.training import Plan, train
from autocnn.training.batches import Batches
from autocnn.training.sampling import epoch_order, quotas

SIZES = (300, 30, 10)


@pytest.fixture(scope="module")
def imbalanced(tmp_path_factory):
    labels = np.repeat(range(3), SIZES)
    images = np.random.default_rng(0).integers(0, 256, (sum(SIZES), 8, 8), np.uint8)
    return from_arrays(images, labels, cache=tmp_path_factory.mktemp("cache"))


def test_classes_are_as_frequent_as_asked(imbalanced):
    frequent = {}
    for oversample in (0.0, 0.5, 1.0):
        batches = Batches(imbalanced.train, imbalanced, Plan(), 32, (), 0, oversample=oversample)
        labels = torch.cat([batches.batch(0, i)[1] for i in range(len(batches.bounds) - 1)])
        assert len(labels) == len(imbalanced.train)
        frequent[oversample] = torch.bincount(labels).tolist()
    assert frequent[0.0] == list(imbalanced.counts["train"])
    assert max(frequent[1.0]) - min(frequent[1.0]) <= 1
    roots = np.sqrt(imbalanced.counts["train"])
    assert frequent[0.5] == pytest.approx(list(roots * (306 / roots.sum())), abs=1)


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(any),
    oversample=st.floats(0, 1),
)
def test_images_of_a_class_are_shown_alike(counts, oversample):
    counts = torch.tensor(counts)
    labels = torch.arange(len(counts)).repeat_interleave(counts)
    order = epoch_order(labels, oversample, torch.Generator().manual_seed(0))
    assert len(order) == len(labels)
    shown = torch.bincount(order, minlength=len(labels))
    assert torch.bincount(labels[order], minlength=len(counts)).equal(quotas(counts, oversample))
    for label in labels.unique():
        own = shown[labels == label]
        assert own.max() - own.min() <= 1


def test_each_epoch_shows_other_images_of_the_frequent_class(imbalanced):
    labels, generator = imbalanced.train.labels, torch.Generator().manual_seed(0)
    shown = [set(epoch_order(labels, 1.0, generator).tolist()) for _ in range(12)]
    assert shown[0] != shown[1]
    assert set().union(*shown) == set(range(len(labels)))


def test_a_resumed_training_shows_the_same(imbalanced, make_candidate, file):
    candidate = make_candidate((1, 8, 8), 3, oversample=1.0)
    settings = {"seed": 1, "horizon": 1224}
    *_, straight = train(candidate, imbalanced, until=704, evaluate_at=[352], **settings)
    (half,) = train(candidate, imbalanced, until=352, **settings)
    half.save(file)
    (resumed,) = train(candidate, imbalanced, until=704, start=file, **settings)
    assert straight.metrics == resumed.metrics
