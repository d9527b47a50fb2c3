"""CSV tables and what is odd about them (row D27)."""

from pathlib import Path

import pytest

from autocnn.data import DataOptions, open_data
from autocnn.errors import DataError

ROWS = [(f"{name}/{index}.png", name) for name in ("cat", "dog") for index in range(10)]


def table(folder: Path, rows: list[str], header: str = "path,label") -> Path:
    file = folder / "labels.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def opened(file: Path, cache: Path, **options: object):
    return open_data(DataOptions(source=f"csv:{file}", **options), cache=cache)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_marks_and_column_names(photos, cache, delimiter):
    file = table(photos, [delimiter.join(row) for row in ROWS], delimiter.join(("File", "CLASS")))
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    dataset = open_data(DataOptions(source=str(file)), cache=cache)
    assert dataset.classes == ("cat", "dog")
    assert sum(sum(counts) for counts in dataset.counts.values()) == 20


def test_parts_and_root(photos, tmp_path, cache):
    parts = ["train"] * 7 + ["val", "Test", "test"]
    rows = [f"{path},{label},{parts[i % 10]}" for i, (path, label) in enumerate(ROWS)]
    file = table(tmp_path, rows, "path,label,split")
    dataset = opened(file, cache, root=str(photos))
    assert dataset.counts == {"train": (7, 7), "validation": (1, 1), "test": (2, 2)}


def test_repeated_rows_are_left_out(photos, cache):
    rows = [",".join(row) for row in ROWS]
    dataset = opened(table(photos, [*rows, rows[0], "./cat/1.png,cat", ""]), cache)
    assert dataset.notes == ("2 repeated rows left out",)


def test_absolute_paths_inside_the_root(photos, cache):
    rows = [f"{photos / path},{label}" for path, label in ROWS]
    assert len(opened(table(photos, rows), cache).train) == 14


FAULTS = {
    "cat/1.png,": (22, "the label is missing"),
    ",cat": (22, "the path is missing"),
    "cat/1.png,NaN": (22, "the label is missing"),
    "nan,cat": (22, "the path is missing"),
    "cat/1.png": (22, "expected 2 cells as in the header, got 1"),
    "cat/77.png,cat": (22, "no such file"),
    "/etc/passwd,cat": (22, "'/etc/passwd' is outside"),
    "../x.png,cat": (22, "'../x.png' is outside"),
    "cat/1.png,dog": (22, "has another label, part or group on line 3"),
}


@pytest.mark.parametrize("row", FAULTS)
def test_faulty_row_is_named_by_line(photos, cache, row):
    line, text = FAULTS[row]
    file = table(photos, [*(",".join(r) for r in ROWS), row])
    with pytest.raises(DataError) as caught:
        opened(file, cache)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(file), line)
    assert text in problem.text


def test_all_faults_come_at_once(photos, cache):
    with pytest.raises(DataError) as caught:
        opened(table(photos, [*(",".join(r) for r in ROWS), *FAULTS]), cache)
    assert len(caught.value.problems) == len(FAULTS)


@pytest.mark.parametrize(
    "pair", [("none", "NA"), ("0E1", "0E2"), ("1_0", "10"), ("2" * 20, "2" * 19 + "3")]
)
def test_odd_names_of_classes(photos, cache, pair):
    rows = [f"{path},{pair[label == 'dog']}" for path, label in ROWS]
    assert opened(table(photos, rows), cache).classes == tuple(sorted(pair))


def test_numbers_are_plain(photos, cache):
    cells = ("23_0", "0x1", "\u0661", "1e999", "-.5", "+2.", "3.5E-1")
    rows = [f"{path},{cell}" for (path, _), cell in zip(ROWS, cells, strict=False)]
    with pytest.raises(DataError) as caught:
        opened(table(photos, rows), cache, task="regression")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]


@pytest.mark.parametrize("pair", [("1", "1.0"), ("7", "007")])
def test_one_number_written_in_two_ways(photos, cache, pair):
    rows = [f"{path},{pair[label == 'dog']}" for path, label in ROWS]
    with pytest.raises(DataError, match="are the same number"):
        opened(table(photos, rows), cache)


def test_leading_zeros_are_kept(photos, cache):
    rows = [f"{path},{'007' if label == 'dog' else '10'}" for path, label in ROWS]
    assert opened(table(photos, rows), cache).classes == ("007", "10")


def test_values_are_no_classes(photos, cache):
    def labelled(cells: list[str]) -> Path:
        return table(photos, [f"{path},{cells[at]}" for at, (path, _) in enumerate(ROWS)])

    for cells in (["0.37", "-1e-3"] * 10, [f"{0.1 * at:.2f}" for at in range(20)]):
        with pytest.raises(
            DataError, match=r"write data: \{task: regression\} \[D36\]$"
        ) as caught:
            opened(labelled(cells), cache)
        assert len(caught.value.problems) == 1
        assert opened(labelled(cells), cache, task="regression").classes == ("label",)
    assert opened(labelled(["1.0", "2.0"] * 10), cache).notes == ()
    assert opened(labelled(["1e999", "7"] * 10), cache).notes == ()
    steps = opened(labelled(["1.5", "2"] * 10), cache)
    assert (steps.classes, "look like numbers" in steps.notes[0]) == (("1.5", "2"), True)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the table is empty"),
        (b"path,label\n", "no rows below the header"),
        (b"path,kind\na,b\n", "expected a column 'label' (class, target, category), found 'path'"),
        (b"path,label,label\ncat/1.png,cat,dog\n", "more than one column 'label'"),
        (b"path,label\ncat/1.png,\xff\n", "not UTF-8 at byte 21"),
        (b'path,label\n"cat/1.png,cat\n', "labels.csv:2: unexpected end of data"),
        (b"path,label\n" + b"x" * 300 + b".png,cat\n", "labels.csv:2: no such file"),
        (b"path,label\ncat,cat\n", "labels.csv:2: no such file"),
        (b"path,label\ncat/1.png," + b"x" * 1001, "label of 1 to 1000 characters, got 'xxx"),
        (b"path,label,part\ncat/1.png,cat,learn\n", "expected train, validation or test"),
        (
            b"path,label,part\ncat/1.png,cat,test\n",
            "no row of the train part; rows of one part need no",
        ),
    ],
)
def test_faulty_table(photos, cache, content, text):
    file = photos / "labels.csv"
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        opened(file, cache)
    assert text in str(caught.value)
    assert str(file) in str(caught.value)


def test_class_only_in_test(photos, cache):
    rows = [f"{path},{label},train" for path, label in ROWS]
    rows[-1] = "dog/9.png,wolf,test"
    with pytest.raises(DataError, match="class 'wolf' has no row of the train part"):
        opened(table(photos, rows, "path,label,part"), cache)


def test_lines_may_end_as_on_old_macintoshes(photos, cache):
    file = table(photos, [f"{path},{label}" for path, label in ROWS])
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r"))
    assert opened(file, cache).classes == ("cat", "dog")


def test_columns_of_labels_may_be_called_as_others_are(photos, cache):
    rows = [f"{path},{at % 2},{at % 3},{at % 10}" for at, (path, _) in enumerate(ROWS)]
    task = {"regression": {"columns": ["part", "group"]}}
    found = opened(
        table(photos, rows, "path,part,group,subject"), cache, task=task, groups="subject"
    )
    both = found.train + found.validation
    assert (found.classes, len(found.test)) == (("part", "group"), 4)
    assert set(both.plain_labels[:, 1]) == {0, 1, 2}
