"""A bundle comes back as it was, and every damaged or hostile one is refused with its reason."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from autocnn.data import Dataset
from autocnn.errors import BundleError, SpaceError
from autocnn.network import build
from autocnn.reuse import load_bundle, save_bundle
from autocnn.reuse.folder import write_manifest
from autocnn.space import Candidate


def change_json(folder: Path, name: str, **values: Any) -> None:
    document = json.loads((folder / name).read_text())
    document.update(values)
    (folder / name).write_text(json.dumps(document))
    if name != "manifest.json":
        sign(folder)


def sign(folder: Path) -> None:
    """What whoever changes a bundle on purpose can do too."""
    (folder / "manifest.json").unlink()
    write_manifest(folder)


def flip(file: Path, place: int = -1) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    file = folder / "weights.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file)
    sign(folder)


def replace_weights(folder: Path, content: bytes) -> None:
    (folder / "weights.safetensors").write_bytes(content)
    sign(folder)


def change_architecture(folder: Path, old: str, new: str) -> None:
    file = folder / "architecture.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    sign(folder)


class Exploit:
    def __reduce__(self) -> Any:
        return os._exit, (1,)


def zipped_pickle(folder: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "weights.safetensors")
    sign(folder)


HUGE_HEADER = (2**40).to_bytes(8, "little") + b"{}"

DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "A01 not a folder": (lambda f: os.rename(f, f.with_name("away")), "is not a folder"),
    "A01 no manifest": (lambda f: (f / "manifest.json").unlink(), "manifest.json: is missing"),
    "A01 broken manifest": (lambda f: (f / "manifest.json").write_text("{"), "not valid JSON"),
    "A01 manifest of text": (lambda f: (f / "manifest.json").write_text("[]"), "JSON object"),
    "A01 deep manifest": (
        lambda f: (f / "manifest.json").write_text("[" * 100_000),
        "not valid JSON",
    ),
    "A01 missing weights": (lambda f: (f / "weights.safetensors").unlink(), "is missing"),
    "A01 unlisted weights": (
        lambda f: change_json(f, "manifest.json", files={}),
        "does not list weights.safetensors",
    ),
    "A01 truncated": (
        lambda f: os.truncate(f / "weights.safetensors", 100),
        "weights.safetensors: has 100 bytes, the manifest says",
    ),
    "A01 traversal": (
        lambda f: change_json(f, "manifest.json", files={"../x": {"bytes": 1, "sha256": ""}}),
        "lists '../x', which is not a file name",
    ),
    "A01 empty weights": (lambda f: replace_weights(f, b""), "too few for"),
    "A01 trailing bytes": (
        lambda f: replace_weights(f, (f / "weights.safetensors").read_bytes() + bytes(8)),
        "is not a safetensors file",
    ),
    "A01 cut and signed": (
        lambda f: replace_weights(f, (f / "weights.safetensors").read_bytes()[:-4]),
        "is not a safetensors file",
    ),
    "A01 huge header": (
        lambda f: replace_weights(f, HUGE_HEADER + bytes(4096)),
        "is not a safetensors file",
    ),
    "A02 one bit": (lambda f: flip(f / "weights.safetensors"), "its sha256 is not the manifest's"),
    "A02 model card": (lambda f: flip(f / "README.md"), "README.md: was changed"),
    "A03 pickle": (
        lambda f: replace_weights(f, pickle.dumps(Exploit()) + bytes(4096)),
        "is a pickle, not a weights file",
    ),
    "A03 torch file": (zipped_pickle, "is a pickle, not a weights file"),
    "A05 missing key": (lambda f: change_weights(f, lambda w: w.popitem()), "lacks "),
    "A05 extra key": (
        lambda f: change_weights(f, lambda w: w.update(more=torch.zeros(1))),
        "has more, which the network lacks",
    ),
    "A05 shape": (
        lambda f: change_weights(f, lambda w: w.update({"linear_2.linear.bias": torch.zeros(3)})),
        "expected the shape [10], got [3]",
    ),
    "A05 type": (
        lambda f: change_weights(
            f, lambda w: w.update({"linear_2.linear.bias": torch.zeros(10).double()})
        ),
        "expected torch.float32, got torch.float64",
    ),
    "A06 billions of channels": (
        lambda f: change_architecture(f, "channels: 4", "channels: 1000000"),
        "too few for",
    ),
    "A06 broken architecture": (
        lambda f: change_architecture(f, "channels: 4", "chanels: 4"),
        "did you mean 'channels'?",
    ),
    "A06 open choice": (
        lambda f: change_architecture(f, "channels: 4", "channels: {choice: [4, 8]}"),
        "this hole is open",
    ),
    "A07 newer manifest": (lambda f: change_json(f, "manifest.json", format=99), "newer autocnn"),
    "A07 newer document": (lambda f: change_json(f, "bundle.json", format=99), "newer autocnn"),
    "A07 no format": (lambda f: change_json(f, "bundle.json", format=None), "a format number"),
    "A08 class lost": (
        lambda f: change_json(f, "bundle.json", classes=list("abcdefghi")),
        "names 9 classes, the network has 10",
    ),
    "A08 class twice": (
        lambda f: change_json(f, "bundle.json", classes=list("abcdefghia")),
        "must be at least 2 different names",
    ),
    "A08 no classes": (lambda f: change_json(f, "bundle.json", classes=None), "classes: "),
    "A09 other input": (
        lambda f: change_architecture(f, "[1, 8, 8]", "[1, 9, 8]"),
        "the network takes (1, 9, 8)",
    ),
    "A11 nan": (
        lambda f: change_weights(f, lambda w: w["linear_2.linear.bias"].fill_(float("nan"))),
        "has values that are not finite",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_refused(name: str, folder: Path) -> None:
    damage, text = DAMAGE[name]
    damage(folder)
    with pytest.raises(BundleError) as refusal:
        load_bundle(folder)
    assert text in str(refusal.value)
    assert {problem.rule for problem in refusal.value.problems} <= {name[:3], "A06"}


def test_only_the_first_differences_are_shown(folder: Path) -> None:
    change_weights(folder, lambda w: (w.clear(), w.update(other=torch.zeros(1000))))
    with pytest.raises(BundleError, match=r"and \d+ more"):
        load_bundle(folder)


def test_a_foreign_pt2_is_never_read(folder: Path) -> None:
    (folder / "model.pt2").write_bytes(pickle.dumps(Exploit()))
    sign(folder)
    load_bundle(folder)


def test_round_trip(saved: Path, candidate: Candidate, digits: Dataset) -> None:
    bundle = load_bundle(saved)
    assert bundle.candidate == candidate
    assert bundle.candidate.digest == candidate.digest
    assert bundle.classes == digits.classes
    assert bundle.document.preprocessing == digits.preprocessing
    assert [measure.value for measure in bundle.metrics] == [0.5, 0.9]
    assert bundle.document.provenance["study"] == "a|b <i>"
    torch.manual_seed(0)
    network = build(candidate.architecture).eval()
    pixels = digits.train.images.numpy()[:7]
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    expected = network((images - digits.mean[0]) / digits.std[0]).softmax(1)
    np.testing.assert_allclose(bundle.predictions(pixels), expected.detach(), atol=1e-6)


def test_loading_leaves_the_random_numbers_alone(saved: Path) -> None:
    state = torch.get_rng_state()
    load_bundle(saved)
    assert torch.equal(state, torch.get_rng_state())


def test_model_card_is_inert_and_complete(saved: Path) -> None:
    card = (saved / "README.md").read_text()
    assert "a\\|b &lt;i&gt;" in card
    assert "| test | accuracy | 0.9000 | 0.8500 to 0.9400 | 95 % Wilson interval over" in card
    for part in ("## Classes", "0, 1, 2", "autocnn predict", "parameters", "## Limits"):
        assert part in card


def test_nothing_is_overwritten_without_force(
    folder: Path, candidate: Candidate, digits: Dataset, tmp_path: Path
) -> None:
    weights = load_file(folder / "weights.safetensors")
    with pytest.raises(SpaceError, match="A13"):
        save_bundle(folder, candidate, weights, digits)
    save_bundle(folder, candidate, weights, digits, force=True)
    assert load_bundle(folder).metrics == ()
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.jpg").touch()
    with pytest.raises(SpaceError, match="is not a bundle and is not replaced"):
        save_bundle(other, candidate, weights, digits, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits", "photos"]


def test_a_failed_write_leaves_nothing_behind(
    candidate: Candidate, digits: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(AttributeError):
        save_bundle(tmp_path / "b", candidate, {"broken": None}, digits)  # type: ignore[dict-item]
    (tmp_path / "file").touch()
    with pytest.raises(SpaceError, match="cannot be written"):
        save_bundle(tmp_path / "file" / "b", candidate, {}, digits)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_data_of_another_network_are_a_mistake(
    candidate: Candidate, digits: Dataset, tmp_path: Path
) -> None:
    fewer = replace(digits, classes=digits.classes[:3])
    with pytest.raises(ValueError, match="the network is for classification with 10 outputs"):
        save_bundle(tmp_path / "b", candidate, {}, fewer)
