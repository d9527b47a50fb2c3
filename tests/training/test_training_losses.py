"""Losses against their formulas, and metrics against scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from autocnn.api import language
from autocnn.data import Dataset
from autocnn.errors import SpaceError
from autocnn.space import read_candidate
from autocnn.training import LOSSES, METRICS, Plan, evaluate, train
from autocnn.training.evaluation import measured


def test_smoothing_gives_a_share_to_all_classes() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    loss = LOSSES.parse({"cross_entropy": {"label_smoothing": 0.3}})
    target = torch.tensor([0.8, 0.1, 0.1])
    expected = -(target * logits.log_softmax(1)).sum()
    torch.testing.assert_close(loss.value(logits, torch.tensor([0])), expected)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return 3 * torch.randn(50, 4), torch.arange(50) % 7 % 4


def of(registry, task: str) -> list[str]:
    return [word for word in registry if registry[word].serves(task)]


@pytest.mark.parametrize("word", of(LOSSES, "classification"))
def test_classes_and_their_shares_give_the_same_loss(word: str, batch) -> None:
    logits, labels = batch
    weights = torch.tensor([0.5, 1.0, 2.0, 3.0])
    for given in (None, weights):
        hard = LOSSES[word]().value(logits, labels, given)
        soft = LOSSES[word]().value(logits, one_hot(labels, 4).float(), given)
        torch.testing.assert_close(hard, soft)


def test_focal_is_cross_entropy_of_the_hard(batch) -> None:
    logits, labels = batch
    p = logits.softmax(1).gather(1, labels[:, None]).squeeze(1)
    for gamma in (0.0, 0.5, 2.0):
        found = LOSSES.parse({"focal": {"gamma": gamma}}).value(logits, labels)
        torch.testing.assert_close(found, (-p.log() * (1 - p) ** gamma).mean())


def test_focal_has_a_gradient_where_a_class_is_sure() -> None:
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    for gamma in (0.5, 2.0):
        LOSSES.parse({"focal": {"gamma": gamma}}).value(logits, torch.tensor([0, 0])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(
    ("written", "counts", "expected"),
    [
        ("none", [1, 2], None),
        ("balanced", [10, 30], (2.0, 2 / 3)),
        ("balanced", [10, 0, 10], (1.0, 0.0, 1.0)),
        ([1.0, 3.0], [30, 10], (2 / 3, 2.0)),
        ([5.0, 5.0], [30, 10], (1.0, 1.0)),
    ],
)
def test_weights_of_classes_have_the_mean_1_over_images(written, counts, expected) -> None:
    loss = LOSSES.parse({"cross_entropy": {"class_weights": written}})
    found = loss.scaled_weights(counts, sum(counts))
    assert found == (expected if expected is None else pytest.approx(expected))


def test_weights_move_a_network_to_rare_classes(quadrants: Dataset, make_candidate) -> None:
    shares = []
    for weights in ("none", [50.0, 1.0, 1.0, 1.0]):
        loss = {"cross_entropy": {"class_weights": weights}}
        candidate = make_candidate(loss=loss, schedule="constant", average="none")
        (point,) = train(candidate, quadrants, seed=0, until=96, horizon=640)
        found = evaluate(candidate, point.weights(), quadrants.validation, quadrants, Plan())
        shares.append(found.predictions[:, 0].mean())
    assert shares[1] > shares[0] + 0.1


def test_as_many_weights_as_classes_are_due() -> None:
    document = {
        "data": {"shape": [1, 8, 8], "classes": 3},
        "architecture": ["flatten", {"linear": {"units": 3, "activation": "none"}}],
        "training": {"loss": {"cross_entropy": {"class_weights": [1.0, 2.0]}}},
    }
    with pytest.raises(SpaceError, match="one for each of 3 classes, got 2"):
        read_candidate(document, language())


def _calibration(y: np.ndarray, p: np.ndarray) -> float:
    sure, right = p.max(1), p.argmax(1) == y
    bins = np.minimum((sure * 15).astype(int), 14)
    gaps = [abs(right[bins == k].sum() - sure[bins == k].sum()) for k in range(15)]
    return sum(gaps) / len(y)


SKLEARN = {
    "accuracy": lambda y, p: sk.accuracy_score(y, p.argmax(1)),
    "loss": lambda y, p: sk.log_loss(y, p, labels=range(p.shape[1])),
    "balanced_accuracy": lambda y, p: sk.balanced_accuracy_score(y, p.argmax(1)),
    "top3_accuracy": lambda y, p: sk.top_k_accuracy_score(y, p, k=3, labels=range(p.shape[1])),
    "top5_accuracy": lambda y, p: sk.top_k_accuracy_score(y, p, k=5, labels=range(p.shape[1])),
    "f1_macro": lambda y, p: sk.f1_score(y, p.argmax(1), average="macro"),
    "f1_weighted": lambda y, p: sk.f1_score(y, p.argmax(1), average="weighted"),
    "kappa": lambda y, p: sk.cohen_kappa_score(y, p.argmax(1)),
    "auroc": lambda y, p: np.mean([sk.roc_auc_score(y == k, p[:, k]) for k in np.unique(y)]),
    "average_precision": lambda y, p: np.mean(
        [sk.average_precision_score(y == k, p[:, k]) for k in np.unique(y)]
    ),
    "calibration_error": _calibration,
}


@pytest.mark.parametrize("word", of(METRICS, "classification"))
@pytest.mark.parametrize("present", [7, 5])
def test_metrics_agree_with_scikit_learn_also_where_classes_have_no_images(
    word: str, present: int
) -> None:
    torch.manual_seed(0)
    labels = torch.randint(present, (300,))
    logits = torch.randn(300, 7)
    logits[torch.arange(300), labels] += 1.0
    if present < 7 and word == "balanced_accuracy":
        logits[:, 5:] -= 20  # scikit-learn warns where an absent class is predicted
    found = METRICS[word]().value(measured(logits, labels))
    expected = SKLEARN[word](labels.numpy(), logits.softmax(1).numpy())
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("word", of(METRICS, "classification"))
@pytest.mark.parametrize("classes", [2, 4])
def test_t13_a_metric_has_a_value_where_all_images_are_of_one_class(
    word: str, classes: int
) -> None:
    logits = torch.zeros(5, classes)
    logits[:, 0] = 4.0
    for label in (0, 1):
        labels = torch.full((5,), label)
        found = METRICS[word]().value(measured(logits, labels))
        assert np.isfinite(found)


def test_a_training_by_accuracy_never_imports_torchmetrics() -> None:
    code = "import sys, autocnn.training.loop; print('torchmetrics' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
