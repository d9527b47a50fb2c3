"""A small space of real data, for whole searches in a few seconds."""

from __future__ import annotations

from typing import Any

SPACE: dict[str, Any] = {
    "study": "small",
    "data": {"source": "digits"},
    "architecture": [
        {"conv": {"channels": {"choice": [8, 12, 16]}, "norm": "batch"}},
        {"pool": {"kernel": 2}},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ],
    "training": {
        "optimizer": {"adamw": {"lr": {"float": [0.005, 0.05], "log": True}}},
        "batch_size": 64,
        "epochs": 2,
        "average": {"ema": {"decay": 0.9}},
    },
    "search": {
        "strategy": "random",
        "stopping": {"asha": {"first": 0.7, "factor": 2}},
        "executor": "inline",
        "finals": {"candidates": 1},
    },
    "budget": {"trials": 4},
}


def space(**changes: Any) -> dict[str, Any]:
    return {**SPACE, **changes}
