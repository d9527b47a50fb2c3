"""From options to parts: known data sets, the cache, references, splits, policies."""

import json
import os
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from autocnn import api
from autocnn.data import DataOptions, Dataset, audit, auditing, from_arrays, open_data
from autocnn.errors import DataError
from autocnn.space import load_space


def rules(error: pytest.ExceptionInfo[DataError]) -> set[str]:
    return {problem.rule for problem in error.value.problems}


@pytest.fixture(scope="module")
def digits_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("digits")


@pytest.fixture
def digits(digits_cache: Path) -> Dataset:
    return open_data(DataOptions(source="digits"), cache=digits_cache)


def test_digits_are_split_by_class(digits):
    assert digits.shape == (1, 8, 8)
    assert digits.classes == tuple("0123456789")
    assert (len(digits.train), len(digits.validation), len(digits.test)) == (1295, 143, 359)
    for part, share in (("test", 0.2), ("validation", 0.1 * 0.8)):
        total = np.sum(list(digits.counts.values()), axis=0)
        assert np.abs(np.array(digits.counts[part]) - share * total).max() < 1
    # The mean over all digits is 0.305 (4.88 of 16).
    assert digits.mean[0] == pytest.approx(0.305, abs=0.003)


def test_parts_map_one_file_and_can_be_added(digits):
    train, validation, test = digits.train, digits.validation, digits.test
    assert train.images.dtype == torch.uint8
    assert train.images.shape == (1438, 8, 8, 1)
    assert train.images.data_ptr() != test.images.data_ptr()
    assert train.images.data_ptr() == validation.images.data_ptr()
    assert train.file == validation.file != test.file
    both = train + validation
    assert both.indices.tolist() == list(range(1438))
    assert both.labels[train.indices].equal(train.labels)
    assert both.labels.dtype == both.indices.dtype == torch.int64
    with pytest.raises(ValueError, match="different files"):
        train + test


def test_statistics_are_those_of_train(digits):
    pixels = digits.train.images[digits.train.indices].double() / 255
    assert digits.mean[0] == pytest.approx(pixels.mean().item(), abs=1e-12)
    assert digits.std[0] == pytest.approx(pixels.std(correction=0).item(), abs=1e-12)


def test_same_options_same_split_other_seed_other_split(digits, cache):
    again = open_data(DataOptions(source="digits"), cache=cache)
    assert again.fingerprint == digits.fingerprint
    assert again.validation.indices.equal(digits.validation.indices)
    other = open_data(DataOptions(source="digits", seed=1), cache=cache)
    assert other.fingerprint != digits.fingerprint
    assert not other.validation.indices.equal(digits.validation.indices)


def test_reference_is_json_and_maps_without_touching_the_test_images(digits, tmp_path):
    reference = json.loads(json.dumps(digits.reference))
    program = f"""
import sys
from pathlib import Path
from autocnn.data import Dataset
dataset = Dataset.map({reference!r})
assert not {{"torch", "PIL", "sqlite3", "sklearn"}} & set(sys.modules), sorted(sys.modules)
dataset.train.images[dataset.train.indices[:2]]
maps = Path("/proc/self/maps").read_text()
assert "train.npy" in maps and "test.npy" not in maps
print(dataset.fingerprint)
"""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""
    assert answer.stdout.strip() == digits.fingerprint


def test_a_part_pickles_without_its_images(digits):
    part = digits.train
    assert part.images is part.images
    assert len(pickle.dumps(part)) < 30_000


def test_writing_to_the_mapping_does_not_reach_the_cache(digits):
    first = Dataset.map(digits.reference)
    first.train.images[0] = 255
    assert not Dataset.map(digits.reference).train.images[0].eq(255).all()


