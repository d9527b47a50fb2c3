"""Groups of images that stay in one part, whatever the source."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.data import DataOptions, Dataset, from_arrays, open_data
from autocnn.data.splits import hold_out_groups, joined
from autocnn.errors import DataError

PATIENTS, EACH = 12, 5
KEYS = np.arange(PATIENTS * EACH) // EACH
LABELS = np.arange(PATIENTS * EACH) % 3  # every patient has all classes


def noise(count: int = PATIENTS * EACH) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8), np.uint8)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=80),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_groups_stay_whole_and_no_class_goes_wholly(rows, share, seed):
    labels, groups = np.array(rows).T
    chosen = hold_out_groups(labels, groups, share=share, seed=seed, part="test")
    again = hold_out_groups(labels, groups, share=share, seed=seed, part="test")
    assert np.array_equal(chosen, again)
    assert not set(groups[chosen]) & set(groups[~chosen])
    assert set(labels[~chosen]) == set(labels)


def test_shares_are_near_what_was_asked():
    labels, groups = np.arange(900) % 3, np.arange(900) // 6
    chosen = hold_out_groups(labels, groups, share=0.2, seed=0, part="test")
    assert np.abs(np.bincount(labels[chosen]) - 60).max() <= 2


def test_large_groups_are_no_reason_against_a_small_part():
    labels, groups = np.arange(30) % 2, np.array([0] * 6 + [1] * 4 + [2] * 20)
    chosen = hold_out_groups(labels, groups, share=0.05, seed=0, part="test")
    assert set(groups[chosen]) == {1}


def test_what_is_equal_or_of_one_group_is_joined():
    numbers = joined(np.array([0, 1, 1, 2, 3, 4]), np.array([7, 7, 5, 5, 2, 2]))
    assert len(set(numbers[:4])) == 1
    assert len(set(numbers[4:])) == 1
    assert numbers[0] != numbers[4]


def folder(root: Path, draw) -> str:
    for row, (label, key) in enumerate(zip(LABELS, KEYS, strict=True)):
        draw(root / f"class{label}" / f"patient{key:02}_{row}.png", row)
    return f"folder:{root}"


def table(root: Path, draw) -> str:
    lines = ["path,label,Patient"]
    for row, (label, key) in enumerate(zip(LABELS, KEYS, strict=True)):
        draw(root / f"{row}.png", row)
        lines.append(f"{row}.png,{label},{key}")
    (root / "rows.csv").write_text("\n".join(lines))
    return f"csv:{root}/rows.csv"


def archive(root: Path, draw) -> str:
    np.savez(root / "all.npz", x=noise(), y=LABELS, patients=KEYS)
    return f"npz:{root}/all.npz"


SOURCES = [(folder, r"(patient\d+)_"), (table, "patient"), (archive, "patients")]


@pytest.mark.parametrize(("make", "groups"), SOURCES, ids=lambda x: getattr(x, "__name__", ""))
def test_parts_share_no_group(make, groups, tmp_path, draw, cache):
    source = make(tmp_path, draw)
    dataset = open_data(DataOptions(source=source, groups=groups), cache=cache)
    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    images = {}
    for part, rows in parts.items():
        for image in rows.images[rows.indices].numpy():
            images[image.tobytes()] = part
    drawn = [np.random.default_rng(row).integers(0, 256, (8, 8), np.uint8) for row in range(60)]
    originals = noise() if make is archive else drawn
    found = [images[image.tobytes()] for image in originals]
    for key in range(PATIENTS):
        assert len({part for part, own in zip(found, KEYS, strict=True) if own == key}) == 1
    assert len(dataset.test) == 10  # of 60: two patients of five, nearest to a fifth
    plain = open_data(DataOptions(source=source), cache=cache)
    assert plain.fingerprint != dataset.fingerprint


def test_groups_of_arrays(cache):
    dataset = from_arrays(noise(), LABELS, groups=KEYS, cache=cache)
    other = from_arrays(noise(), LABELS, groups=KEYS[::-1], cache=cache)
    assert dataset.fingerprint != other.fingerprint
    with pytest.raises(DataError, match="expected one group for each of 60 images"):
        from_arrays(noise(), LABELS, groups=KEYS[:-1], cache=cache)


@pytest.mark.parametrize(("count", "kept"), [(60, None), (1000, 80), (16_000, 1000)])
def test_the_finals_keep_some_of_validation(count, kept, cache):
    """An image is its number, six of them are a group; every second one is there twice."""
    numbers = np.repeat(np.arange(count // 2), 2)
    images = numbers.astype("<u4").view(np.uint8).reshape(count, 2, 2)
    keys, options = np.arange(count) // 6, DataOptions(validation=0.2)
    whole = from_arrays(images, numbers % 3, groups=keys, options=options, cache=cache)
    narrow = Dataset.map(whole.narrowed().reference)
    if kept is None:
        assert len(narrow.validation) == len(whole.validation)
        return
    assert len(narrow.validation) == pytest.approx(kept, abs=6)
    assert len(np.unique(narrow.validation.plain_labels)) == 3
    rows = [set(part.indices.tolist()) for part in (narrow.train, narrow.validation)]
    assert not rows[0] & rows[1]
    assert rows[0] | rows[1] == set((whole.train + whole.validation).indices.tolist())
    groups = [
        {
            int.from_bytes(image.tobytes(), "little") // 3
            for image in part.images[part.indices].numpy()[..., 0]
        }
        for part in (narrow.train, narrow.validation, narrow.test)
    ]
    assert sum(map(len, groups)) == len(set.union(*groups))


@pytest.mark.parametrize("few", [20, 120])
def test_the_finals_keep_all_of_a_rare_class(few, cache):
    images = np.random.default_rng(0).integers(0, 256, (1800, 4, 4), np.uint8)
    dataset = from_arrays(images, np.arange(1800) < few, cache=cache)
    kept = len(dataset.narrowed().validation)
    assert kept == (len(dataset.validation) if few == 20 else len(dataset.validation) // 2)


def faults(root: Path, draw) -> dict[str, tuple[str, str, str]]:
    draw(root / "split" / "train" / "a" / "p1_0.png", 1)
    draw(root / "split" / "train" / "b" / "p2_0.png", 2)
    draw(root / "split" / "test" / "a" / "p1_1.png", 3)
    np.savez(root / "one.npz", x=noise(4), y=[0, 1, 0, 1], g=[1, 1, 1, 1])
    return {
        "divided": (f"{root}/split", r"p\d", "1 groups are in more than one part of the source"),
        "no group": (f"{root}/split", "q.", "data.groups 'q.' finds no group in this path"),
        "no expression": (f"{root}/split", "(", "data.groups: not a regular expression"),
        "no array": (
            f"{root}/one.npz",
            "patients",
            "no array 'patients' of groups; found x, y, g",
        ),
        "one group": (f"{root}/one.npz", "g", "each class keeps at least one group for training"),
        "published": ("digits", "x", "digits has no groups"),
    }


@pytest.mark.parametrize(
    "fault", ["divided", "no group", "no expression", "no array", "one group", "published"]
)
def test_what_cannot_be_grouped_is_told(fault, tmp_path, draw, cache):
    source, groups, text = faults(tmp_path, draw)[fault]
    with pytest.raises(DataError) as caught:
        open_data(DataOptions(source=source, groups=groups), cache=cache)
    assert text in str(caught.value)


def test_a_table_without_the_column_or_the_group(tmp_path, draw, cache):
    table(tmp_path, draw)
    with pytest.raises(DataError, match="expected a column 'doctor', found 'path', 'label'"):
        open_data(DataOptions(source=f"{tmp_path}/rows.csv", groups="doctor"), cache=cache)
    with (tmp_path / "rows.csv").open("a") as file:
        file.write("\n1.png,1,9\n2.png,2,\n")
    with pytest.raises(DataError) as caught:
        open_data(DataOptions(source=f"{tmp_path}/rows.csv", groups="patient"), cache=cache)
    assert "has another label, part or group on line 3" in str(caught.value)
    assert "the group is missing" in str(caught.value)
