"""A search of one minute in each family, through the command, on real images in a folder."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autocnn.data.sources.idx import read_idx

SPACES = Path(__file__).parents[2] / "search_spaces"
FAMILIES = sorted({path.stem for path in SPACES.glob("*.yaml")} - {"fashion_mnist", "quickstart"})
IMAGES, CLASSES = 400, 10
"""Images of each class, and how many of these there are."""

BUDGET = 60
"""Seconds of the search."""

MARGIN = 180
"""Seconds more before the command counts as hanging, on a machine that does other work, too."""

LIGHT = ("vgg",)
"""The families whose networks learn something in a minute on any machine."""


@pytest.fixture(scope="module")
def photos(fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real images, with a folder for each class."""
    folder = tmp_path_factory.mktemp("photos")
    images = read_idx(fashion_mnist / "train-images-idx3-ubyte.gz", 3)
    labels = read_idx(fashion_mnist / "train-labels-idx1-ubyte.gz", 1)
    for label in range(CLASSES):
        (folder / f"class_{label}").mkdir()
        for place in np.flatnonzero(labels == label)[:IMAGES]:
            Image.fromarray(images[place]).save(folder / f"class_{label}" / f"{place}.png")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_searched_for_a_minute(name: str, photos: Path, tmp_path: Path) -> None:
    data = {"source": f"folder:{photos}", "validation": 0.2}
    if name == "own_images":
        data |= {"size": 64, "channels": 3}
    command = [
        str(Path(sys.executable).parent / "autocnn"), "search", str(SPACES / f"{name}.yaml"),
        "--set", f"data={json.dumps(data)}", "--time", f"{BUDGET}s",
        "--store", f"sqlite:///{tmp_path}/studies.db", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=BUDGET + MARGIN
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (Path(found["bundle"]) / "weights.safetensors").is_file()
    assert Path(found["report"]).stat().st_size > 100_000
    for part in ("validation", "test"):
        accuracy = found["scores"][part]["accuracy"]
        assert math.isfinite(accuracy)
        assert accuracy > 1.2 / CLASSES or name not in LIGHT
