"""Losses against their formulas, metrics against scikit-learn, trainings that learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from real_labels import LABELS, images, space
from torch.nn import functional as F

from autocnn.api import load_space
from autocnn.data import DataOptions, Dataset, from_arrays
from autocnn.data.tasks import Multilabel, Regression, Scale
from autocnn.space import elaborate, sample
from autocnn.training import LOSSES, METRICS, Plan, Recipe, evaluate, train
from autocnn.training.evaluation import measured

torch.manual_seed(0)
LOGITS, HAS = 2 * torch.randn(200, 3), (torch.rand(200, 3) < 0.3).long()
VALUES = 50 + 10 * torch.randn(200, 2, dtype=torch.float64)
ESTIMATES = 0.3 * torch.randn(200, 2) + (VALUES.float() - 50) / 10
SCALE = Scale((50.0, 50.0), (10.0, 10.0))


def asymmetric(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    p = x.sigmoid()
    q = (p - 0.05).clamp(0)
    return -(y * p.log() + (1 - y) * q**4 * (1 - q).log())


FORMULAS = {
    "binary_cross_entropy": lambda x, y: F.binary_cross_entropy(x.sigmoid(), y, reduction="none"),
    "asymmetric": asymmetric,
    "l1": lambda x, y: (x - y).abs(),
    "l2": lambda x, y: (x - y) ** 2,
    "smooth_l1": lambda x, y: F.smooth_l1_loss(x, y, reduction="none"),
    "huber": lambda x, y: F.huber_loss(x, y, reduction="none"),
}


@pytest.mark.parametrize("word", [w for w in LOSSES if not LOSSES[w].serves("classification")])
def test_losses_are_their_formulas_and_have_gradients_everywhere(word: str) -> None:
    loss = LOSSES[word]()
    outputs = LOGITS.clone().requires_grad_()
    targets = HAS.float() if loss.serves("multilabel") else ESTIMATES[:, :1].expand(200, 3)
    found = loss.value(outputs, targets)
    torch.testing.assert_close(found, FORMULAS[word](LOGITS, targets).mean())
    far = torch.tensor([[200.0, -200.0]], requires_grad=True)
    (found + loss.value(far, torch.tensor([[0.0, 1.0]]))).backward()
    assert outputs.grad is not None
    assert far.grad is not None
    assert outputs.grad.isfinite().all()
    assert far.grad.isfinite().all()


def test_balanced_weights_let_having_a_label_count_as_much_as_not_having_it() -> None:
    loss = LOSSES.parse({"binary_cross_entropy": {"pos_weight": "balanced"}})
    weights = loss.scaled_weights([10, 0, 100], 100)
    assert weights == (9.0, 1.0, 1.0)
    given = torch.tensor(weights)
    expected = F.binary_cross_entropy_with_logits(LOGITS, HAS.float(), pos_weight=given)
    torch.testing.assert_close(loss.value(LOGITS, HAS.float(), given), expected)


def _each(function):
    return lambda y, p: np.mean([function(y[:, k], p[:, k]) for k in range(y.shape[1])])


SKLEARN = {
    "loss": _each(sk.log_loss),
    "label_accuracy": lambda y, p: (y == (p >= 0.5)).mean(),
    "subset_accuracy": lambda y, p: sk.accuracy_score(y, p >= 0.5),
    "f1_macro": lambda y, p: sk.f1_score(y, p >= 0.5, average="macro"),
    "f1_weighted": lambda y, p: sk.f1_score(y, p >= 0.5, average="weighted"),
    "auroc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
}
SKLEARN_VALUES = {
    "loss": lambda y, p: sk.mean_squared_error(y, p) / 100,
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
    "r2": sk.r2_score,
}


@pytest.mark.parametrize("word", METRICS)
def test_metrics_agree_with_scikit_learn_and_lie_in_their_intervals(word: str) -> None:
    metric = METRICS[word]()
    cases = (
        ("multilabel", measured(LOGITS, HAS, Multilabel()), SKLEARN),
        ("regression", measured(ESTIMATES, VALUES, Regression(), SCALE), SKLEARN_VALUES),
    )
    for task, found, expected in cases:
        assert metric.serves(task) == (word in expected)
        if word in expected:
            value = metric.value(found)
            right = expected[word](found.labels, found.predictions.astype(float))
            assert value == pytest.approx(right, abs=1e-5)
            if word == METRICS[found.task.metric].word or word in ("subset_accuracy", "r2"):
                low, high, _ = metric.interval(found)
                assert low < value < high
                assert (low, high) == metric.interval(found)[:2]


@pytest.mark.parametrize("word", ["auroc", "average_precision", "f1_macro", "label_accuracy"])
def test_one_label_is_enough(word: str) -> None:
    found = measured(LOGITS[:, :1], HAS[:, :1], Multilabel())
    truth, said = found.labels[:, 0], found.predictions[:, 0]
    right = {
        "auroc": sk.roc_auc_score(truth, said),
        "average_precision": sk.average_precision_score(truth, said),
        "f1_macro": sk.f1_score(truth, said >= 0.5),
        "label_accuracy": sk.accuracy_score(truth, said >= 0.5),
    }
    assert METRICS[word]().value(found) == pytest.approx(right[word], abs=1e-5)


def test_labels_that_are_nowhere_do_not_count_and_a_half_is_a_yes() -> None:
    has = torch.tensor([[1, 0, 0], [0, 1, 0], [1, 1, 0]])
    found = measured(torch.where(has > 0, 0.0, -2.0), has, Multilabel())
    for word in ("f1_macro", "f1_weighted", "label_accuracy", "subset_accuracy"):
        assert METRICS[word]().value(found) == 1, word


def test_t13_metrics_have_a_value_where_nothing_or_all_has_a_label_and_values_are_constant() -> (
    None
):
    for labels in (torch.zeros(5, 2).long(), torch.ones(5, 2).long()):
        found = measured(LOGITS[:5, :2], labels, Multilabel())
        for word in SKLEARN:
            assert np.isfinite(METRICS[word]().value(found)), word
        assert found.task.findings(found.predictions, found.labels, ("a", "b"))
    found = measured(ESTIMATES[:5], VALUES[:1].expand(5, 2), Regression(), SCALE)
    assert METRICS["r2"]().value(found) == 0
    assert all(np.isfinite(METRICS[word]().value(found)) for word in SKLEARN_VALUES)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    x, digits = images()
    cache = tmp_path_factory.mktemp("cache")
    return {
        task: from_arrays(x, read(digits), options=_options(task), cache=cache)
        for task, read in LABELS.items()
    }


def _options(task: str) -> DataOptions:
    return DataOptions.model_validate({"task": task, "test": 0.2})


MIXED = {"augment": [{"mixup": {"alpha": 0.1, "probability": 0.3}}, {"cutmix": {"alpha": 0.1}}]}


@pytest.mark.parametrize(
    ("task", "recipe", "word", "reached"),
    [
        ("multilabel", {"loss": "asymmetric"}, "label_accuracy", 0.85),
        ("multilabel", {"loss": {"binary_cross_entropy": {"pos_weight": "balanced"}}},
         "average_precision", 0.9),
        ("regression", {"loss": "smooth_l1", "clip": 1.0}, "r2", 0.7),
        ("regression", MIXED, "loss", None),
    ],
)  # fmt: skip
def test_a_network_learns_and_goes_on_bit_for_bit(
    task: str, recipe, word: str, reached, data: dict[str, Dataset], tmp_path: Path
) -> None:
    dataset, document = data[task], space(task)
    document["training"] |= {"epochs": 6, **recipe}
    loaded = load_space(document)
    candidate = elaborate(sample(loaded, 0), dataset.shape, len(dataset.classes))
    assert isinstance(candidate.training, Recipe)  # type: ignore[union-attr]
    images, how = 6 * len(dataset.train), {"seed": 0, "objective": f"val_{word}"}
    *_, whole = train(candidate, dataset, until=images, horizon=images, **how)  # type: ignore[arg-type]
    weights = whole.weights()
    if reached is not None:
        found = evaluate(candidate, weights, dataset.validation, dataset, Plan())  # type: ignore[arg-type]
        assert METRICS[word]().value(found) > reached
        return
    *_, half = train(candidate, dataset, until=images // 2, horizon=images, **how)  # type: ignore[arg-type]
    half.save(tmp_path / "half.pt")
    *_, rest = train(
        candidate, dataset, until=images, horizon=images, start=tmp_path / "half.pt", **how
    )  # type: ignore[arg-type]
    assert all(torch.equal(weights[name], tensor) for name, tensor in rest.weights().items())
