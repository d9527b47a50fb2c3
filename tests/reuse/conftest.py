"""A small bundle of real parts, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from autocnn.data import DataOptions, Dataset, open_data
from autocnn.network import LAYERS, build
from autocnn.reuse import Measure, save_bundle
from autocnn.space import Candidate, Language, read_candidate
from autocnn.training import Recipe

DOCUMENT = {
    "data": {"shape": [1, 8, 8], "classes": 10},
    "architecture": [
        {"conv": {"channels": 4, "norm": "batch"}},
        {"global_pool": {}},
        {"linear": {"units": 10, "activation": "none"}},
    ],
    "training": {"epochs": 2},
}


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_data(DataOptions(source="digits"), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def candidate() -> Candidate:
    language = Language(LAYERS, Recipe, {}, {"data": DataOptions})
    return read_candidate(DOCUMENT, language)


@pytest.fixture(scope="session")
def saved(digits: Dataset, candidate: Candidate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    weights = build(candidate.architecture).state_dict()
    measures = [
        Measure(metric="accuracy", split="validation", value=0.5, images=100),
        Measure(
            metric="accuracy", split="test", value=0.9, low=0.85, high=0.94, interval="wilson",
            images=360,
        ),
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("made") / "digits"
    provenance = {"study": "a|b <i>", "seed": 0, "environment": {"torch": torch.__version__}}
    return save_bundle(folder, candidate, weights, digits, metrics=measures, provenance=provenance)


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(saved, tmp_path / "digits"))