@pytest.mark.parametrize("damage", ["remove", "cut", "document"])
def test_damaged_cache_is_refused_by_map_and_remade_by_open(cache, damage):
    dataset = open_data(DataOptions(source="digits"), cache=cache)
    images, document = dataset.folder / "train.npy", dataset.folder / "dataset.json"
    if damage == "remove":
        images.unlink()
    elif damage == "cut":
        images.write_bytes(images.read_bytes()[:1000])
    else:
        document.write_text("{")
    with pytest.raises(DataError, match=r"missing|damaged|cut"):
        _ = Dataset.map(dataset.reference).train.images
    again = open_data(DataOptions(source="digits"), cache=cache)
    assert again.train.images.shape == (1438, 8, 8, 1)


def test_two_processes_make_one_cache(photos, cache):
    program = """
import sys
from pathlib import Path
from autocnn.data import DataOptions, open_data
print(len(open_data(DataOptions(source=sys.argv[1]), cache=Path(sys.argv[2])).train))
"""
    command = [sys.executable, "-c", program, str(photos), str(cache)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0] for process in running] == [b"14\n"] * 2
    assert len(list((cache / "datasets").iterdir())) == 1


def test_abandoned_folders_are_swept(cache):
    old, young = (cache / "datasets" / name for name in (".old", ".young"))
    young.mkdir(parents=True)
    for opened in (open_data, audit):
        old.mkdir()
        os.utime(old, (0, 0))
        opened(DataOptions(source="digits"), cache=cache)
        assert not old.exists()
        assert young.exists()


def test_an_audit_that_is_killed_leaves_what_is_swept(cache, monkeypatch):
    left: list[str] = []

    def killed(*_given):
        left.extend(path.relative_to(cache).as_posix() for path in cache.rglob("*"))
        raise DataError

    monkeypatch.setattr(auditing, "_scan", killed)
    with pytest.raises(DataError):
        audit(DataOptions(source="digits"), cache=cache)
    assert [name[:10] for name in left] == ["datasets", "datasets/."]
    assert [file for file in cache.rglob("*") if file.name != "datasets"] == []


def test_changed_images_are_noticed(photos, draw, cache):
    options = DataOptions(source=str(photos))
    before = open_data(options, cache=cache)
    draw(photos / "cat" / "3.png", 999)
    after = open_data(options, cache=cache)
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize("changed", ["FORMAT", "DECODER"])
def test_images_are_decoded_anew_by_another_decoder(photos, cache, monkeypatch, changed):
    options = DataOptions(source=str(photos))
    open_data(options, cache=cache)
    steps: list[str] = []
    open_data(options, cache=cache, progress=lambda step, _share: steps.append(step))
    assert steps == []
    monkeypatch.setattr(f"autocnn.data.opening.{changed}", 999)
    open_data(options, cache=cache, progress=lambda step, _share: steps.append(step))
    assert steps


def test_same_images_elsewhere_have_the_same_fingerprint(photos, tmp_path, cache):
    before = open_data(DataOptions(source=f"folder:{photos}"), cache=cache)
    photos.rename(tmp_path / "moved")
    after = open_data(DataOptions(source="folder:moved"), base=tmp_path, cache=cache)
    assert after.fingerprint == before.fingerprint
    assert after.source == f"folder:{tmp_path / 'moved'}"


def test_fashion_mnist_cold_and_warm(fashion_mnist, cache):
    steps: list[tuple[str, float]] = []
    options = DataOptions(source="fashion-mnist", root=str(fashion_mnist))
    cold = open_data(options, cache=cache, progress=lambda *step: steps.append(step))
    started = time.perf_counter()
    warm = open_data(options, cache=cache)
    assert warm.train.images.shape == (60_000, 28, 28, 1)
    # 2 ms here; the bound is the one promised.
    assert time.perf_counter() - started < 3
    assert warm.fingerprint == cold.fingerprint
    assert warm.counts == {"train": (5400,) * 10, "validation": (600,) * 10, "test": (1000,) * 10}
    assert (warm.classes[0], warm.classes[9]) == ("T-shirt/top", "Ankle boot")
    assert warm.mean[0] == pytest.approx(0.2860, abs=3e-4)
    assert warm.std[0] == pytest.approx(0.3530, abs=3e-4)
    assert {what for what, _ in steps} == {"reading fashion-mnist", "decoding images"}
    assert all(0 <= share <= 1 for _, share in steps)


