"""A folder with one sub-folder of images for each class, with or without train and test."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from autocnn.data.files import FileItems, printable
from autocnn.data.items import Group, Listing
from autocnn.data.sources.keys import find_keys
from autocnn.data.sources.source import Progress, Source
from autocnn.data.sources.walk import Walk, walk
from autocnn.errors import DataError, Problem

PART_FOLDERS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
LAYOUT = (
    "expected FOLDER/CLASS/IMAGE, or FOLDER/train/CLASS/IMAGE with test and perhaps val beside"
)


class Folder(Source):
    """`root/class/image`, or `root/train/class/image` with `val` and `test` beside `train`.

    Images may lie at any depth below their class. Classes are in order of code points, their
    names in Unicode's composed form (NFC). `groups` finds in paths what must stay in one part.
    """

    def __init__(self, root: Path, groups: re.Pattern[str] | None = None):
        self.title = f"folder:{root}"
        self._root, self._groups = root, groups
        self._walk: Walk = walk(root)

    def stamp(self) -> str:
        names = [os.fsencode(name).hex() for name in self._walk.files]
        folders = [os.fsencode(name).hex() for name in self._walk.folders]
        stamps = self._walk.stamps
        return "\n".join([*folders, *(f"{n} {s}" for n, s in zip(names, stamps, strict=True))])

    def read(self, progress: Progress) -> Listing:
        found = self._walk
        tops = [name for name in found.folders if "/" not in name]
        parts, passed = self._parts(tops)
        by_part = "" not in parts
        problems = list(found.problems)
        if not tops or not found.files:
            raise DataError(self._no_classes("", found.notes()))

        classes = self._classes(next(top for top, p in parts.items() if p in ("train", "all")))
        problems += _same_but_for_spelling(classes)
        numbers = {name: number for number, name in enumerate(sorted(set(classes.values())))}
        rows: dict[str, list[tuple[str, int]]] = defaultdict(list)
        unknown: dict[str, str] = {}
        outside = 0
        for name in found.files:
            top, _, rest = name.partition("/") if by_part else ("", "", name)
            folder, slash, _ = rest.partition("/")
            if not slash:
                outside += 1
                continue
            number = numbers.get(_composed(folder))
            if number is None:
                unknown[f"{top}/{folder}"] = parts[top]
            else:
                rows[parts[top]].append((name, number))
        problems += [
            Problem("D30", f"the {part} part has a class that train has not", printable(path))
            for path, part in unknown.items()
        ]
        problems += [
            self._no_classes(top)
            for top, part in parts.items()
            if part not in rows and not unknown
        ]
        notes = [*found.notes(), *passed]
        if outside:
            notes.append(f"{outside} images outside any class folder passed over")
        found_groups = {part: self._group(named, problems) for part, named in rows.items()}
        return Listing(
            tuple(numbers),
            found_groups,
            notes=tuple(notes),
            problems=tuple(problems),
        )

    def _no_classes(self, top: str, notes: Sequence[str] = ()) -> Problem:
        """That a folder has none, and where a table may say the labels of its images."""
        folder = self._root / top
        hints = [f"no class folders with images: {LAYOUT}", *notes]
        if tables := [*sorted(folder.glob("*.csv")), *sorted(self._root.glob("*.csv"))]:
            hints.append(f"labels in a table are read as csv:{printable(str(tables[0]))}")
        return Problem("D01", "; ".join(hints), str(folder))

    def _parts(self, tops: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """The part of each folder of classes, and remarks on folders passed over beside them."""
        words = {name: PART_FOLDERS.get(name.lower()) for name in tops}
        parts = {name: part for name, part in words.items() if part}
        others = [name for name in tops if name not in parts]
        deep = {name.partition("/")[0] for name in self._walk.files if name.count("/") > 1}
        known = {part for name, part in parts.items() if name in deep}
        if tops and not others and known == set(parts.values()) and "train" not in known:
            text = f"folders of classes in {', '.join(parts)}, and no train beside"
            raise DataError(Problem("D30", text, str(self._root)))
        if "train" not in parts.values() or (others and not {"train"} < known):
            return {"": "all"}, []
        unknown = ", ".join(printable(name) for name in others if name in deep)
        if unknown:
            text = f"no known part: {unknown}; train, validation and test are known"
            raise DataError(Problem("D30", text, str(self._root)))
        if len(set(parts.values())) < len(parts):
            names = ", ".join(parts)
            raise DataError(Problem("D30", f"two folders for one part: {names}", str(self._root)))
        return parts, [f"{printable(name)}: without class folders, passed over" for name in others]

    def _classes(self, top: str) -> dict[str, str]:
        """Class folders below `top` with their composed names."""
        prefix = f"{top}/" if top else ""
        below = [n[len(prefix) :] for n in self._walk.folders if n.startswith(prefix)]
        return {name: _composed(name) for name in below if "/" not in name}

    def _group(self, named: list[tuple[str, int]], problems: list[Problem]) -> Group:
        names = [name for name, _ in named]
        labels = np.array([number for _, number in named], np.int64)
        keys = find_keys(self._groups, names, problems) if self._groups else None
        return Group(FileItems(self._root, names), labels, keys)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", printable(name))


def _same_but_for_spelling(classes: Mapping[str, str]) -> list[Problem]:
    """Folder names that another machine would take for one, or cannot be written."""
    problems = []
    seen: dict[str, str] = {}
    for folder, name in classes.items():
        if printable(folder) != folder:
            problems.append(Problem("D28", "the class name is not UTF-8", printable(folder)))
        other = seen.setdefault(name.casefold(), folder)
        if other != folder:
            same = classes[other] == name
            rule, how = ("D28", "Unicode form") if same else ("D29", "upper and lower case")
            text = f"two classes that differ only in {how}: {other!r} and {folder!r}"
            problems.append(Problem(rule, text, printable(folder)))
    return problems
