"""The real digits with several labels and with numbers, and small spaces for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

LOOPS, EVEN, LARGE = (0, 6, 8, 9), (0, 2, 4, 6, 8), (5, 6, 7, 8, 9)


def images() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Half of the digits `(N, 8, 8)`, with their values."""
    bunch = load_digits()
    return np.rint(bunch.images[::2] * (255 / 16)).astype(np.uint8), bunch.target[::2]


def labels(digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whether a digit has a loop, is even, is large: `(N, 3)`."""
    return np.stack([np.isin(digits, which) for which in (LOOPS, EVEN, LARGE)], 1).astype(int)


LABELS: dict[str, Any] = {
    "multilabel": labels,
    "regression": lambda digits: 100.0 + 10.0 * digits,
}


def space(task: str, **changes: Any) -> dict[str, Any]:
    """A search of two networks for a task."""
    return {
        "study": task,
        "data": {"task": task},
        "architecture": [
            {"conv": {"channels": {"choice": [12, 16]}, "norm": "batch"}},
            {"pool": {}},
            "flatten",
            {"linear": {"units": "=classes", "activation": "none"}},
        ],
        "training": {
            "optimizer": {"adamw": {"lr": 0.01}},
            "epochs": 4,
            "average": {"ema": {"decay": 0.9}},
            "batch_size": 32,
        },
        "search": {"strategy": "random", "stopping": "none", "executor": "inline",
                   "finals": {"candidates": 1}},
        "budget": {"trials": 1},
        **changes,
    }  # fmt: skip
