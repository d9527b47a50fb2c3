"""A CSV file with a path and labels in each row."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections import defaultdict
from pathlib import Path

from autocnn.data.files import FileItems
from autocnn.data.items import Group, Listing
from autocnn.data.sources.folder import PART_FOLDERS
from autocnn.data.sources.source import Progress, Source, file_stamp
from autocnn.data.tasks import Task
from autocnn.data.tasks.task import Cells
from autocnn.errors import DataError, Problem

COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "image_path"),
    "label": ("label", "class", "target", "category"),
    "part": ("part", "split", "subset", "set"),
}
MOST_BYTES = 256 << 20
MISSING = ("", "nan")
"""What no label is written as."""
NO_NAMES = (*MISSING, "null", "none", "na", "n/a")
"""What no file and no group is called."""


class Table(Source):
    """Rows of `path`, label and perhaps `part`, separated by comma, semicolon or tab.

    Everything is text: `007` and `7` would be two classes, and are refused together. Paths are
    relative to `root`, by default the table's folder, and must stay inside it. The column
    `groups` names what must stay in one part. The task says in which columns labels are.
    """

    def __init__(
        self, path: Path, task: Task, root: Path | None = None, groups: str | None = None
    ):
        self.title = f"csv:{path}"
        self._path, self._task = path, task
        self._root = root or path.parent
        self._groups = groups.strip().lower() if groups else None
        self._rows: dict[str, tuple[str, Cells, int]] = {}
        self._labels: dict[str, int] = {}
        self._keys: dict[str, str] = {}
        self._notes: list[str] = []
        self._problems: list[Problem] = []
        self._read(_text(path))

    def stamp(self) -> str:
        files = [self._root / name for name in self._rows]
        rows = "\n".join(
            "\0".join((name, part, *cells, self._keys.get(name, "")))
            for name, (part, cells, _) in self._rows.items()
        )
        return f"{rows}\n{file_stamp(path for path in files if os.path.isfile(path))}"

    def read(self, progress: Progress) -> Listing:
        problems = list(self._problems)
        missing = [name for name in self._rows if not os.path.isfile(self._root / name)]
        problems += [
            self._problem("D27", f"no such file: {self._root / name}", self._rows[name][2])
            for name in missing
        ]
        parts: dict[str, list[str]] = defaultdict(list)
        for name, (part, _, _) in self._rows.items():
            parts[part].append(name)
        if not self._rows and not problems:
            problems.append(self._problem("D01", "no rows below the header", 1))
        if "all" in parts and len(parts) > 1:
            line = self._rows[parts["all"][0]][2]
            problems.append(self._problem("D27", "no part, where other rows have one", line))
        elif parts and not {"all", "train"} & set(parts):
            text = "no row of the train part; rows of one part need no column for it"
            raise DataError(*problems, self._problem("D27", text, 1))
        cells = {part: [self._rows[name][1] for name in names] for part, names in parts.items()}
        encoded = self._task.from_text(cells, tuple(self._labels))
        for rule, text, part, row in encoded.faults:
            line = self._rows[parts[part][row]][2] if row >= 0 else 0
            problems.append(self._problem(rule, text, line))
        groups = {}
        for part, names in parts.items():
            keys = tuple(self._keys[name] for name in names) if self._groups else None
            groups[part] = Group(FileItems(self._root, names), encoded.labels[part], keys)
        notes = (*self._notes, *encoded.notes)
        return Listing(encoded.names, groups, notes=notes, problems=tuple(problems))

    def _read(self, text: str) -> None:
        if "\n" not in text:
            text = text.replace("\r", "\n")  # as old programs for the Macintosh end lines
        header, _, _ = text.partition("\n")
        delimiter = max(",;\t", key=header.count)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        try:
            names = [name.strip().lower() for name in next(reader, [])]
            columns = self._columns(names)
            repeated = 0
            for row in reader:
                if any(cell.strip() for cell in row):
                    repeated += self._add(row, len(names), columns, reader.line_num)
        except csv.Error as error:
            raise DataError(self._problem("D27", str(error), reader.line_num)) from error
        if repeated:
            self._notes.append(f"{repeated} repeated rows left out")

    def _columns(self, names: list[str]) -> dict[str, int]:
        columns = {}
        given = {f"label {name}": name.strip().lower() for name in self._task.label_columns}
        wanted = {
            thing: tuple(word for word in words if word not in given.values())
            for thing, words in COLUMNS.items()
        }
        wanted |= {"group": (self._groups,)} if self._groups else {}
        wanted["label"] = (*self._task.usual_columns, *COLUMNS["label"])
        if given:
            del wanted["label"]
            wanted |= {thing: (word,) for thing, word in given.items()}
        for thing, words in wanted.items():
            found = [word for word in words if word in names]
            if found and names.count(found[0]) > 1:
                text = f"more than one column {found[0]!r}"
                self._problems.append(self._problem("D27", text, 1))
            elif found:
                columns[thing] = names.index(found[0])
            elif thing != "part":
                shown = ", ".join(repr(name) for name in names) or "nothing"
                others = f" ({', '.join(words[1:])})" if words[1:] else ""
                text = f"expected a column {words[0]!r}{others}, found {shown}"
                self._problems.append(self._problem("D27", text, 1))
        if self._problems:
            raise DataError(*self._problems)
        labels = {name: columns[f"label {name}"] for name in self._task.label_columns}
        self._labels = labels or {names[columns["label"]]: columns["label"]}
        return columns

    def _add(self, row: list[str], width: int, columns: dict[str, int], line: int) -> bool:
        """Add a row; returns whether it repeats an earlier one."""
        if len(row) != width:
            text = f"expected {width} cells as in the header, got {len(row)}"
            self._problems.append(self._problem("D27", text, line))
            return False
        path = row[columns["path"]].strip()
        labels = [unicodedata.normalize("NFC", row[at].strip()) for at in self._labels.values()]
        part = row[columns["part"]].strip().lower() if "part" in columns else ""
        key = row[columns["group"]].strip() if self._groups else "-"
        named = [(label, "label") for label in labels if label or not self._task.may_be_empty]
        for cell, what in ((path, "path"), *named, (key, "group")):
            if cell.lower() in (MISSING if what == "label" else NO_NAMES):
                self._problems.append(self._problem("D27", f"the {what} is missing", line))
                return False
        if part and part not in PART_FOLDERS:
            text = f"expected train, validation or test, got {part!r}"
            self._problems.append(self._problem("D27", text, line))
            return False
        name = os.path.normpath(path)
        if os.path.isabs(name):
            name = os.path.relpath(name, self._root)
        if not self._contains(name):
            text = f"{path!r} is outside {self._root}; data.root names another folder"
            self._problems.append(self._problem("D27", text, line))
            return False
        entry = (PART_FOLDERS[part] if part else "all", tuple(labels), line)
        first = self._rows.setdefault(name, entry)
        if first is entry:
            self._keys[name] = key
            return False
        if first[:2] != entry[:2] or self._keys[name] != key:
            text = f"{path!r} has another label, part or group on line {first[2]}"
            self._problems.append(self._problem("D26", text, line))
            return False
        return True

    def _contains(self, name: str) -> bool:
        if "\0" in name:
            return False
        root = os.path.realpath(self._root)
        return os.path.realpath(self._root / name).startswith(root.rstrip(os.sep) + os.sep)

    def _problem(self, rule: str, text: str, line: int) -> Problem:
        return Problem(rule, text, file=str(self._path), line=line)


def _text(path: Path) -> str:
    """The table's text, from UTF-8 with or without a byte order mark."""
    if path.stat().st_size > MOST_BYTES:
        raise DataError(Problem("D27", f"larger than {MOST_BYTES >> 20} MiB", str(path)))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(Problem("D27", f"not UTF-8 at byte {error.start}", str(path))) from error
    if not text.strip():
        raise DataError(Problem("D27", "the table is empty", str(path)))
    return text
