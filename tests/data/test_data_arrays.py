"""Arrays handed in, and arrays in archives (rows D12 and D36)."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array

from autocnn.data import DataOptions, from_arrays, open_data
from autocnn.errors import DataError

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (40, 6, 5), np.uint8)
LABELS = np.arange(40) % 2


@pytest.mark.parametrize(
    "x",
    [
        GRAY,
        GRAY[..., None],
        GRAY / 255,
        GRAY.astype(np.int64),
        GRAY.astype(np.uint16) * 257,
        (GRAY.astype(np.uint16) * 257).astype(">u2"),
    ],
    ids=["uint8", "one channel", "float", "int64", "uint16", "big-endian"],
)
def test_forms_of_one_image_agree(cache, x):
    dataset = from_arrays(x, LABELS, cache=cache)
    assert dataset.shape == (1, 6, 5)
    assert dataset.test is None
    assert dataset.source == "arrays"
    both = dataset.train + dataset.validation
    assert np.array_equal(both.images[both.indices][..., 0], GRAY)
    assert both.labels.tolist() == LABELS.tolist()


def test_tensors_may_have_their_channels_first(cache):
    colour = RNG.integers(0, 256, (40, 6, 5, 3), np.uint8)
    first = torch.from_numpy(colour).permute(0, 3, 1, 2)
    found, expected = (from_arrays(x, LABELS, cache=cache) for x in (first, colour))
    assert found.fingerprint == expected.fingerprint


def test_dark_images_of_16_bits_are_remarked(cache):
    note = "16 bits with no value above 255, nearly black unless data.max_value is given"
    dark = GRAY.astype(np.uint16)
    for x, remarked in ((dark, True), (dark.astype(">u2"), True), (dark * 257, False)):
        notes = from_arrays(x, LABELS, cache=cache).notes
        assert (f"{len(GRAY)} images: {note}" in notes) == remarked


def test_colour_and_transparent_arrays(cache):
    colour = RNG.integers(0, 256, (40, 6, 5, 3), np.uint8)
    assert from_arrays(colour, LABELS, cache=cache).shape == (3, 6, 5)
    clear = np.concatenate([colour, np.zeros((40, 6, 5, 1), np.uint8)], axis=3)
    clear[0, 0, 0, 3] = clear[1, 0, 0, 3] = 255
    options = DataOptions(test=0.0, background="white", conflicts="keep")
    images = from_arrays(clear, LABELS, options=options, cache=cache).train.images
    assert images.shape[3] == 3
    assert images[0, 0, 0].tolist() == colour[0, 0, 0].tolist()
    assert images[2].eq(255).all()


def test_arrays_are_resized_like_files(cache):
    options = DataOptions(test=0.0, size=12, channels=3)
    assert from_arrays(GRAY, LABELS, options=options, cache=cache).shape == (3, 12, 12)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (LABELS * 10 + 2, ("2", "12")),
        (LABELS.astype(bool), ("False", "True")),
        (LABELS.astype(float), ("0", "1")),
        (LABELS[:, None], ("0", "1")),
        (np.where(LABELS, "b", "a"), ("a", "b")),
        (pd.Series(np.where(LABELS, "b", "a")).astype("category"), ("a", "b")),
        (np.array([10, 9] * 20, object), ("9", "10")),
        (LABELS - 100, ("-100", "-99")),
    ],
)
def test_any_labels(cache, labels, classes):
    dataset = from_arrays(GRAY, labels, cache=cache)
    assert dataset.classes == classes
    assert set(dataset.train.labels.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (GRAY[0], LABELS, r"expected images \(N, H, W\)"),
        (np.zeros((40, 3, 6, 5)), LABELS, "move the channels last"),
        (np.zeros((40, 6, 5, 2)), LABELS, "expected 1, 3 or 4 channels, got 2"),
        (GRAY * 1.0, LABELS, r"in \[0, 1\], got \[0, 255\]; give values in \[0, 255\] as uint8"),
        (np.full((40, 6, 5), np.nan), LABELS, "not finite"),
        (GRAY.astype(int) - 300, LABELS, r"whole numbers in \[0, 255\], got \[-300"),
        (GRAY.astype(str), LABELS, "expected numbers"),
        (np.zeros((40, 1, 5), np.uint8), LABELS, "2x2 or larger"),
        (None, LABELS, "got the shape"),
        ([GRAY[0], GRAY[0, 1:]] * 20, LABELS, "all images: expected rows of one shape"),
        (GRAY, [[0], [0, 1]] * 20, "labels: expected rows of one shape"),
        (GRAY[:0], LABELS[:0], "there are no images"),
        (GRAY, LABELS[:39], "one label for each of 40 images"),
        (GRAY, LABELS + 0.5, r"look like numbers.* write data: \{task: regression\}"),
        (GRAY, (LABELS + 0.5).astype(str), "look like numbers"),
        (GRAY, np.where(LABELS, 1.0, np.nan), "some labels are missing"),
        (GRAY, np.eye(2)[LABELS % 2], r"\(40, 2\); `data.task: multilabel` takes rows of 0 and 1"),
        (GRAY, [None, "a"] * 20, "some are missing"),
        (GRAY, LABELS * 1j, "expected numbers or text"),
        (GRAY, LABELS * 1e30, "look like numbers"),
        (GRAY, np.where(LABELS, "a", ""), "expected a label of 1 to 1000 characters, got ''"),
        (GRAY, np.where(LABELS, "a", "\udc80"), "UTF-8 cannot write it"),
    ],
)
def test_bad_arrays(cache, x, y, text):
    with pytest.raises(DataError, match=text):
        from_arrays(x, y, cache=cache)


@pytest.mark.parametrize(
    "names",
    [
        {"x_train": "x_train", "y_train": "y_train", "x_test": "x_test", "y_test": "y_test"},
        {
            "x_train": "train_images",
            "y_train": "train_labels",
            "x_test": "test_images",
            "y_test": "test_labels",
        },
        {"x_train": "X", "y_train": "Y", "x_test": "X_test", "y_test": "Y_test"},
    ],
)
def test_archives(tmp_path, cache, names):
    arrays = {
        "x_train": GRAY[:30],
        "y_train": LABELS[:30],
        "x_test": GRAY[30:],
        "y_test": LABELS[30:],
    }
    np.savez(tmp_path / "set.npz", **{names[key]: value for key, value in arrays.items()})
    dataset = open_data(DataOptions(source=f"npz:{tmp_path / 'set.npz'}"), cache=cache)
    assert dataset.counts["test"] == (5, 5)
    assert np.array_equal(dataset.test.images[..., 0], GRAY[30:])


def test_archive_without_test_is_split(tmp_path, cache):
    np.savez_compressed(tmp_path / "set.npz", images=GRAY, labels=LABELS)
    dataset = open_data(DataOptions(source=str(tmp_path / "set.npz")), cache=cache)
    assert dataset.counts["test"] == (4, 4)


def test_images_without_labels_in_an_archive_are_remarked(tmp_path, cache):
    np.savez(tmp_path / "set.npz", x_train=GRAY, y_train=LABELS, x_test=GRAY)
    dataset = open_data(DataOptions(source=str(tmp_path / "set.npz")), cache=cache)
    assert "x_test has no labels (y_test) and is left out" in dataset.notes


def test_images_of_no_part_beside_a_training_part_are_remarked(tmp_path, cache):
    np.savez(tmp_path / "set.npz", x_train=GRAY, y_train=LABELS, x=GRAY, y=LABELS)
    dataset = open_data(DataOptions(source=str(tmp_path / "set.npz")), cache=cache)
    assert "images of no part are left out, as there are some for training" in dataset.notes


def test_bad_archives(tmp_path, cache):
    path = tmp_path / "set.npz"

    def refused(text):
        with pytest.raises(DataError, match=text):
            open_data(DataOptions(source=f"npz:{path}"), cache=cache)

    np.savez(path, pictures=GRAY)
    refused("expected x and y, or x_train and y_train; found pictures")
    np.savez(path, x=np.array([GRAY, None], object), y=LABELS)
    refused("holds Python objects, which are not read")
    np.savez(path, x=GRAY, y=LABELS)
    path.write_bytes(path.read_bytes()[:500])
    refused("damaged")
    path.write_text("no archive")
    refused("not an .npz archive")
    np.savez(path, x=GRAY, y=LABELS[1:])
    refused(rf"{path} all labels: expected one label for each of 40")
    with zipfile.ZipFile(path, "w") as file, file.open("x.npy", "w") as x:
        np.save(x, GRAY)
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**13,)}
        with io.BytesIO() as y:
            np.lib.format.write_array_header_1_0(y, header)
            content = y.getvalue()
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("y.npy", content)
    refused("does not fit into memory, or is damaged")
    with path.open("wb") as file:
        np.save(file, GRAY)
    refused("not an .npz archive")
    np.savez(path, x_train=GRAY, y_train=LABELS, x_test=GRAY[:2], y_test=[5, 6])
    refused("test: 5, 6: classes without a training image")


def test_rows_of_labels_may_be_sparse(cache):
    rows = np.eye(3, dtype=np.int64)[np.arange(40) % 3]
    options = DataOptions(task="multilabel")
    dense = from_arrays(GRAY, rows, options=options, cache=cache)
    assert from_arrays(GRAY, csr_array(rows), options=options, cache=cache).fingerprint == (
        dense.fingerprint
    )
