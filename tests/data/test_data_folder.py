"""Folders of classes: layouts, names, links, pipes, bad files (rows D01 to D24 and D28 to D31)."""

import os
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from autocnn.data import DataOptions, Preprocessing, audit, open_data
from autocnn.data.files import FileItems
from autocnn.data.items import BadImage
from autocnn.errors import DataError


def opened(folder: Path, cache: Path, **options: object):
    return open_data(DataOptions(source=f"folder:{folder}", **options), cache=cache)


def refused(folder: Path, cache: Path, **options: object) -> DataError:
    with pytest.raises(DataError) as caught:
        opened(folder, cache, **options)
    return caught.value


def rules(error: DataError) -> list[str]:
    return [problem.rule for problem in error.problems]


def test_class_folders(photos, draw, cache):
    draw(photos / "cat" / "deep" / "er" / "11.png", 11)
    dataset = opened(photos, cache)
    assert dataset.classes == ("cat", "dog")
    assert dataset.shape == (1, 8, 8)
    assert {part: sum(counts) for part, counts in dataset.counts.items()} == {
        "train": 15,
        "validation": 2,
        "test": 4,
    }


def test_part_folders_with_a_class_missing_from_test(tmp_path, draw, cache):
    seed = 0
    for part, count in (("train", 10), ("val", 3), ("Test", 2)):
        for name in ("b", "a")[: 1 if part == "Test" else 2]:
            for index in range(count):
                seed += 1
                draw(tmp_path / "set" / part / name / f"{index}.png", seed)
    dataset = opened(tmp_path / "set", cache)
    assert dataset.classes == ("a", "b")
    assert dataset.counts == {"train": (10, 10), "validation": (3, 3), "test": (0, 2)}
    assert dataset.notes == ("classes without a test image: a",)
    draw(tmp_path / "set" / "val" / "c" / "0.png", 999)
    error = refused(tmp_path / "set", cache)
    assert "val/c: the validation part has a class that train has not [D30]" in str(error)


