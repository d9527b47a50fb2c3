"""The audit finds everything at once and raises for nothing that can be shown."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from autocnn.data import DataOptions, Suspect, audit, near_duplicates, open_data
from autocnn.errors import DataError


def test_audit_of_digits_agrees_with_opening(cache):
    options = DataOptions(source="digits")
    found, dataset = audit(options, cache=cache), open_data(options, cache=cache)
    assert found.counts == dataset.counts
    assert found.preprocessing == dataset.preprocessing
    assert (found.images, found.gray, found.sizes) == (1797, 1797, 1)
    assert (found.copies, found.leaks, found.conflicts) == (0, 0, 0)
    assert found.problems == ()
    assert sorted(path.name for path in cache.iterdir()) == ["datasets", "stamps"]


def test_audit_lists_all_problems(photos, draw, cache):
    draw(photos / "cat" / "same.png", 103)
    draw(photos / "cat" / "large.png", 5, (20, 30), "RGB")
    draw(photos / "cat" / "copy.png", 1)
    (photos / "dog" / "bad.png").write_bytes(b"no image")
    (photos / "Dog").mkdir()
    found = audit(DataOptions(source=str(photos), size=8), cache=cache)
    assert found.classes == ("Dog", "cat", "dog")
    assert (found.images, found.copies, found.conflicts) == (24, 2, 2)
    assert (found.smallest, found.largest, found.sizes) == ((8, 8), (20, 30), 2)
    assert {problem.rule for problem in found.problems} == {"D08", "D29"}
    written = json.loads(json.dumps(found.to_json()))
    assert written["problems"][0].endswith("[D29]")


def test_audit_counts_leaks(tmp_path, draw, cache):
    for part, count in (("train", 8), ("test", 3)):
        for label, name in enumerate(("a", "b")):
            for index in range(count):
                draw(tmp_path / part / name / f"{index}.png", 100 * label + index)
    found = audit(DataOptions(source=str(tmp_path)), cache=cache)
    assert found.leaks == 6
    assert found.notes[0].startswith("6 training images are also in the test part, kept")


def test_audit_needs_a_source(tmp_path):
    with pytest.raises(DataError, match="neither a known data set"):
        audit(DataOptions(source="nothing"), base=tmp_path)


def scene(seed: int, size: int = 64) -> Image.Image:
    """Something smooth, as photographs are."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC)


def test_near_duplicates_are_found_whatever_was_done_to_them(tmp_path, cache):
    folder = tmp_path / "set"
    for part, name in (("train", "a"), ("train", "b"), ("test", "a"), ("test", "b")):
        (folder / part / name).mkdir(parents=True)
    for seed in range(12):
        scene(seed).save(folder / "train" / "ab"[seed % 2] / f"{seed}.png")
    scene(0).save(folder / "test" / "a" / "compressed.jpg", quality=70)
    ImageEnhance.Brightness(scene(1)).enhance(0.8).save(folder / "test" / "b" / "darker.png")
    scene(2).resize((40, 40)).save(folder / "test" / "a" / "smaller.png")
    scene(50).save(folder / "test" / "b" / "other.png")
    scene(51).convert("L").convert("RGB").save(folder / "train" / "a" / "gray.png")
    scene(51).save(folder / "train" / "a" / "coloured.png")
    found = audit(DataOptions(source=str(folder), size=48, channels=3), cache=cache)
    pairs = {frozenset((Path(near.first).name, Path(near.second).name)) for near in found.near}
    assert {
        frozenset(("0.png", "compressed.jpg")),
        frozenset(("1.png", "darker.png")),
        frozenset(("2.png", "smaller.png")),
    } == pairs
    assert (found.near_pairs, found.near_leaks, found.copies) == (3, 3, 0)
    assert all(0.98 <= near.alike <= 1 for near in found.near)


def test_flat_images_are_not_near(tmp_path, cache):
    levels = np.arange(0, 250, 10, dtype=np.uint8)
    flat = np.broadcast_to(levels[:, None, None], (25, 8, 8)).copy()
    flat[:12, 0, 0] += 1
    np.savez(tmp_path / "flat.npz", x=flat, y=np.arange(25) % 2)
    found = audit(DataOptions(source=str(tmp_path / "flat.npz")), cache=cache)
    assert found.copies == 0
    assert {near for near in found.near if near.alike < 0.98} == set()
    names = {name for near in found.near for name in near[:2]}
    assert not names & {f"all[{row}]" for row in range(12, 25)}


def test_of_many_images_those_of_equal_hashes_are_compared(monkeypatch, tmp_path, cache):
    images = np.stack([np.asarray(scene(seed, 16)) for seed in range(30)])
    images = np.concatenate([images, images[:3] ^ 1])
    np.savez(tmp_path / "x.npz", x=images, y=np.arange(33) % 2)
    options = DataOptions(source=str(tmp_path / "x.npz"))
    all_pairs = audit(options, cache=cache).near
    monkeypatch.setattr(near_duplicates, "MOST_COMPARED", 10)
    assert len(all_pairs) == 3
    assert set(audit(options, cache=cache).near) <= set(all_pairs)


