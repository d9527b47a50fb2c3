"""Arrays in a NumPy archive."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocnn.data.items import Listing
from autocnn.data.mapped import in_archive
from autocnn.data.sources.arrays import list_arrays
from autocnn.data.sources.source import Progress, Source, file_stamp
from autocnn.data.tasks import Task
from autocnn.errors import DataError, Problem

NAMES = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels")),
    "validation": (
        ("x_val", "y_val"),
        ("x_validation", "y_validation"),
        ("x_valid", "y_valid"),
        ("val_images", "val_labels"),
    ),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
    "all": (("x", "y"), ("images", "labels"), ("data", "target")),
}
"""Names of images and labels of each part, in lower case."""


class Archive(Source):
    """An `.npz` file with `x` and `y`, or `x_train`, `y_train` and perhaps `x_test`, `y_test`.

    The array `groups` tells which images of `x` or `x_train` must stay in one part.
    """

    def __init__(self, path: Path, task: Task, groups: str | None = None):
        self.title = f"npz:{path}"
        self._path, self._task, self._groups = path, task, groups

    def stamp(self) -> str:
        return file_stamp([self._path])

    def read(self, progress: Progress) -> Listing:
        progress(f"reading {self.title}", 0.0)
        if not zipfile.is_zipfile(self._path):
            raise DataError(Problem("D12", "not an .npz archive, or damaged", str(self._path)))
        try:
            # NumPy leaves a damaged file open when it opens it itself.
            with self._path.open("rb") as file:
                archive = np.load(file, allow_pickle=False)
                parts, notes = self._parts(archive)
                keys = self._keys(archive)
            listing = list_arrays(parts, self._task, keys)
            return replace(listing, notes=(*notes, *listing.notes))
        except DataError as error:
            raise DataError(*map(self._placed, error.problems)) from error
        except MemoryError as error:
            text = "does not fit into memory, or is damaged"
            raise DataError(Problem("D12", text, str(self._path))) from error
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            pickled = "pickle" in str(error).lower()
            text = "holds Python objects, which are not read" if pickled else "damaged"
            raise DataError(Problem("D12", text, str(self._path))) from error

    def _placed(self, problem: Problem) -> Problem:
        """The problem with the archive's name, where it names the array alone."""
        named = str(self._path) in (problem.path, problem.file)
        return problem if named else replace(problem, file=str(self._path))

    def _keys(self, archive: Any) -> NDArray[Any] | None:
        if self._groups is None:
            return None
        if self._groups not in archive.files:
            text = f"no array {self._groups!r} of groups; found {', '.join(archive.files)}"
            raise DataError(Problem("D25", text, str(self._path)))
        return archive[self._groups]  # type: ignore[no-any-return]

    def _parts(
        self, archive: Any
    ) -> tuple[dict[str, tuple[NDArray[Any], NDArray[Any]]], list[str]]:
        """Images and labels of each part, and remarks on images without labels."""
        keys = {key.lower(): key for key in archive.files}
        parts, notes = {}, []
        for part, pairs in NAMES.items():
            for x, y in pairs:
                if x in keys and y in keys:
                    images = in_archive(self._path, keys[x])
                    parts[part] = (images, archive[keys[y]])
                    break
            else:
                notes += [
                    f"{x} has no labels ({y}) and is left out" for x, y in pairs if x in keys
                ]
        if "train" in parts:
            if parts.pop("all", None):
                notes.append("images of no part are left out, as there are some for training")
        elif "test" in parts and "all" in parts:
            parts["train"] = parts.pop("all")
        if not {"train", "all"} & set(parts):
            found = ", ".join(archive.files)
            text = f"expected x and y, or x_train and y_train; found {found or 'nothing'}"
            raise DataError(Problem("D01", text, str(self._path)))
        return parts, notes
