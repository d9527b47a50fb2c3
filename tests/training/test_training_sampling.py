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
from autocnn.training.easy_images import EasyImages
from autocnn.training.sampling import epoch_order, quotas, thinned_order

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
        labels = torch.cat([batches.batch(0, i).targets for i in range(len(batches.bounds) - 1)])
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


@settings(max_examples=50, deadline=None)
@given(
    losses=st.lists(st.floats(0, 10, width=32), min_size=1, max_size=30),
    unseen=st.integers(0, 10),
    skipped=st.floats(0.01, 0.99),
)
def test_what_is_learned_comes_less_often_and_counts_as_much_more(losses, unseen, skipped):
    easy = EasyImages(len(losses) + unseen, skipped)
    easy.note(torch.arange(len(losses)), torch.tensor(losses))
    easy.judge(0.5)
    chances, weights = easy.chances, easy.weights(torch.arange(len(losses) + unseen))
    below = np.array(losses, np.float32) < np.mean(losses, dtype=np.float32)
    learned = torch.from_numpy(np.append(below, [False] * unseen))
    if np.ptp(losses) > 1e-3:  # else rounding decides
        assert torch.equal(chances < 1, learned)
    torch.testing.assert_close(chances * weights, chances.mean().expand(len(chances)))
    assert len(thinned_order(chances, torch.Generator())) == len(chances)
    easy.judge(0.9)
    assert torch.equal(
        thinned_order(easy.chances, torch.Generator()).sort()[0], torch.arange(len(chances))
    )


def test_the_hard_are_shown_twice_as_often():
    chances = torch.cat([torch.full((3000,), 0.5), torch.ones(1000)])
    shown = torch.bincount(thinned_order(chances, torch.Generator().manual_seed(0)))
    assert shown.sum() == 4000
    assert shown[3000:].float().mean() == pytest.approx(1.6, abs=0.05)
    assert shown[:3000].float().mean() == pytest.approx(0.8, abs=0.05)