def test_modes_sizes_and_unreadable_files_are_told(photos, draw, cache):
    draw(photos / "cat" / "colour.png", 5, (20, 30), "RGB")
    (photos / "dog" / "bad.png").write_bytes(b"no image")
    found = audit(DataOptions(source=str(photos), size=8), cache=cache)
    assert found.modes == {"L": 20, "RGB": 1}
    reason = found.unreadable["dog/bad.png"]
    assert list(found.unreadable) == ["dog/bad.png"]
    assert reason.startswith("not an image of these formats")
    assert found.to_json()["unreadable"] == {"dog/bad.png": reason}


@pytest.fixture
def dirty(photos, draw) -> Path:
    """Bad, equal and contradicting images beside the others."""
    (photos / "dog" / "bad.png").write_bytes(b"no image")
    draw(photos / "cat" / "copy.png", 1)
    draw(photos / "cat" / "a dog, perhaps.png", 103)
    return photos


@pytest.mark.parametrize("place", ["photos/clean.csv", "clean.csv", "elsewhere/clean.csv"])
def test_the_cleaned_table_can_be_opened(place, dirty, tmp_path, cache):
    options = DataOptions(source=str(dirty))
    with pytest.raises(DataError):
        open_data(options, cache=cache)
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    suspects = {"dog/5.png": Suspect("dog", "cat", 0.1, 0.8)}
    found = audit(options, cache=cache, clean=file, suspects=suspects)
    cleaned = open_data(DataOptions(source=f"csv:{file}", root=found.root), cache=cache)
    names = {
        name
        for part in (cleaned.train, cleaned.validation, cleaned.test)
        for name in cleaned.names(part)
    }
    assert {Path(name).name for name in names} >= {"0.png", "9.png"}
    # 23 less the bad one, a copy, both of the image under two classes, and the suspect.
    assert len(names) == 18
    assert not any(name.endswith(("bad.png", "dog/3.png", "dog/5.png")) for name in names)
    assert any(name.endswith("cat/1.png") for name in names)
    assert (found.root == str(file.parent)) == (place != "elsewhere/clean.csv")


def test_the_cleaned_table_leaves_out_what_it_cannot_name(photos, draw, tmp_path, cache):
    draw(photos / "cat" / 'comma, "quote"\nand line.png', 50)
    draw(photos / "cat" / "=formula.png", 51)
    try:
        os.link(photos / "cat" / "1.png", os.fsencode(photos / "cat") + b"/0\xff.png")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (photos / "cat" / "1.png").unlink()
    file = tmp_path / "clean.csv"
    found = audit(DataOptions(source=str(photos)), cache=cache, clean=file)
    assert "a table cannot name 1 images: cat/0\\xff.png" in found.notes
    assert audit(DataOptions(source=str(file)), cache=cache).images == 21


def test_of_equal_images_that_of_the_held_out_part_stays(tmp_path, draw, cache):
    for part, count in (("train", 8), ("test", 3)):
        for label, name in enumerate(("a", "b")):
            for index in range(count):
                draw(tmp_path / "set" / part / name / f"{index}.png", 100 * label + index)
    file = tmp_path / "clean.csv"
    audit(DataOptions(source=str(tmp_path / "set")), cache=cache, clean=file)
    rows = file.read_text().splitlines()
    assert rows[0] == "path,label,part"
    assert sum(row.endswith(",test") for row in rows) == 6
    assert sum(row.endswith(",train") for row in rows) == 10
    cleaned = open_data(DataOptions(source=str(file)), cache=cache)
    assert cleaned.counts["test"] == (3, 3)


def test_where_no_image_can_be_read_the_table_says_why(tmp_path, cache):
    (tmp_path / "labels.csv").write_text("path,label\n,cat\n1.png,cat\n")
    with pytest.raises(DataError) as caught:
        audit(DataOptions(source=str(tmp_path / "labels.csv")), cache=cache)
    told = [(problem.line, problem.rule) for problem in caught.value.problems]
    assert told == [(2, "D27"), (3, "D27"), (0, "D01"), (0, "D24")]


def test_what_cannot_be_listed_is_told(photos, tmp_path, cache):
    with pytest.raises(DataError, match="only images in files of their own can be listed"):
        audit(DataOptions(source="digits"), cache=cache, clean=tmp_path / "clean.csv")
    (photos / "cat").rename(photos / "NaN")
    with pytest.raises(DataError, match="a table cannot name the classes NaN"):
        audit(DataOptions(source=str(photos)), cache=cache, clean=tmp_path / "clean.csv")
    with pytest.raises(DataError, match="No such file or directory"):
        audit(DataOptions(source="digits"), cache=cache, sheet=tmp_path / "no" / "sheet.html")


def test_the_sheet_shows_examples_and_findings(dirty, tmp_path, cache):
    (dirty / "cat").rename(dirty / "<script>")
    suspects = {
        "dog/5.png": Suspect("dog", "<script>", 0.1, 0.8),
        "gone.png": Suspect(*"ab", 0, 1),
    }
    file = tmp_path / "sheet.html"
    audit(DataOptions(source=str(dirty)), cache=cache, sheet=file, suspects=suspects)
    page = file.read_text()
    assert "<script" not in page
    assert "<h2>&lt;script&gt;</h2>" in page
    for heading in (
        "dog",
        "Doubtful labels",
        "Equal images under different classes",
        "Equal images",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<figure>") == page.count("data:image/png;base64,") == 12 + 10 + 1 + 2 + 4
