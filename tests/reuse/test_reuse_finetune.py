"""Going on from a bundle, or from weights of elsewhere: what is taken, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from autocnn.api import load_space
from autocnn.data import Dataset
from autocnn.errors import AutocnnError, BundleError, SpaceError
from autocnn.network import build
from autocnn.reuse.finetune import finetuning, first_weights, like_start
from autocnn.reuse.layer_map import LayerMap, read_layer_map
from autocnn.reuse.start import start_of_bundle, start_of_weights
from autocnn.space import Candidate, elaborate, fill_values
from autocnn.training import Recipe, read_candidate_json

HEAD = {"linear_2.linear.weight", "linear_2.linear.bias"}


@pytest.fixture
def weights(folder: Path, tmp_path: Path) -> Path:
    """The bundle's weights under names of elsewhere, without counters of batches."""
    found = {
        name.replace("conv_0", "features.stem").replace("linear_2.linear", "fc"): tensor
        for name, tensor in load_file(folder / "weights.safetensors").items()
        if "num_batches" not in name
    }
    found["fc.bias"] = found["fc.bias"].half()
    save_file({**found, "ema.decay": torch.zeros(1)}, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


MAP = """\
mean: [0.25]
std: [0.5]
drop: ['^ema']
rename:
  'features\\.(stem)': 'conv_0'
  '^fc': 'linear_2.linear'
"""


@pytest.fixture
def names(tmp_path: Path) -> LayerMap:
    (tmp_path / "map.yaml").write_text(MAP)
    return read_layer_map(tmp_path / "map.yaml")


def made(document: dict, dataset: Dataset) -> Candidate:
    space = load_space(document)
    found = elaborate(fill_values(space, {}), dataset.shape, len(dataset.classes))
    assert isinstance(found, Candidate)
    return found


def test_a_map_gives_the_weights_their_names(
    folder: Path, weights: Path, names: LayerMap, candidate: Candidate, digits: Dataset
) -> None:
    start, bundle = start_of_weights(candidate, weights, names), start_of_bundle(folder)
    for name, tensor in start.weights.items():
        torch.testing.assert_close(tensor, bundle.weights[name], atol=1e-3, rtol=1e-3)
    assert set(bundle.weights) - set(start.weights) == {"conv_0.norm.num_batches_tracked"}
    assert like_start(start, digits).mean == (0.25,)
    assert like_start(bundle, digits).std == digits.std


def test_the_head_is_new_unless_the_classes_are_the_same(folder: Path, digits: Dataset) -> None:
    start = start_of_bundle(folder)
    same = made(finetuning(start), digits)
    assert set(first_weights(start, same, digits)) == set(start.weights)
    for classes in (digits.classes[:7], ("a", *digits.classes[1:])):
        other = replace(digits, classes=classes)
        candidate = made(finetuning(start), other)
        assert candidate.classes == len(classes)
        assert set(start.weights) - set(first_weights(start, candidate, other)) == HEAD


def test_the_recipe_keeps_what_fits_the_images(folder: Path, digits: Dataset) -> None:
    start = start_of_bundle(folder)
    augmented = start.candidate.training.model_copy(
        update={"augment": Recipe.model_validate({"augment": ["hflip"]}).augment, "tta": True}
    )
    start = replace(start, candidate=replace(start.candidate, training=augmented))
    recipe = made(finetuning(start), digits).training
    assert isinstance(recipe, Recipe)
    assert (recipe.augment, recipe.tta) == (augmented.augment, True)
    assert (recipe.frozen_epochs, recipe.early_rate < 1) == (2, True)
    given = made(finetuning(start, {"epochs": 3}), digits).training
    assert given == Recipe(epochs=3)


def test_another_input_than_the_weights_take_is_an_error(folder: Path, digits: Dataset) -> None:
    start = start_of_bundle(folder)
    wide = {**finetuning(start), "data": {"shape": [3, 8, 8]}}
    colour = replace(digits, preprocessing=digits.preprocessing.model_copy(update={"channels": 3}))
    text = r"conv_0.conv.weight: .* \[4, 3, 3, 3\] for images 3x8x8, .* \[4, 1, 3, 3\] \[A05\]"
    with pytest.raises(BundleError, match=text):
        first_weights(start, made(wide, colour), colour)
    assert like_start(start, replace(colour, mean=(0.1,) * 3)).mean == (0.1,) * 3


def change(file: Path, how) -> None:
    tensors = load_file(file)
    how(tensors)
    file.unlink()  # the tensors are mapped from it
    save_file(tensors, file)


def pickled(file: Path) -> None:
    file.unlink()
    torch.save({"fc.weight": torch.ones(1)}, file)


BAD_FILES = {
    "A01 missing": (Path.unlink, "is missing"),
    "A01 cut": (lambda f: f.write_bytes(f.read_bytes()[:100]), "is not a safetensors file"),
    "A03 pickle": (pickled, "is a pickle, not a weights file"),
    "A05 lacks": (
        lambda f: change(f, lambda t: t.update({"features.stem.norm.wight": t.pop(
            "features.stem.norm.weight")})),
        r"lacks conv_0.norm.weight, of the shape \[4\] \(did you mean 'conv_0.norm.wight'\?\)",
    ),
    "A05 more": (
        lambda f: change(f, lambda t: t.update({"fc.gain": torch.ones(1)})),
        "has linear_2.linear.gain, which the network lacks",
    ),
    "A05 shape": (
        lambda f: change(f, lambda t: t.update({"fc.weight": torch.ones(10, 5)})),
        r"linear_2.linear.weight: expected the shape \[10, 4\], got \[10, 5\]",
    ),
    "A11 NaN": (
        lambda f: change(f, lambda t: t["fc.weight"].fill_(torch.nan)),
        "linear_2.linear.weight has values that are not finite",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_of_weights_is_refused(
    case: str, weights: Path, names: LayerMap, candidate: Candidate
) -> None:
    breaks, text = BAD_FILES[case]
    breaks(weights)
    with pytest.raises(BundleError, match=text) as raised:
        start_of_weights(candidate, weights, names)
    assert raised.value.problems[0].rule == case[:3]
    assert raised.value.problems[0].path == str(weights)


BAD_MAPS = {
    "rename: {'(': a}": r"'\(' is no regular expression",
    "rename: {'^fc': '\\2'}": r"'\\\\2' cannot stand for '\^fc'",
    "rename: {'.*': a}": "the same name, a",
    "mean: [0.5]": "`mean` and `std` belong together",
    "mean: [0.5, 0.5, 0.5]\nstd: [1, 1, 1]": "has 3 values, the network takes 1 channels",
    "renames: {}": "renames",
    "[]": "valid dictionary",
}


@pytest.mark.parametrize("text", BAD_MAPS)
def test_a_bad_map_is_an_error(
    text: str, weights: Path, candidate: Candidate, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(SpaceError, match=BAD_MAPS[text]):
        start_of_weights(candidate, weights, read_layer_map(tmp_path / "bad.yaml"))


def test_a_network_must_end_in_its_classes(candidate: Candidate, folder: Path) -> None:
    start = start_of_bundle(folder)
    document = candidate.to_json()
    conv = {"conv": {"channels": 10, "kernel": 1, "activation": "none"}}
    ends = {
        "conv": [conv, {"global_pool": {}}],
        "group": [{"group": {"name": "top", "layers": [conv]}}, {"global_pool": {}}],
    }
    for layers in ends.values():
        network = read_candidate_json({**document, "architecture": layers})
        found = finetuning(replace(start, candidate=network))
        assert "'channels': '=classes'" in str(found["architecture"])
    hidden = [{"residual": {"body": [conv], "shortcut": "none"}}, {"global_pool": {}}]
    network = read_candidate_json({**document, "architecture": hidden})
    assert build(network.architecture) is not None
    with pytest.raises(AutocnnError, match="does not end in a linear or conv layer"):
        finetuning(replace(start, candidate=network))