def test_unknown_source_names_the_nearest(tmp_path):
    with pytest.raises(DataError, match=r"did you mean 'fashion-mnist'") as caught:
        open_data(DataOptions(source="fashion-mnsit"), base=tmp_path)
    assert rules(caught) == {"D01"}
    assert caught.value.exit_code == 3
    with pytest.raises(DataError, match="no such file or folder"):
        open_data(DataOptions(source="folder:photos"), base=tmp_path)
    with pytest.raises(DataError, match="no path has the character NUL"):
        open_data(DataOptions(source="csv:a\0.csv"), base=tmp_path)
    with pytest.raises(DataError, match="no source"):
        open_data(DataOptions())
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DataError, match=r"expected a folder, a \.csv, \.npz or \.parquet file"):
        open_data(DataOptions(source="notes.txt"), base=tmp_path)


def test_y35_relative_paths_are_told_from_where(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos.parent)
    base = tmp_path / "spaces"
    for source in (f"folder:{photos.name}", photos.name):
        with pytest.raises(DataError) as caught:
            open_data(DataOptions(source=source), base=base)
        told = (
            f"from the folder of the YAML file, {base}; {photos} exists, in the working directory"
        )
        assert told in str(caught.value)
    with pytest.raises(DataError, match=r"YAML file, [^;]*$"):
        open_data(DataOptions(source="folder:nowhere"), base=base)
    with pytest.raises(DataError, match=r"no such file or folder \[D01\]"):
        open_data(DataOptions(source="folder:/nowhere"), base=base)


def test_y35_paths_are_expanded(photos, cache, monkeypatch):
    monkeypatch.setenv("PHOTOS", str(photos))
    monkeypatch.setenv("HOME", str(photos.parent))
    monkeypatch.setenv("AUTOCNN_CACHE", str(cache))
    found = {open_data(DataOptions(source=s)).source for s in ("$PHOTOS", "~/x/../photos/")}
    assert found == {f"folder:{photos}"}


def test_y35_paths_are_meant_from_the_folder_of_the_space(photos, cache, monkeypatch, draw):
    monkeypatch.setenv("AUTOCNN_CACHE", str(cache))
    place = photos.parent / "my späces"
    (photos.parent / "elsewhere").mkdir()
    monkeypatch.chdir(photos.parent / "elsewhere")
    for seed, name in enumerate(("a", "b")):
        for index in range(10):
            draw(place / "bilder ü" / name / f"{index}.png", 100 * seed + index)
    expected = {
        "../photos/": photos,
        str(photos): photos,
        "folder:../elsewhere/../photos": photos,
        "bilder ü": place / "bilder ü",
    }
    for source, path in expected.items():
        file = place / "space.yaml"
        file.write_text(f"data: {{source: '{source}'}}\narchitecture: [global_pool]\n", "utf-8")
        assert api.open_data(load_space(file, api.language())).source == f"folder:{path}"
    file.write_text("data: {source: folder:gone}\narchitecture: []\n", "utf-8")
    with pytest.raises(DataError, match=re.escape(str(place / "gone"))):
        api.open_data(load_space(file, api.language()))