def test_a_test_part_is_taken_where_the_source_has_none(tmp_path, draw, cache):
    for seed in range(48):
        part, name = ("train", "train", "train", "val")[seed % 4], "ab"[seed // 4 % 2]
        draw(tmp_path / part / name / f"{seed}.png", seed)
    dataset = opened(tmp_path, cache, test=0.25)
    assert dataset.counts == {"train": (14, 14), "validation": (6, 6), "test": (4, 4)}
    assert opened(tmp_path, cache, test=0.0).test is None


def test_an_unknown_folder_beside_parts(tmp_path, draw, cache):
    for seed in range(40):
        part, name = ("train", "train", "train", "test")[seed % 4], "ab"[seed // 4 % 2]
        draw(tmp_path / part / name / f"{seed}.png", seed)
    draw(tmp_path / "pred" / "1.png", 50)
    (tmp_path / "docs").mkdir()
    dataset = opened(tmp_path, cache)
    assert dataset.counts == {"train": (13, 13), "validation": (2, 2), "test": (5, 5)}
    assert dataset.notes == (
        "docs: without class folders, passed over",
        "pred: without class folders, passed over",
        "1 images outside any class folder passed over",
    )
    draw(tmp_path / "pred" / "a" / "1.png", 51)
    error = refused(tmp_path, cache)
    assert rules(error) == ["D30"]
    assert "no known part: pred; train, validation and test are known" in str(error)


def test_parts_without_a_training_part_are_no_classes(tmp_path, draw, cache):
    for seed in range(12):
        draw(tmp_path / ("val", "test")[seed % 2] / "ab"[seed // 6] / f"{seed}.png", seed)
    error = refused(tmp_path, cache)
    assert rules(error) == ["D30"]
    assert "folders of classes in test, val, and no train beside" in str(error)


def test_a_class_may_be_called_train(tmp_path, draw, cache):
    for label, name in enumerate(("plane", "train")):
        for index in range(5):
            draw(tmp_path / name / f"{index}.png", 10 * label + index)
    assert opened(tmp_path, cache).classes == ("plane", "train")


@pytest.mark.parametrize("layout", ["empty", "only folders", "loose images", "other format"])
def test_no_class_folders_shows_the_layout(tmp_path, draw, cache, layout):
    if layout == "only folders":
        (tmp_path / "set" / "a").mkdir(parents=True)
    elif layout == "other format":
        (tmp_path / "set" / "a").mkdir(parents=True)
        (tmp_path / "set" / "a" / "1.heic").touch()
    elif layout == "loose images":
        draw(tmp_path / "set" / "1.png", 1)
        (tmp_path / "set" / "labels.csv").write_text("path,label\n1.png,a\n")
    else:
        (tmp_path / "set").mkdir()
    error = refused(tmp_path / "set", cache)
    assert rules(error) == ["D01"]
    assert "expected FOLDER/CLASS/IMAGE" in str(error)
    assert ("not of a known image format: .heic" in str(error)) == (layout == "other format")
    table = f"labels in a table are read as csv:{tmp_path}/set/labels.csv"
    assert (table in str(error)) == (layout == "loose images")


def test_one_class_and_an_empty_class(photos, cache):
    (photos / "bird").mkdir()
    error = refused(photos, cache)
    assert rules(error) == ["D03"]
    assert "bird: no training image of a class; data.allow_empty_classes" in str(error)
    allowed = opened(photos, cache, allow_empty_classes=True)
    assert allowed.classes == ("bird", "cat", "dog")
    assert "classes without a training image: bird" in allowed.notes
    (photos / "bird").rmdir()
    (photos / "dog").rename(photos.parent / "dog")
    assert rules(refused(photos, cache)) == ["D02"]


def test_bad_files_by_policy(photos, draw, cache):
    for index in range(100, 300):
        draw(photos / "dog" / f"{index}.png", index)
    cut = photos / "cat" / "cut.jpg"
    Image.effect_noise((64, 64), 50).save(cut)
    cut.write_bytes(cut.read_bytes()[:1500])
    (photos / "dog" / "web.jpg").write_text("<html>404</html>")
    error = refused(photos, cache)
    assert str(error).splitlines()[0] == "cat/cut.jpg: truncated [D06]"
    assert str(error).splitlines()[1].startswith("dog/web.jpg: not an image of these formats")
    dataset = opened(photos, cache, on_bad="skip", size=8)
    assert "2 bad images left out: cat/cut.jpg, dog/web.jpg" in dataset.notes
    assert sum(sum(counts) for counts in dataset.counts.values()) == 220
    for index in range(3):
        (photos / "dog" / f"empty{index}.png").touch()
    error = refused(photos, cache, on_bad="skip", size=8)
    assert "5 of 225 images are bad, more than 1 %" in str(error)


def test_no_readable_image(tmp_path, cache):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"no")
    assert rules(refused(tmp_path, cache)) == ["D01", "D08", "D08"]


def test_what_is_passed_over_is_counted(photos, tmp_path, draw, cache):
    (photos / ".git").mkdir()
    (photos / "cat" / ".DS_Store").touch()
    (photos / "cat" / "Thumbs.db").touch()
    (photos / "cat" / "figure.eps").touch()
    draw(photos / "loose.png", 77)
    os.mkfifo(photos / "cat" / "pipe.png")
    (photos / "cat" / "loop").symlink_to(photos)
    (photos / "cat" / "gone.png").symlink_to(photos / "nothing.png")
    outside = draw(tmp_path / "outside.png", 78)
    (photos / "cat" / "outside.png").symlink_to(outside)
    (photos / "cat" / "away").symlink_to("/usr")
    dataset = opened(photos, cache)
    assert sum(sum(counts) for counts in dataset.counts.values()) == 20
    assert dataset.notes == (
        "1 broken links passed over",
        "1 files passed over, not of a known image format: .db",
        "1 files passed over, not of a known image format: .eps",
        "2 hidden files and folders passed over",
        "2 links that lead outside the folder passed over",
        "1 links to a folder that is seen itself passed over",
        "1 pipes, sockets and devices passed over",
        "1 images outside any class folder passed over",
    )


def test_links_inside_the_folder_are_followed(photos, draw, cache):
    (photos / "cat" / "linked.png").symlink_to(photos / "cat" / "1.png")
    dataset = opened(photos, cache)
    assert sum(sum(counts) for counts in dataset.counts.values()) == 21
    assert "1 copies among the images, never split between parts" in dataset.notes


def test_a_link_takes_no_class_from_its_folder(photos, cache):
    (photos / "cat" / "dogs").symlink_to(photos / "dog")
    dataset = opened(photos, cache)
    assert dataset.classes == ("cat", "dog")
    assert list(map(sum, zip(*dataset.counts.values(), strict=True))) == [10, 10]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folder(photos, cache):
    (photos / "dog").chmod(0)
    try:
        error = refused(photos, cache)
    finally:
        (photos / "dog").chmod(0o700)
    assert "dog: Permission denied [D24]" in str(error)


def test_a_file_may_vanish_before_it_is_decoded(photos):
    items = FileItems(photos, ["cat/0.png"])
    assert items.inspect(0)[0].height == 8
    (photos / "cat" / "0.png").unlink()
    with pytest.raises(BadImage, match="No such file or directory") as caught:
        items.decode(0, Preprocessing(height=8, width=8, channels=1))
    assert caught.value.rule == "D24"


def test_class_names_are_composed_and_kept_apart(photos, draw, cache):
    composed = unicodedata.normalize("NFC", "Müsli 🥣")
    (photos / "cat").rename(photos / unicodedata.normalize("NFD", composed))
    assert opened(photos, cache).classes == (composed, "dog")
    draw(photos / composed / "1.png", 55)
    assert rules(refused(photos, cache)) == ["D28"]


def test_class_names_that_differ_in_case(photos, draw, cache):
    draw(photos / "Cat" / "1.png", 55)
    error = refused(photos, cache)
    assert "differ only in upper and lower case: 'Cat' and 'cat' [D29]" in str(error)


def test_names_that_are_not_utf8(photos, draw, cache):
    raw = os.fsencode(photos / "cat") + b"/\xff.png"
    os.rename(photos / "cat" / "1.png", raw)
    (photos / "cat" / "2.png").write_bytes(b"")
    Path(os.fsdecode(raw)).write_bytes(b"")
    error = refused(photos, cache)
    str(error).encode()
    assert "cat/\\udcff.png: the file is empty [D08]" in str(error) or "cat/\\xff.png" in str(
        error
    )
    os.rename(os.fsencode(photos / "cat"), os.fsencode(photos) + b"/c\xff")
    error = refused(photos, cache)
    assert rules(error) == ["D28"]
    assert "c\\xff: the class name is not UTF-8" in str(error)
    found = audit(DataOptions(source=str(photos), on_bad="skip"), cache=cache)
    assert "D28" in [problem.rule for problem in found.problems]
    assert found.classes == ("c\\xff", "dog")


def test_default_size_and_channels(tmp_path, draw, cache):
    for index in range(12):
        size = (40 + index, 90)
        draw(tmp_path / "abc"[index % 3] / f"{index}.png", index, size, "RGB")
    dataset = opened(tmp_path, cache)
    assert dataset.shape == (3, 48, 48)
    assert dataset.notes[0].startswith("images of 40x90 to 51x90 are brought to 48x48 by fit crop")
    assert opened(tmp_path, cache, size=[20, 30], channels=1).shape == (1, 20, 30)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((30, 50), (30, 50)), ((96, 96), (96, 96)), ((200, 300), (96, 96)), ((5, 7), (5, 7))],
)
def test_default_size_of_equal_images(tmp_path, draw, cache, size, expected):
    for index in range(8):
        draw(tmp_path / "ab"[index % 2] / f"{index}.png", index, size)
    assert opened(tmp_path, cache).shape == (1, *expected)


def test_gray_and_colour_mixed(photos, draw, cache):
    draw(photos / "cat" / "colour.png", 5, mode="RGB")
    dataset = opened(photos, cache)
    assert dataset.shape == (3, 8, 8)
    assert dataset.notes == ("20 gray and 1 colour images, all taken as colour",)
    assert len(dataset.mean) == len(dataset.std) == 3
    for index in range(100):
        draw(photos / "dog" / f"more{index}.png", 300 + index)
    assert opened(photos, cache).notes == ("120 gray and 1 colour images, all taken as gray",)


def test_pixels_and_labels_belong_together(tmp_path, cache):
    for index in range(30):
        path = tmp_path / f"c{index % 3}" / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4), 80 * (index % 3) + index).save(path)
    dataset = opened(tmp_path, cache)
    for part in (dataset.train, dataset.validation, dataset.test):
        images = part.images[part.indices].long()
        assert (images[:, 0, 0, 0] - 80 * part.labels).remainder(3).eq(part.labels).all()
        assert len(part) > 0


