"""A bundle as ONNX: what it predicts, what it says of itself, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from autocnn.cli import main
from autocnn.data import Dataset
from autocnn.data.decode import ORIENTATION, decode
from autocnn.network import build
from autocnn.reuse import load_bundle, onnx_file
from autocnn.reuse.ensemble import load_ensemble, save_ensemble
from autocnn.reuse.predictor import Predictor
from autocnn.space import Candidate
from autocnn.training import read_candidate_json

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
README = Path(__file__).parents[2] / "README.md"
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
AUGMENT = [{"hflip": {}}, {"shift": {"pixels": 2, "fill": "mirror"}}]


def export(folder: Path, path: Path) -> Any:
    """A session of ONNX Runtime with what the command writes."""
    assert main(["export", str(folder), "--format", "onnx", "-o", str(path)]) == 0
    return onnxruntime.InferenceSession(path)


def same(session: Any, predictor: Predictor) -> None:
    for count in (1, 3):
        (found,) = session.run(None, {"pixels": PIXELS[:count]})
        expected = predictor.predictions(PIXELS[:count])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def weights(candidate: Candidate, seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return build(candidate.architecture).state_dict()


def test_it_predicts_as_the_bundle_and_says_what_it_is(saved: Path, tmp_path: Path) -> None:
    session, bundle = export(saved, tmp_path / "digits.onnx"), load_bundle(saved)
    same(session, bundle)
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("pixels", "tensor(uint8)", ["batch", 8, 8, 1])
    assert (made.name, made.shape) == ("probabilities", ["batch", 10])
    about = session.get_modelmeta()
    notes = about.custom_metadata_map
    assert json.loads(notes["classes"]) == list(bundle.classes)
    assert json.loads(notes["preprocessing"]) == bundle.document.preprocessing.to_json()
    assert json.loads(notes["metrics"])[1]["value"] == 0.9
    assert notes["torch"] == torch.__version__
    manifest = (saved / "manifest.json").read_bytes()
    assert notes["bundle_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert "pixels (N, 8, 8, 1), uint8" in about.description


def test_it_averages_over_views_and_members(
    candidate: Candidate, digits: Dataset, tmp_path: Path
) -> None:
    document = candidate.to_json()
    document["training"] |= {"augment": AUGMENT, "tta": True}
    averaged = read_candidate_json(document)
    members = [(averaged, weights(averaged, 0), 0.7), (candidate, weights(candidate, 1), 0.3)]
    folder = save_ensemble(tmp_path / "several", members, digits)
    same(export(folder, tmp_path / "several.onnx"), load_ensemble(folder))


def test_the_snippet_of_the_readme(
    saved: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (snippet,) = re.findall(
        r"```python\n(import json.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    export(saved, tmp_path / "photos.onnx")
    (tmp_path / "new_photos").mkdir()
    upright = Image.Exif()
    upright[ORIENTATION] = 6
    large = np.random.default_rng(0).integers(0, 256, (24, 24), np.uint8)
    Image.fromarray(large).save(tmp_path / "new_photos" / "400.png", exif=upright)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    made: dict[str, Any] = {}
    exec(snippet, made)
    (row,) = load_bundle(saved).predict(["new_photos"])
    assert capsys.readouterr().out.split() == [row.label]
    (found,) = made["session"].run(None, {"pixels": made["pixels"]})
    np.testing.assert_allclose(found[0], row.probabilities, rtol=0, atol=1e-3)
    (pixels,) = made["pixels"]
    path = tmp_path / "new_photos" / "400.png"
    np.testing.assert_array_equal(pixels, decode(path, load_bundle(saved).document.preprocessing))


def test_what_cannot_be_is_told(
    folder: Path,
    saved: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "kept.onnx"
    arguments = ["export", str(folder), "--format", "onnx", "-o", str(path)]
    path.write_text("mine")
    assert main(arguments) == 2
    assert path.read_text() == "mine"
    path.unlink()
    spaces = README.parent / "search_spaces" / "classics"
    assert main(["export", str(spaces / "lenet5.yaml"), *arguments[2:]]) == 2
    assert "only a bundle has weights" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr("autocnn.network.onnx_model.find_spec", lambda name: None)
        assert main(arguments) == 2
        assert "--format onnx needs onnx and onnxruntime" in capsys.readouterr().err
    with monkeypatch.context() as patch:  # as a runtime that computes something else
        patch.setattr(onnx_file, "run_onnx", lambda model, pixels: np.zeros((3, 10), np.float32))
        assert main(arguments) == 2
        assert "as ONNX predicts something else: it differs by 0." in capsys.readouterr().err
    (folder / "weights.safetensors").write_bytes(b"")
    assert main(arguments) == 6
    shutil.rmtree(folder)
    assert not path.exists()
