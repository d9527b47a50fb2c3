"""Pictures of what a network sees are drawn of any images and any network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from autocnn.data import from_arrays
from autocnn.network import build
from autocnn.reuse.pictures import write_pictures
from autocnn.training import read_candidate_json


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ((12, 12, 3), [{"conv": {"channels": 8}}]),
        ((2, 128, 1), [{"conv": {"channels": 8}}]),
        ((128, 2, 1), [{"conv": {"channels": 8}}]),
        ((12, 12, 1), [{"conv": {"channels": 8}}, "zero"]),
    ],
    ids=["colour", "flat", "narrow", "nothing seen"],
)
def test_pictures_are_drawn(shape: tuple[int, int, int], layers: list, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (12, *shape), np.uint8)
    dataset = from_arrays(images, np.arange(12) % 2, cache=tmp_path / "cache")
    head = [{"global_pool": {}}, {"linear": {"units": 2, "activation": "none"}}]
    candidate = read_candidate_json(
        {
            "data": {"shape": [shape[2], *shape[:2]], "classes": 2},
            "architecture": [*layers, *head],
            "training": {},
        }
    )
    torch.manual_seed(0)
    weights = build(candidate.architecture).state_dict()
    path = tmp_path / "pictures.json"
    write_pictures(path, candidate, weights, dataset, dataset.train, [])
    document = json.loads(path.read_text())
    assert len(document["images"]) == 4
    assert document["field"].startswith("data:image/png;base64,")