def test_images_without_labels(photos, draw, cache, tmp_path):
    more = tmp_path / "more"
    for seed in range(50, 56):
        draw(more / "deep" / f"{seed}.png", seed)
    (more / "copy.png").write_bytes(next(photos.rglob("*.png")).read_bytes())
    plain = opened(photos, cache)
    dataset = opened(photos, cache, unlabelled=str(more))
    assert plain.unlabelled is None
    assert len(dataset.unlabelled) == 6
    assert dataset.to_json()["images"]["unlabelled"] == 6
    assert dataset.unlabelled.images.shape == (6, 8, 8, 1)
    assert "6 images without labels, for pretraining" in dataset.notes
    assert "1 images without labels left out: also among the labelled ones" in dataset.notes
    assert len(type(dataset).map(dataset.reference).unlabelled) == 6
    (dataset.folder / "unlabelled.npy").unlink()
    assert len(opened(photos, cache, unlabelled=str(more)).unlabelled) == 6
    draw(more / "57.png", 57)
    longer = opened(photos, cache, unlabelled=str(more))
    assert len({plain.fingerprint, dataset.fingerprint, longer.fingerprint}) == 3
    assert (longer.mean, longer.classes) == (plain.mean, plain.classes)


def test_images_without_labels_that_cannot_serve(photos, tmp_path, cache):
    assert rules(refused(photos, cache, unlabelled=str(tmp_path / "none"))) == ["D01"]
    (tmp_path / "some").mkdir()
    assert rules(refused(photos, cache, unlabelled=str(tmp_path / "some"))) == ["D01"]
    (tmp_path / "some" / "a.png").write_bytes(next(photos.rglob("*.png")).read_bytes())
    assert rules(refused(photos, cache, unlabelled=str(tmp_path / "some"))) == ["D25"]
    (tmp_path / "some" / "b.png").write_text("no image")
    error = refused(photos, cache, unlabelled=str(tmp_path / "some"))
    assert (rules(error), "b.png" in str(error)) == (["D08"], True)
