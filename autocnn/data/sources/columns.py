"""Tables of encoded images: parquet files and data sets that Hugging Face's `datasets` saved."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autocnn.data.encoded import EncodedItems
from autocnn.data.items import Group, Listing
from autocnn.data.sources.folder import PART_FOLDERS
from autocnn.data.sources.label_columns import LABELS, label_columns, rows_of
from autocnn.data.sources.source import Progress, Source, file_stamp
from autocnn.data.tasks import Classification, Task
from autocnn.data.tasks.task import VALUES
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

UNLABELLED = -1
"""What `datasets` gives images of parts whose labels are kept secret."""


class Columns(Source):
    """Files with a column of encoded images and a column of labels, in parts named by the files.

    Classes are numbers with or without names, or text; several labels are lists of these, text
    with separators or columns of 0 and 1. The column `groups` names what must stay in one part.
    Images are read from the files when their turn comes.
    """

    form: str

    def __init__(self, path: Path, task: Task, groups: str | None = None):
        try:
            import pyarrow as _  # noqa: F401
        except ImportError as error:
            hint = "reading it needs pyarrow: pip install 'autocnn[datasets]'"
            raise DataError(Problem("D01", hint, str(path))) from error
        self.title = f"{self.form}:{path}"
        self._path, self._task, self._groups = path, task, groups
        self._files = self.find(path)
        if not self._files:
            raise DataError(Problem("D01", f"no {self.form} files", str(path)))

    @staticmethod
    @abstractmethod
    def find(path: Path) -> list[tuple[str, Path]]:
        """The files with the word for the part of each, which may be none of the known ones."""

    @abstractmethod
    def open(self, file: Path) -> tuple[pa.Schema, list[int], Any]:
        """The schema, rows of each piece, and a function from piece and column to its values.

        Raises pyarrow.ArrowException or OSError.
        """

    def stamp(self) -> str:
        return file_stamp(file for _, file in self._files)

    def read(self, progress: Progress) -> Listing:
        import pyarrow as pa

        progress(f"reading {self.title}", 0.0)
        parts: dict[str, list[Path]] = defaultdict(list)
        for word, file in self._files:
            parts[PART_FOLDERS.get(word.lower(), "all")].append(file)
        if set(parts) == {"train"}:
            parts = {"all": parts["train"]}
        if "all" in parts and len(parts) > 1:
            text = f"no known part: {parts['all'][0].name}; train, validation and test are known"
            raise DataError(Problem("D30", text, str(self._path)))
        try:
            found = {part: self._part(part, files) for part, files in parts.items()}
        except (pa.ArrowException, OSError) as error:
            raise DataError(Problem("D24", f"damaged: {error}", str(self._path))) from error
        if not {"train", "all"} & set(found):
            raise DataError(Problem("D01", "no file of the train part", str(self._path)))
        if isinstance(self._task, Classification):
            return _listing(found, str(self._path))
        return _listing_by(self._task, found, str(self._path))

    def _part(self, part: str, files: Sequence[Path]) -> _Part:
        pieces, keys, labels = [], [], list[Any]()
        names, columns = None, tuple[str, ...]()
        for file in files:
            schema, rows, load = self.open(file)
            image, columns = _image_column(schema, file), self._columns(schema, file)
            names = names or _names(schema, columns[0])
            if self._groups is not None and self._groups not in schema.names:
                text = f"no column {self._groups!r}; found {', '.join(schema.names)}"
                raise DataError(Problem("D25", text, str(file)))
            for piece, count in enumerate(rows):
                pieces.append((file.name, count, piece, load, image))
                found = [load(piece, column).to_pylist() for column in columns]
                one = isinstance(self._task, Classification)
                labels += found[0] if one else rows_of(found, self._task, names)
                if self._groups is not None:
                    keys += [str(key) for key in load(piece, self._groups).to_pylist()]
        return _Part(EncodedItems(part, pieces), labels, tuple(keys) or None, names, columns)

    def _columns(self, schema: pa.Schema, file: Path) -> tuple[str, ...]:
        if isinstance(self._task, Classification):
            return (_label_column(schema, file),)
        return label_columns(schema, self._task, file)


@dataclass(frozen=True, eq=False)
class _Part:
    """What one part of the source holds: classes as they are written, other labels as text."""

    items: EncodedItems
    labels: list[Any]
    keys: tuple[str, ...] | None
    names: Sequence[str] | None
    columns: tuple[str, ...]


def _listing(parts: Mapping[str, _Part], source: str) -> Listing:
    """Classes from the names that the schema gives, else from the labels of the training part."""
    notes, problems, groups = [], [], {}
    learned = parts["train" if "train" in parts else "all"]
    if learned.names:
        classes = tuple(learned.names)
        numbers: dict[Any, int] = {number: number for number in range(len(classes))}
    else:
        values = {label for label in learned.labels if _is_label(label)}
        kind = str if any(isinstance(value, str) for value in values) else int
        ordered = sorted(values, key=kind)
        classes = tuple(str(value) for value in ordered)
        numbers = {value: number for number, value in enumerate(ordered)}
    for part, found in parts.items():
        if part != "train" and found.labels and set(found.labels) == {UNLABELLED}:
            notes.append(f"the {part} part has no labels and is left out")
            continue
        for row, label in enumerate(found.labels):
            if label not in numbers:
                rule = "D30" if _is_label(label) else "D36"
                text = f"label {label!r} is no class of the training part"
                problems.append(Problem(rule, text, f"{part}[{row}]", source))
        labels = [numbers.get(label, 0) for label in found.labels]
        groups[part] = Group(found.items, np.array(labels, np.int64), found.keys)
    return Listing(classes, groups, notes=tuple(notes), problems=tuple(problems))


def _listing_by(task: Task, parts: Mapping[str, _Part], source: str) -> Listing:
    """Labels as the task reads those of a table of text."""
    learned = parts["train" if "train" in parts else "all"]
    rows = {part: found.labels for part, found in parts.items()}
    encoded = task.from_text(rows, learned.columns)
    problems = [
        Problem(fault.rule, fault.text, f"{fault.part}[{fault.row}]", source)
        for fault in encoded.faults
    ]
    groups = {
        part: Group(found.items, encoded.labels[part], found.keys) for part, found in parts.items()
    }
    return Listing(encoded.names, groups, notes=encoded.notes, problems=tuple(problems))


def _is_label(value: object) -> bool:
    if isinstance(value, int):
        return value != UNLABELLED
    return isinstance(value, str) and bool(value.strip())


def _features(schema: pa.Schema) -> Mapping[str, Any]:
    """What `datasets` says of the columns, if it wrote the file."""
    try:
        text = (schema.metadata or {})[b"huggingface"]
        features: Mapping[str, Any] = json.loads(text)["info"]["features"]
        return features if isinstance(features, dict) else {}
    except (KeyError, TypeError, ValueError):
        return {}


def _image_column(schema: pa.Schema, file: Path) -> str:
    from pyarrow import types

    for field in schema:
        kind = field.type
        if types.is_struct(kind) and "bytes" in [kind.field(i).name for i in range(len(kind))]:
            return str(field.name)
        if types.is_binary(kind) or types.is_large_binary(kind):
            return str(field.name)
    text = f"no column of encoded images; found {', '.join(schema.names) or 'nothing'}"
    raise DataError(Problem("D27", text, str(file)))


def _label_column(schema: pa.Schema, file: Path) -> str:
    from pyarrow import types

    declared = [
        name
        for name, feature in _features(schema).items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    ]
    for name in (*(name for name in LABELS if name in schema.names), *declared):
        kind = schema.field(name).type
        if types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind):
            return str(name)
        hint = f"; {VALUES}" if types.is_floating(kind) else ""
        text = f"labels of the type {kind}{hint}"
        raise DataError(Problem("D27", text, f"column {name}", str(file)))
    text = f"expected a column {LABELS[0]!r} ({', '.join(LABELS[1:])})"
    raise DataError(Problem("D27", f"{text}, found {', '.join(schema.names)}", str(file)))


def _names(schema: pa.Schema, label: str) -> Sequence[str] | None:
    feature = _features(schema).get(label)
    if isinstance(feature, dict) and "feature" in feature:  # of a list
        feature = feature["feature"]
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    return None
