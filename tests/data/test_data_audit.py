"""The audit finds everything at once and raises for nothing that can be shown."""

import json

import pytest

from autocnn.data import DataOptions, audit, open_data
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
