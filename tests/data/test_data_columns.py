"""Parquet files and saved data sets of Hugging Face, in the layouts that `datasets` 5 writes."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autocnn.data import DataOptions, open_data
from autocnn.errors import DataError

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

NAMES = ("cat", "dog", "emu")


def pixels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (6, 7, 3), np.uint8)


def encoded(seed: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels(seed)).save(stream, "PNG")
    return stream.getvalue()


def table(
    seeds: Sequence[int], labels: Sequence[object], names: Sequence[str] | None = NAMES
) -> pa.Table:
    """As `datasets` makes it, with names of classes where some are given."""
    images = pa.array([{"bytes": encoded(seed), "path": None} for seed in seeds])
    made = pa.table(
        {
            "image": images,
            "label": pa.array(labels),
            "patient": pa.array([f"p{seed // 4}" for seed in seeds]),
        }
    )
    if names is None:
        return made
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    return made.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )


def parts() -> dict[str, pa.Table]:
    train, test = range(40), range(100, 112)
    return {
        "train": table(train, [seed % 3 for seed in train]),
        "test": table(test, [seed % 3 for seed in test]),
    }


def save_parquet(folder: Path) -> None:
    for part, rows in parts().items():
        (folder / "data").mkdir(parents=True, exist_ok=True)
        half = len(rows) // 2
        for shard, piece in enumerate((rows[:half], rows[half:])):
            file = folder / "data" / f"{part}-{shard:05}-of-00002.parquet"
            pq.write_table(piece, file, row_group_size=7)


def save_arrow(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for part, rows in parts().items():
        write_arrow(folder / part, rows)


def write_arrow(folder: Path, rows: pa.Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text("{}")
    (folder / "dataset_info.json").write_text("{}")
    with pa.ipc.new_stream(folder / "data-00000-of-00001.arrow", rows.schema) as writer:
        writer.write_table(rows, max_chunksize=9)


@pytest.mark.parametrize("save", [save_parquet, save_arrow])
def test_parts_classes_and_pixels(save, tmp_path, cache):
    save(tmp_path / "set")
    dataset = open_data(DataOptions(source=str(tmp_path / "set")), cache=cache)
    assert dataset.classes == NAMES
    assert dataset.shape == (3, 6, 7)
    assert sum(dataset.counts["train"]) + sum(dataset.counts["validation"]) == 40
    assert dataset.counts["test"] == (4, 4, 4)
    for row, seed in zip(dataset.test.indices, range(100, 112), strict=True):
        assert np.array_equal(dataset.test.images[row], pixels(seed))
        assert dataset.test.labels[row] == seed % 3


def test_one_file_is_split_and_groups_stay_whole(tmp_path, cache):
    pq.write_table(parts()["train"], tmp_path / "all.parquet", row_group_size=6)
    options = DataOptions(source=str(tmp_path / "all.parquet"), groups="patient")
    dataset = open_data(options, cache=cache)
    assert sum(map(sum, dataset.counts.values())) == 40
    assert all(sum(counts) % 4 == 0 for counts in dataset.counts.values())
    seen = open_data(options, cache=cache)
    assert seen.fingerprint == dataset.fingerprint


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([7, 5, 7, 11] * 5, ("5", "7", "11")),
        (["b", "a", "b", "c"] * 5, ("a", "b", "c")),
    ],
)
def test_labels_without_names(labels, classes, tmp_path, cache):
    write_arrow(tmp_path / "set", table(range(20), labels, names=None))
    dataset = open_data(DataOptions(source=f"arrow:{tmp_path}/set"), cache=cache)
    assert dataset.classes == classes


def test_a_part_with_secret_labels_is_left_out(tmp_path, cache):
    save_arrow(tmp_path / "set")
    write_arrow(tmp_path / "set" / "test", table(range(100, 112), [-1] * 12))
    dataset = open_data(DataOptions(source=str(tmp_path / "set"), test=0.0), cache=cache)
    assert dataset.test is None
    assert "the test part has no labels and is left out" in dataset.notes


def faulty(folder: Path, fault: str) -> str:
    rows = parts()["train"]
    file = folder / "x.parquet"
    if fault == "no image":
        rows = rows.drop_columns(["image"])
    elif fault == "no label":
        rows = rows.rename_columns(["image", "kind", "patient"]).replace_schema_metadata(None)
    elif fault == "fractions":
        rows = rows.set_column(1, "label", pa.array([0.5] * 40))
    elif fault == "missing":
        rows = table(range(40), [None, *[1] * 39])
    elif fault == "no class":
        rows = table(range(40), [3, *[1, 0, 2] * 13])
    elif fault == "no bytes":
        kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
        lost = pa.array([{"bytes": None, "path": "/a/b.png"}] * 40, kind)
        rows = rows.set_column(0, "image", lost)
    elif fault == "no text":
        labels = [" ", *["a", "b", "c"] * 13]
        rows = table(range(40), labels, names=None)
    pq.write_table(rows, file)
    if fault == "cut":
        file.write_bytes(file.read_bytes()[:-9])
    if fault == "part":
        file.rename(folder / "extra-0.parquet")
        pq.write_table(rows, folder / "train-0.parquet")
        return f"parquet:{folder}"
    if fault == "no files":
        file.unlink()
        return f"parquet:{folder}"
    return str(file)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("no image", "no column of encoded images; found label, patient [D27]"),
        ("no label", "found image, kind, patient [D27]"),
        ("fractions", "labels of the type double; labels look like numbers, not classes"),
        ("missing", "x.parquet all[0]: label None is no class of the training part [D36]"),
        ("no class", "all[0]: label 3 is no class of the training part [D30]"),
        ("no text", "all[0]: label ' ' is no class of the training part [D36]"),
        ("no bytes", "all[0]: the table holds no bytes of it [D24]"),
        ("cut", "x.parquet: damaged"),
        ("part", "no known part: extra-0.parquet; train, validation and test are known [D30]"),
        ("no files", "no parquet files [D01]"),
    ],
)
def test_faults_are_told(fault, text, tmp_path, cache):
    with pytest.raises(DataError) as caught:
        open_data(DataOptions(source=faulty(tmp_path, fault)), cache=cache)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("task", "columns", "names", "first"),
    [
        ("multilabel", {"tags": [["sun"], ["sun", "sea"], []]}, ("sea", "sun"), [0, 1]),
        ("multilabel", {"labels": ["sun", "sun|sea", ""]}, ("sea", "sun"), [0, 1]),
        (
            {"multilabel": {"columns": ["sea", "sun"]}},
            {"sea": [0, 1, 0], "sun": [True, True, False]},
            ("sea", "sun"),
            [0, 1],
        ),
        ("regression", {"target": [0.5, 1.5, 2.0]}, ("target",), [0.5]),
        (
            {"regression": {"columns": ["age", "height"]}},
            {"age": [1, 2, 3], "height": [0.25, 0.5, 0.75]},
            ("age", "height"),
            [1.0, 0.25],
        ),
    ],
)
def test_labels_of_every_task(tmp_path, task, columns, names, first) -> None:
    rows = {name: pa.array(values * 10) for name, values in columns.items()}
    images = pa.array([{"bytes": encoded(seed), "path": None} for seed in range(30)])
    pq.write_table(pa.table({"image": images, **rows}), tmp_path / "a.parquet")
    options = DataOptions.model_validate({"source": str(tmp_path / "a.parquet"), "task": task})
    found = open_data(options, cache=tmp_path / "cache")
    assert found.classes == names
    whole = found.train + found.validation
    position = whole.plain_labels[[n == "all[0]" for n in found.names(whole)]]
    if len(position):  # else it is in the test part
        assert position[0].tolist() == first
    assert sum(map(len, found.parts.values())) == 30


@pytest.mark.parametrize(
    ("task", "columns", "text"),
    [
        (
            "regression",
            {"target": [1.0, None]},
            "a number in the column 'target', at most 1e+150 in size, got ''",
        ),
        ("regression", {"target": [[1.0], [2.0]]}, "labels of the type list"),
        ("regression", {"size": [1.0, 2.0]}, "expected a column 'value', found image, size"),
        ("multilabel", {"tags": [["a|b"], ["c"]]}, "the label 'a|b' holds '|'"),
        ({"multilabel": {"columns": ["sea"]}}, {"sea": [0, 7]}, "expected 0 or 1"),
    ],
)
def test_labels_that_do_not_fit_the_task(tmp_path, task, columns, text) -> None:
    images = pa.array([{"bytes": encoded(seed), "path": None} for seed in range(2)])
    rows = {name: pa.array(values) for name, values in columns.items()}
    pq.write_table(pa.table({"image": images, **rows}), tmp_path / "a.parquet")
    options = DataOptions.model_validate({"source": str(tmp_path / "a.parquet"), "task": task})
    with pytest.raises(DataError) as caught:
        open_data(options, cache=tmp_path / "cache")
    assert text in str(caught.value)
