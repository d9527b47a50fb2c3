"""Images whose label may be wrong, by what networks say that did not see them in training."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data import Dataset, Part, Suspect
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.training.plan import Plan

FOLDS = 4
IMAGES = 100_000
"""Images that each fold's network sees in training, within the epochs below."""
MOST_EPOCHS = 12
NETWORK: list[Any] = [
    {"conv": {"channels": 32, "norm": "batch"}},
    {"conv": {"channels": 64, "stride": 2, "norm": "batch"}},
    {"conv": {"channels": 128, "stride": 2, "norm": "batch"}},
    {"conv": {"channels": 128, "norm": "batch"}},
    {"global_pool": {"kind": "avgmax"}},
    {"dropout": {"rate": 0.2}},
]


def doubtful_labels(
    dataset: Dataset,
    plan: Plan,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Suspect]:
    """Images of the train and validation parts whose label may be wrong, the worst first.

    Several small networks are trained, each on all but one fold of the images, and asked about
    that fold; equal images are in one fold. Which labels they contradict is decided by confident
    learning (https://arxiv.org/abs/1911.00068) as cleanlab does it. Raises DataError where
    cleanlab is not installed or the images are too few.
    """
    if dataset.task.word != "classification":
        text = f"wrong labels are found among classes; the data are for {dataset.task.word}"
        raise DataError(Problem("D36", text, "data.task"))
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        hint = "label noise needs cleanlab: pip install 'autocnn[audit]'"
        raise DataError(Problem("D26", hint)) from error
    part = dataset.train + dataset.validation
    labels = part.labels.numpy()
    if len(labels) < 2 * folds:
        raise DataError(Problem("D05", f"{len(labels)} images are too few for {folds} folds"))
    most = int(np.bincount(labels).max())
    if most < folds:
        text = f"no class has more than {most} images, too few for {folds} folds"
        raise DataError(Problem("D05", text))
    probabilities = np.zeros((len(labels), len(dataset.classes)), np.float32)
    for number, held in enumerate(_folds(part, folds, seed)):
        if progress is not None:
            progress("training on folds", number / folds)
        probabilities[held] = _asked(dataset, part, held, plan, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on classes that are rare
        issues = find_label_issues(
            labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
        )
    names = dataset.names(part)
    return {
        names[row]: _suspect(dataset.classes, int(labels[row]), probabilities[row])
        for row in issues.tolist()
    }


def _folds(part: Part, folds: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Positions of each fold, classes in equal shares, equal images in one fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    images = part.images
    known: dict[bytes, int] = {}
    same = [
        known.setdefault(hashlib.blake2b(images[row].numpy().data).digest(), len(known))
        for row in part.indices.tolist()
    ]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class of fewer images than folds
        for _, held in splitter.split(np.zeros(len(same)), part.labels.numpy(), same):
            if len(held):
                yield held


def _asked(
    dataset: Dataset, part: Part, held: NDArray[np.int64], plan: Plan, seed: int
) -> NDArray[np.float32]:
    """Train on the others and give the probabilities `(held, classes)`."""
    from autocnn.training import evaluate, read_candidate_json, train

    others = np.setdiff1d(np.arange(len(part)), held)
    fold = replace(dataset, train=part.take(others), validation=part.take(held))
    epochs = max(1, min(MOST_EPOCHS, IMAGES // len(others)))
    candidate = read_candidate_json(
        {
            "data": {"shape": list(dataset.shape), "classes": len(dataset.classes)},
            "architecture": [
                *NETWORK,
                {"linear": {"units": len(dataset.classes), "activation": "none"}},
            ],
            "training": {
                "batch_size": min(128, max(2, len(others) // 8)),
                "epochs": epochs,
                "augment": [{"shift": {"pixels": max(1, min(dataset.shape[1:]) // 14)}}],
                "optimizer": {"adamw": {"lr": 0.003}},
            },
        }
    )
    # With the last weights: choosing them on the held fold would lean towards its labels.
    (point,) = train(candidate, fold, seed=seed, until=epochs * len(others), plan=plan)
    found = evaluate(candidate, point.weights(), fold.validation, fold, plan)
    return found.predictions


def _suspect(classes: tuple[str, ...], label: int, probabilities: NDArray[np.float32]) -> Suspect:
    likely = int(probabilities.argmax())
    return Suspect(
        classes[label],
        classes[likely],
        round(float(probabilities[label]), 4),
        round(float(probabilities[likely]), 4),
    )
