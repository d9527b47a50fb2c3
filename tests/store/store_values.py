"""A study, trials and evaluation points to fill a store with."""

from __future__ import annotations

from typing import Any

import pytest

from autocnn.store import ArchitectureRow, NewStudy, NewTrial, ProgressRow

SQLITE_ALONE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For a test of files and of how SQLite locks them."""


def new_study(name: str = "digits") -> NewStudy:
    return NewStudy(
        name=name,
        space="architecture: []\n",
        identity={"architecture": [], "seed": 0},
        digest="0" * 64,
        settings={"strategy": "tpe"},
        data_fingerprint="f" * 64,
        data={"classes": ["a", "b"], "shape": [1, 8, 8]},
        environment={"torch": "2.13.0"},
        plan={"conv": "bf16"},
        seed=0,
    )


def new_trial(number: int, **values: Any) -> NewTrial:
    architecture = ArchitectureRow(
        digest="a" * 64,
        shape=(1, 8, 8),
        layers=[{"conv": {"channels": 4}}],
        table=[{"kind": "conv", "params": 40}],
        params=40,
        macs=2304,
        activations=256,
        depth=1,
        receptive_field=(3, 3),
    )
    given = {
        "values": {"architecture.0.conv.channels": 4},
        "architecture": architecture,
        "candidate": {"training": {"epochs": 12}},
        "candidate_digest": "c" * 64,
    }
    return NewTrial(number=number, **(given | values))


def new_point(images: int = 1000, **metrics: float) -> ProgressRow:
    return ProgressRow(
        images=images,
        epoch=images / 1500,
        metrics=metrics or {"val_accuracy": 0.5, "val_loss": 0.7},
        lr=0.1,
        seconds=2.5,
        images_per_second=400.0,
    )
