"""Prediction decodes as training did, goes on after bad files, and prints nothing that acts."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from autocnn.data import Dataset
from autocnn.data.tasks import Classification
from autocnn.errors import DataError
from autocnn.reuse import Bundle, load_bundle
from autocnn.reuse.evaluate import evaluate_bundle, open_labelled
from autocnn.reuse.predict import Prediction
from autocnn.reuse.rows import csv_lines, json_row


@pytest.fixture(scope="module")
def bundle(saved: Path) -> Bundle:
    return load_bundle(saved)


@pytest.fixture
def photos(digits: Dataset, tmp_path: Path) -> Path:
    """Three digits as files, one in a sub-folder, among files that are none."""
    pixels = digits.train.images.numpy()
    (tmp_path / "b").mkdir()
    Image.fromarray(pixels[0, ..., 0]).save(tmp_path / "0.png")
    Image.fromarray(pixels[1, ..., 0]).convert("RGBA").save(tmp_path / "1.png")
    Image.fromarray(pixels[2, ..., 0]).save(tmp_path / "b" / "2.PNG")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("hello")
    return tmp_path


def test_files_are_decoded_as_in_training(bundle: Bundle, photos: Path, digits: Dataset) -> None:
    rows = list(bundle.predict([photos]))
    assert [Path(row.file).name for row in rows] == ["0.png", "1.png", "2.PNG"]
    expected = bundle.predictions(digits.train.images.numpy()[:3])
    np.testing.assert_allclose([row.probabilities for row in rows], expected, atol=1e-6)
    for row, probabilities in zip(rows, expected, strict=True):
        assert row.label == bundle.classes[probabilities.argmax()]
        assert row.probability == pytest.approx(probabilities.max())


def test_bad_files_give_a_row_and_the_rest_goes_on(bundle: Bundle, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes((photos / "0.png").read_bytes()[:60])
    (photos / "empty.png").touch()
    (photos / "page.jpg").write_text("<html>")
    os.mkfifo(photos / "pipe.png")
    (photos / "__MACOSX").mkdir()
    for hidden in ("._a.png", "__MACOSX/a.png"):
        (photos / hidden).touch()
    rows = list(bundle.predict([photos, photos / "missing.png"]))
    errors = {Path(row.file).name: row.error for row in rows if row.error}
    assert set(errors) == {"broken.jpg", "empty.png", "page.jpg", "pipe.png", "missing.png"}
    assert all("0x" not in error for error in errors.values())
    assert sum(row.label is not None for row in rows) == 3
    assert all(row.probabilities is None for row in rows if row.error)


def test_files_come_in_any_collection(bundle: Bundle, photos: Path) -> None:
    files = sorted(photos.glob("*.png"))
    expected = list(bundle.predict(files))
    assert expected
    names = [str(file) for file in files]
    for paths in (tuple(files), iter(files), pd.Series(names), np.array(names)):
        assert list(bundle.predict(paths)) == expected


def test_arrays_of_any_size_and_type(bundle: Bundle, digits: Dataset) -> None:
    pixels = digits.train.images.numpy()[:4]
    expected = bundle.predictions(pixels)
    for images in (pixels, pixels[..., 0], pixels[..., 0] / 255, np.repeat(pixels, 3, axis=3)):
        rows = list(bundle.predict(images))
        assert [row.file for row in rows] == ["0", "1", "2", "3"]
        np.testing.assert_allclose([row.probabilities for row in rows], expected, atol=1e-5)
        np.testing.assert_allclose(bundle.predictions(images), expected, atol=1e-5)
    frozen = np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.shape)  # not writable
    for several in (
        frozen,
        list(pixels),
        tuple(pixels),
        torch.from_numpy(pixels),
        [Image.fromarray(p[..., 0]) for p in pixels],
        torch.from_numpy(pixels / 255).permute(0, 3, 1, 2).requires_grad_(),
        [torch.from_numpy(p).permute(2, 0, 1) for p in pixels],
    ):
        np.testing.assert_allclose(bundle.predictions(several), expected, atol=1e-5)
        assert len(list(bundle.predict(several))) == 4
    assert len(list(bundle.predict(iter(pixels)))) == 4
    for wrong in ([1, 2], iter([1, 2]), None):
        with pytest.raises(DataError, match="D12"):
            list(bundle.predict(wrong))
    assert len(list(bundle.predict(np.zeros((2, 30, 20), np.uint8)))) == 2
    assert list(bundle.predict(pixels[:0])) == []
    with pytest.raises(DataError, match="D12"):
        list(bundle.predict(np.full((1, 8, 8), 7.0)))
    one, palette = Image.fromarray(pixels[0, ..., 0]), Image.fromarray(pixels[1, ..., 0])
    mixed = [one, palette.convert("P"), one.resize((30, 20)), one.convert("CMYK")]
    found = [row.probabilities for row in bundle.predict(mixed)]
    np.testing.assert_allclose(found[:2], expected[:2], atol=1e-5)
    np.testing.assert_allclose(bundle.predictions(one), expected[:1], atol=1e-5)
    with pytest.raises(DataError, match=r"image 1: the colour mode LAB is not supported .*D12"):
        list(bundle.predict([one, Image.new("LAB", (8, 8))]))
    with pytest.raises(DataError, match=r"got one image \(8, 8, 3\): x\[None\]"):
        list(bundle.predict(np.zeros((8, 8, 3), np.uint8)))
    sizes = [pixels[0], pixels[1, ..., 0], np.kron(pixels[0], np.ones((3, 2, 1), np.uint8))]
    of_images = [
        row.probabilities for row in bundle.predict([Image.fromarray(p.squeeze()) for p in sizes])
    ]
    np.testing.assert_allclose(bundle.predictions(sizes), of_images, atol=1e-5)
    short = torch.from_numpy(pixels // 255).bfloat16()
    np.testing.assert_array_equal(bundle.predictions(short), bundle.predictions(short.float()))


def test_small_images_get_a_note(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autocnn.reuse.predict.MOST_ENLARGED", 3)
    for side in (2, 3, 8):
        Image.new("L", (side, side)).save(tmp_path / f"{side}.png")
    assert [row.note for row in bundle.predict([tmp_path])] == ["enlarged 4 times", "", ""]


def test_names_that_are_no_text(bundle: Bundle, photos: Path) -> None:
    os.rename(photos / "0.png", os.path.join(os.fsencode(photos), b"\xff\xfe.png"))
    rows = list(bundle.predict([photos]))
    assert any(row.file.endswith("\\xff\\xfe.png") for row in rows)
    json.dumps(
        [json_row(row, bundle.classes, bundle.document.task) for row in rows], ensure_ascii=False
    ).encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_runs_no_formula(start: str) -> None:
    evil = f'{start}cmd|"/c calc"!A1'
    predictions = [Prediction(evil, evil, 0.5), Prediction("a,b\n", error=evil)]
    text = "\n".join(csv_lines(predictions, ("cat", evil), Classification()))
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["file", "class", "probability", "error"]
    assert rows[1] == [f"'{evil}", f"'{evil}", "0.500000", ""]
    assert rows[2] == ["a,b\n", "", "", f"'{evil}"]


def test_json_has_every_probability() -> None:
    names, task = ("cat", "dog"), Classification()
    row = json_row(Prediction("a.png", "cat", 0.75, (0.75, 0.25)), names, task)
    assert row["probabilities"] == {"cat": 0.75, "dog": 0.25}
    assert json_row(Prediction("b.png", error="truncated"), names, task) == {
        "file": "b.png", "class": None, "probability": None, "error": "truncated", "note": None,
    }  # fmt: skip


def test_evaluation_counts(bundle: Bundle, digits: Dataset) -> None:
    result = evaluate_bundle(bundle, digits)
    assert result.part == "test"
    assert result.images == int(result.found.confusion.sum()) == 359
    assert result.low < result.value < result.high
    pixels = digits.test.images.numpy()[digits.test.indices.numpy()]  # type: ignore[union-attr]
    guesses = bundle.predictions(pixels).argmax(1)
    assert result.value == (guesses == digits.test.labels.numpy()).mean()  # type: ignore[union-attr]
    assert evaluate_bundle(bundle, digits, "all").images == 1797


def test_evaluation_maps_classes_by_name(
    bundle: Bundle, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOCNN_CACHE", str(tmp_path / "cache"))
    pixels, labels = digits.train.images.numpy(), digits.train.labels.numpy()
    for name in ("7", "3"):
        (tmp_path / "some" / name).mkdir(parents=True)
        chosen = digits.train.indices.numpy()[labels == int(name)][:10]
        for row in chosen:
            Image.fromarray(pixels[row, ..., 0]).save(tmp_path / "some" / name / f"{row}.png")
    dataset = open_labelled(bundle, str(tmp_path / "some"))
    result = evaluate_bundle(bundle, dataset)
    assert (result.part, result.images) == ("all", 20)
    assert result.found.confusion.sum(1).nonzero()[0].tolist() == [3, 7]
    with pytest.raises(DataError, match="no test part"):
        evaluate_bundle(bundle, dataset, "test")
    (tmp_path / "some" / "3" / "bad.png").touch()
    dataset = open_labelled(bundle, str(tmp_path / "some"))
    assert evaluate_bundle(bundle, dataset).images == 20
    assert "1 bad images left out: 3/bad.png" in dataset.notes
    (tmp_path / "some" / "3" / "bad.png").unlink()
    (tmp_path / "one").mkdir()
    shutil.copytree(tmp_path / "some" / "3", tmp_path / "one" / "3")
    for file in sorted((tmp_path / "one" / "3").iterdir())[1:]:
        file.unlink()
    result = evaluate_bundle(bundle, open_labelled(bundle, str(tmp_path / "one")))
    assert (result.images, int(result.found.confusion.sum())) == (1, 1)
    (tmp_path / "some" / "7").rename(tmp_path / "some" / "seven")
    with pytest.raises(DataError, match="does not know the class 'seven'"):
        evaluate_bundle(bundle, open_labelled(bundle, str(tmp_path / "some")))
