"""The default space loads for any data and is made of networks that fit them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finished_study import Command
from sklearn.datasets import load_digits

from autocnn.api import load_space
from autocnn.data import DataOptions, from_arrays, open_data
from autocnn.default_space import absolute_source, default_space_text, study_name
from autocnn.network import cost
from autocnn.search.starts import given
from autocnn.search.starts.fit import fits
from autocnn.space import check

SIZES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (2, 40, 3), (96, 64, 3), (256, 192, 3)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_network_of_it_is_possible(size: tuple[int, int, int], tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (40, *size), dtype=np.uint8)
    np.savez(tmp_path / "x.npz", x=images, y=np.arange(40) % 4)
    dataset = open_data(DataOptions(source=f"npz:{tmp_path}/x.npz"), cache=tmp_path)
    file = tmp_path / "spaces" / "mine.yaml"
    file.parent.mkdir()
    file.write_text(default_space_text(dataset, str(tmp_path / "x.npz"), base=file.parent))
    space = load_space(file)
    found = check(space, dataset.shape, 4, cost=cost, samples=60)
    assert found.share == 1
    assert found.params is not None
    assert found.params[0] < 60_000
    first = given(space, dataset.shape, 4)
    assert (len(first.starts), first.left_out) == (3, [])
    assert all(fits(space, start.values, dataset.shape, 4) for start in first.starts)
    assert space.sections["data"].source == "npz:../x.npz"  # type: ignore[attr-defined]
    assert max(map(len, file.read_text().splitlines())) <= 99


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression"])
@pytest.mark.parametrize("images", [40, 8000])
def test_its_first_candidates_lie_in_it(task: str, images: int, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (images, 8, 8, 3), dtype=np.uint8)
    values = np.arange(images) % 4
    targets = {
        "classification": np.array(["cat", "dog", "owl", "yak"])[values],
        "multilabel": np.eye(4, dtype=np.int64)[values],
        "regression": values * 0.5,
    }
    options = DataOptions.model_validate({"task": {task: {}}})
    dataset = from_arrays(pixels, targets[task], options=options, cache=tmp_path / "cache")
    file = tmp_path / "mine.yaml"
    file.write_text(default_space_text(dataset, "mine.npz"))
    space = load_space(file)
    first = given(space, dataset.shape, len(dataset.classes))
    assert (len(first.starts), first.left_out) == (3, [])
    assert ("trivial_augment" in file.read_text()) == (images == 40 and task != "regression")
    assert ("cutmix" in file.read_text()) == (images == 40 and task == "classification")
    assert space.document["training"]["batch_size"] <= len(dataset.train)


@pytest.mark.parametrize(
    ("channels", "names", "mirrored"),
    [
        (3, "cat dog owl", True),
        (1, "cat dog owl", True),
        (1, "0 1 2", False),
        (3, "6 8 9", False),
        (3, "b d p", False),
    ],
)
def test_digits_and_letters_are_not_mirrored(
    channels: int, names: str, mirrored: bool, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8, channels), dtype=np.uint8)
    dataset = from_arrays(images, np.array(names.split())[np.arange(40) % 3], cache=tmp_path)
    assert ("flip" in default_space_text(dataset, "mine.npz")) == mirrored


@pytest.mark.parametrize("alike", [True, False])
def test_numbers_of_things_that_look_alike_in_a_mirror_are_no_writing(
    alike: bool, tmp_path: Path
) -> None:
    images, labels = load_digits(return_X_y=True)
    images = (images * 15).astype(np.uint8).reshape(-1, 8, 8)
    images[::2] = 255 - images[::2]  # dark on light
    if alike:
        images, labels = np.concatenate([images, images[:, :, ::-1]]), np.tile(labels, 2)
    dataset = from_arrays(images, labels, cache=tmp_path)
    assert ("flip" in default_space_text(dataset, "mine.npz")) == alike


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("digits", "digits"),
        ("folder:/data/my photos/", "my photos"),
        ("/data/a*b?.csv", "a_b_.csv"),
        ("photos/../photos", "photos"),
        ("/", "study"),
    ],
)
def test_the_study_is_named_after_the_data(source: str, name: str) -> None:
    assert study_name(source) == name


def test_paths_are_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHOTOS", "mine")
    (tmp_path / "photos").mkdir()
    assert absolute_source("photos") == str(tmp_path / "photos")
    assert absolute_source("csv:a.csv") == f"csv:{tmp_path}/a.csv"
    assert absolute_source("folder:$PHOTOS/x") == f"folder:{tmp_path}/mine/x"
    assert absolute_source("digits") == "digits"
    assert absolute_source("fashion-mnist") == "fashion-mnist"


@pytest.mark.slow
def test_search_without_a_space(
    autocnn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["search", "--data", "digits", "--set", "budget.trials=1", "--set"]
    words += [
        "search.executor=inline",
        "--set",
        "training.epochs=1",
        "--set",
        "data.size=6",
        "--json",
    ]
    said = autocnn(*words)
    assert said.code == 0
    assert "images of 8x8 are brought to 6x6" in said.err
    assert said.json["study"] == "digits"
    assert Path(said.json["bundle"]).is_dir()
    assert (tmp_path / "studies" / "autocnn.db").is_file()
