"""What a network sees: mistakes first, others to choose from, and overlays of any files."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from autocnn.data import Dataset, from_arrays
from autocnn.errors import SpaceError
from autocnn.network import build
from autocnn.reuse import load_bundle, pictures
from autocnn.reuse.cam import Maps, overlay, write_overlays
from autocnn.reuse.predictor import Predictor
from autocnn.space import Candidate
from autocnn.training import read_candidate_json

MISTAKE = {"index": 7, "true": 3, "predicted": 8, "probability": 0.9}


def drawn(path: Path, candidate: Candidate, data: Dataset, *mistakes: Any) -> dict[str, Any]:
    weights = build(candidate.architecture).state_dict()
    part = data.validation
    return json.loads(
        pictures.write_pictures(path, candidate, weights, data, part, mistakes).read_text()
    )


def opened(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_others_can_be_chosen_from_every_class(
    digits: Dataset, candidate: Candidate, tmp_path: Path
) -> None:
    found = drawn(tmp_path / "seen.json", candidate, digits, MISTAKE)
    (first,) = found["images"]
    assert {key: first[key] for key in MISTAKE} == MISTAKE | {"true": "3", "predicted": "8"}
    others, labels = found["others"], digits.validation.plain_labels
    assert len(others) == pictures.CHOICE
    assert 7 not in (row["index"] for row in others)
    assert [row["true"] for row in others] == [str(labels[row["index"]]) for row in others]
    counts = np.unique([row["true"] for row in others], return_counts=True)[1]
    assert len(counts) == 10
    assert np.ptp(counts) <= 2
    for row in [first, others[0]]:
        assert opened(row["image"]).size == opened(row["cam"]).size == (96, 96)


def test_a_large_network_draws_fewer_and_photos_are_made_small(
    digits: Dataset, candidate: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WORK", 1.0)
    found = drawn(tmp_path / "seen.json", candidate, digits, MISTAKE)
    assert (found["images"], found["others"]) == ([], [])
    url = pictures._thumb(np.zeros((400, 300, 3), np.uint8))
    assert opened(url).size == (96, 128)


def test_an_overlay_is_warm_where_something_spoke_for_the_answer() -> None:
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 1, bias=False), torch.nn.AdaptiveMaxPool2d(1), torch.nn.Flatten()
    )
    torch.nn.init.ones_(network[0].weight)
    image = torch.zeros(1, 1, 4, 4)
    image[0, 0, 1, 2] = 1
    cams, outputs = Maps(network).of(image)
    assert outputs.tolist() == [[1.0]]
    assert np.argwhere(cams[0]).tolist() == [[1, 2]]
    mixed = overlay(np.full((4, 4, 1), 128, np.uint8), cams[0]).astype(int)
    warmth = mixed[:, :, 0] - mixed[:, :, 2]
    assert np.unravel_index(warmth.argmax(), warmth.shape)[0] // 24 == 1
    assert warmth[-1, 0] == 0


def test_overlays_of_files(saved: Path, tmp_path: Path) -> None:
    bundle = load_bundle(saved)
    Image.new("L", (8, 8), 90).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("none")
    Image.new("RGB", (300, 200)).save(tmp_path / "c.jpg")
    (tmp_path / "made").mkdir()
    written = write_overlays(bundle, [tmp_path], tmp_path / "made")
    assert [path.name for path in written] == ["0001-a.cam.png", "0003-c.cam.png"]
    with Image.open(written[0]) as picture:
        assert (picture.mode, picture.size) == ("RGB", (96, 96))


def test_overlays_are_of_one_network(saved: Path, tmp_path: Path) -> None:
    class Several(Predictor):
        def outputs(self, pixels: Any) -> Any: ...

    bundle = load_bundle(saved)
    with pytest.raises(SpaceError, match="one network, got an ensemble"):
        write_overlays(Several(bundle.folder, bundle.document), [tmp_path], tmp_path)


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
    pictures.write_pictures(path, candidate, weights, dataset, dataset.train, [])
    document = json.loads(path.read_text())
    assert len(document["images"]) == 4
    assert document["field"].startswith("data:image/png;base64,")


def test_photos_leave_out_what_has_no_room(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (90, 128, 128, 3), np.uint8)
    dataset = from_arrays(images, np.arange(90) % 3, cache=tmp_path / "cache")
    head = ["global_pool", {"linear": {"units": 3, "activation": "none"}}]
    candidate = read_candidate_json(
        {
            "data": {"shape": [3, 128, 128], "classes": 3},
            "architecture": [{"conv": {"channels": 4}}, *head],
            "training": {},
        }
    )
    weights, path = build(candidate.architecture).state_dict(), tmp_path / "pictures.json"
    pictures.write_pictures(path, candidate, weights, dataset, dataset.train, [])
    assert pictures.ROOM < path.stat().st_size < 2_000_000
    others = json.loads(path.read_text())["others"]
    keys = [(row["true"], row["index"]) for row in others]
    assert keys == sorted(keys)
    assert {row["true"] for row in others} == {"0", "1", "2"}
