"""A bundle as source works where there is no autocnn, and answers as the bundle does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from autocnn.cli import main
from autocnn.reuse import load_bundle

PROGRAM = """
import sys
sys.modules["autocnn"] = None  # an import of it fails
import numpy, torch
import network
pixels = torch.from_numpy(numpy.load("pixels.npy"))
with torch.inference_mode():
    logits = network.load()(network.prepare(pixels))
numpy.save("logits.npy", logits.numpy())
print(*network.CLASSES)
"""


def test_the_source_needs_no_autocnn(folder: Path, tmp_path: Path) -> None:
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


def test_export_does_not_overwrite(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.safetensors"
    path.write_text("mine")
    arguments = ["export", str(folder), "-o", str(tmp_path / "kept.py")]
    assert main(arguments) == 2
    assert path.read_text() == "mine"
    assert not (tmp_path / "kept.py").exists()
    assert main([*arguments, "--force"]) == 0
    assert path.stat().st_size > 1000
