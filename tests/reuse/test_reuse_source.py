"""A bundle as source works where there is no autocnn, and answers as the bundle does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from autocnn.cli import main
from autocnn.data import AUGMENTATIONS, Dataset
from autocnn.network import build
from autocnn.reuse import load_bundle, save_bundle
from autocnn.space import Candidate
from autocnn.training import read_candidate_json

PROGRAM = """
import sys
sys.modules["autocnn"] = None  # an import of it fails
import numpy, torch
import network
pixels = torch.from_numpy(numpy.load("pixels.npy"))
with torch.inference_mode():
    images = network.prepare(pixels)
    logits = getattr(network, "predict", lambda made, x: made(x))(network.load(), images)
numpy.save("logits.npy", logits.numpy())
assert network.prepare(pixels.to("meta")).is_meta  # on the device of the pixels
print(*network.CLASSES)
"""


AUGMENT = [{"hflip": {}}, {"shift": {"pixels": 2, "fill": "mirror"}}]


@pytest.mark.parametrize("tta", [False, True])
def test_the_source_needs_no_autocnn(
    tta: bool, candidate: Candidate, digits: Dataset, tmp_path: Path
) -> None:
    document = candidate.to_json()
    document["training"] |= {"augment": AUGMENT, "tta": tta}
    made = read_candidate_json(document)
    torch.manual_seed(0)
    weights = build(made.architecture).state_dict()
    folder = save_bundle(tmp_path / "bundle", made, weights, digits)
    target = tmp_path / "out"
    target.mkdir()
    assert (
        main(["export", str(folder), "--format", "python", "-o", str(target / "network.py")]) == 0
    )
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
    np.save(target / "pixels.npy", pixels)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=target, capture_output=True, text=True, check=True
    )
    bundle = load_bundle(folder)
    assert done.stdout.split() == list(bundle.classes)
    logits = torch.from_numpy(np.load(target / "logits.npy"))
    given = torch.from_numpy(bundle.predictions(pixels))
    torch.testing.assert_close(logits.softmax(1), given, rtol=0, atol=1e-6)


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_views_are_the_same_as_source(word: str) -> None:
    images, fills = torch.rand(2, 3, 4, 5), ("zero", "mirror") if word == "shift" else ("",)
    for fill in fills:
        made = AUGMENTATIONS[word].model_validate({"fill": fill} if fill else {})
        found = eval(made.view_source() or "[]", {"image": images, "torch": torch})
        expected = made.views(images)
        assert len(found) == len(expected)
        assert all(map(torch.equal, found, expected))


def test_export_does_not_overwrite(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.safetensors"
    path.write_text("mine")
    arguments = ["export", str(folder), "-o", str(tmp_path / "kept.py")]
    assert main(arguments) == 2
    assert path.read_text() == "mine"
    assert not (tmp_path / "kept.py").exists()
    assert main([*arguments, "--force"]) == 0
    assert path.stat().st_size > 1000
    assert main(["export", str(folder), "-o", str(path), "--force"]) == 2  # where the weights go
