"""The list of a source's images without those that the audit objects to."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from autocnn.data.files import printable
from autocnn.data.items import Listing
from autocnn.data.sources.table import MISSING
from autocnn.data.tasks import Task
from autocnn.errors import DataError, Problem
from autocnn.whole_file import write_whole


def write_cleaned(
    file: Path, listing: Listing, task: Task, dropped: Mapping[int, str]
) -> tuple[Path, list[str]]:
    """Write a table of path, label and part of all rows but those dropped.

    Returns its root and the images that it cannot name: not in UTF-8, or with a space at an end.
    Rows are counted through the groups of the listing. Paths are relative to the table's own
    folder where all images lie below it, else to the root that is returned, for `data.root`.
    Raises DataError for a source that is no files, OSError where the table cannot be written.
    """
    words = [name for name in listing.classes if name.lower() in MISSING]
    if words:
        thing = task.thing[1]
        text = f"a table cannot name the {thing} {', '.join(words)}: they mean a missing label"
        raise DataError(Problem("D27", text, str(file)))
    rows, unnamed = [], []
    number = 0
    for part, group in listing.groups.items():
        for index in range(len(group.items)):
            path = group.items.path(index)
            if path is None:
                text = "only images in files of their own can be listed"
                raise DataError(Problem("D27", text, group.items.name(index)))
            if number not in dropped and not _writable(path):
                unnamed.append(group.items.name(index))
            elif number not in dropped:
                rows.append((path, task.cells(group.labels[index], listing.classes), part))
            number += 1
    root = _root(file, [path for path, _, _ in rows])
    parts = set(listing.groups) != {"all"}
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["path", *task.headings(listing.classes), *(["part"] if parts else [])])
    for path, labels, part in rows:
        writer.writerow([os.path.relpath(path, root), *labels, *([part] if parts else [])])
    write_whole(file, stream.getvalue().encode())
    return root, unnamed


def _writable(path: Path) -> bool:
    name = str(path)
    return name == name.strip() and printable(name) == name


def _root(file: Path, paths: Sequence[Path]) -> Path:
    own = Path(os.path.realpath(file)).parent
    if not paths or all(path.is_relative_to(own) for path in paths):
        return own
    return Path(os.path.commonpath(paths))
