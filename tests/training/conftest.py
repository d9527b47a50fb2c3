"""Small real parts: images that can be learned in a second, and networks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autocnn.data import Dataset, from_arrays
from autocnn.space.candidate import Candidate
from autocnn.training import Plan, read_candidate_json
from autocnn.training.plan import KINDS

IMAGES, SIZE, CLASSES = 400, 12, 4
MakeCandidate = Callable[..., Candidate]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def quadrants(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Noise with one bright quadrant, which is the class: 400 images 12x12x1, 80 to validate."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, IMAGES)
    images = generator.integers(0, 160, (IMAGES, SIZE, SIZE), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[6 * row : 6 * row + 6, 6 * column : 6 * column + 6] += 90
    return from_arrays(
        images[:-80],
        labels[:-80],
        x_validation=images[-80:],
        y_validation=labels[-80:],
        cache=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture(scope="session")
def make_candidate() -> MakeCandidate:
    """A small network with all that holds random or running state, with this recipe."""

    def make(shape: tuple[int, ...] = (1, SIZE, SIZE), classes: int = CLASSES, **recipe: Any):
        layers: list[Any] = [
            {"conv": {"channels": 8, "norm": "batch"}},
            {"conv": {"groups": "depthwise", "stride": 2, "norm": "batch"}},
            {"conv": {"channels": 16, "kernel": 1, "norm": "batch"}},
            {"flatten": {}},
            {"dropout": {"rate": 0.1}},
            {"linear": {"units": classes, "activation": "none"}},
        ]
        return read_candidate_json(
            {
                "data": {"shape": list(shape), "classes": classes},
                "architecture": layers,
                "training": {"batch_size": 32, "epochs": 4, **recipe},
            }
        )

    return make


@pytest.fixture(scope="session")
def low() -> Plan:
    """Everything in bfloat16, with our own loops."""
    return Plan.model_validate({**dict.fromkeys(KINDS, "bfloat16"), "loops": "tiles"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a checkpoint may be written."""
    return tmp_path / "checkpoint.pt"