def test_copies_stay_on_one_side(cache):
    rng = np.random.default_rng(0)
    images = np.repeat(rng.integers(0, 256, (60, 4, 4), np.uint8), 3, axis=0)
    labels = np.repeat(np.arange(60) % 3, 3)
    dataset = from_arrays(images, labels, options=DataOptions(test=0.2), cache=cache)
    parts = [
        {bytes(image.numpy()) for image in part.images[part.indices]}
        for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert sum(len(part) for part in parts) == 60
    assert "120 copies among the images, never split between parts" in dataset.notes


def test_copies_of_test_images_by_policy(cache):
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4), np.uint8)
    labels = np.arange(40) % 2
    given = {"x_test": images[:4], "y_test": labels[:4], "cache": cache}
    kept = from_arrays(images, labels, **given)
    assert len(kept.train) + len(kept.validation) == 40
    assert kept.notes[0].startswith("4 training images are also in the test part, kept: train[0]")
    dropped = from_arrays(images, labels, options=DataOptions(duplicates="drop"), **given)
    assert len(dropped.train) + len(dropped.validation) == 36
    with pytest.raises(DataError, match="4 training images are also in the test part") as caught:
        from_arrays(images, labels, options=DataOptions(duplicates="error"), **given)
    assert rules(caught) == {"D25"}


def test_one_image_under_two_classes_by_policy(cache):
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4), np.uint8)
    images[1] = images[0]
    labels = np.arange(40) % 2
    with pytest.raises(DataError, match=r"all\[0\] \(0\) = all\[1\] \(1\)") as caught:
        from_arrays(images, labels, cache=cache)
    assert rules(caught) == {"D26"}
    for policy, count in (("drop", 38), ("keep", 40)):
        dataset = from_arrays(images, labels, options=DataOptions(conflicts=policy), cache=cache)
        total = sum(sum(c) for c in dataset.counts.values())
        assert total == count, policy


def test_a_test_part_that_loses_images_beside_a_train_part_that_loses_none(cache):
    images = np.random.default_rng(0).integers(0, 256, (60, 4, 4, 1), np.uint8)
    images[41] = images[40]
    labels = np.arange(60) % 2
    options = DataOptions(conflicts="drop")
    given = {"x_test": images[40:], "y_test": labels[40:], "options": options, "cache": cache}
    dataset = from_arrays(images[:40], labels[:40], **given)
    assert len(dataset.train) + len(dataset.validation) == 40
    assert dataset.test.images.equal(torch.from_numpy(images[42:]))


def test_too_few_images(cache):
    def tiny(count, labels):
        images = np.arange(count * 16, dtype=np.uint8).reshape(count, 4, 4)
        return from_arrays(images, labels, cache=cache)

    with pytest.raises(DataError, match=r"expected 2 classes or more, got \['7'\]") as caught:
        tiny(4, [7] * 4)
    assert rules(caught) == {"D02"}
    with pytest.raises(DataError, match=r"2 images in 2 classes, of which 0\.1") as caught:
        tiny(2, [0, 1])
    assert rules(caught) == {"D05"}
    lone = tiny(5, [0, 1, 1, 1, 1])
    assert "classes of one image, which is for training: 0" in lone.notes
    assert "classes without a validation image: 0" in lone.notes


def test_constant_and_imbalanced_images_are_noted(cache):
    images = np.random.default_rng(0).integers(100, 102, (60, 8, 8), np.uint8)
    dataset = from_arrays(images, [0] * 55 + [1] * 5, cache=cache)
    assert dataset.std == (1 / 255,)
    assert "the training images are nearly constant" in dataset.notes
    noted = "imbalanced: from 4 to 49 images a class; training.oversample or class_weights of the"
    assert any(note.startswith(noted) for note in dataset.notes)


def test_too_little_room_is_noticed_before_decoding(cache, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1 << 20}))
    images = np.random.default_rng(0).integers(0, 256, (40, 128, 128), np.uint8)
    options = DataOptions(test=0.0, size=128)
    with pytest.raises(DataError, match="the decoded images need 1 MiB, 1 MiB are free") as caught:
        from_arrays(images, np.arange(40) % 2, options=options, cache=cache)
    assert rules(caught) == {"D35"}
    assert not any((cache / "datasets").iterdir())
