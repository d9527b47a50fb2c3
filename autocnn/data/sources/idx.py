"""MNIST and the data sets published in its idx format."""

from __future__ import annotations

import gzip
import math
import zlib
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path

import numpy as np

from autocnn.data.arrays import ArrayItems
from autocnn.data.items import Group, Listing, Pixels
from autocnn.data.mapped import unpacked
from autocnn.data.sources.download import Download
from autocnn.data.sources.source import Progress, Source, file_stamp
from autocnn.errors import DataError, Problem

MAGIC = {3: 0x0803, 1: 0x0801}
LARGEST = 4 << 30
"""Bytes that a file may claim to hold after decompression."""


@dataclass(frozen=True)
class Published:
    """A data set in idx files: its classes, the files of each part and where they are found.

    `files` holds images and labels of train and test. `places` are folders where system packages
    put them; `package` says which.
    """

    name: str
    classes: tuple[str, ...]
    files: tuple[str, str, str, str]
    download: Download
    places: tuple[str, ...] = ()
    package: str = ""
    first_label: int = 0
    transposed: bool = False


class Idx(Source):
    """Four idx files, gzipped or not, in one folder."""

    def __init__(self, published: Published, paths: tuple[Path, Path, Path, Path]):
        self.title = published.name
        self._published = published
        self._paths = paths

    def stamp(self) -> str:
        return file_stamp(self._paths)

    def read(self, progress: Progress) -> Listing:
        groups = {}
        for step, part in enumerate(("train", "test")):
            progress(f"reading {self.title}", step / 2)
            images_path, labels_path = self._paths[2 * step : 2 * step + 2]
            images = read_idx(images_path, axes=3)
            labels = read_idx(labels_path, axes=1).astype(np.int64) - self._published.first_label
            if len(images) != len(labels):
                raise DataError(
                    Problem(
                        "D36",
                        f"{len(images)} images but {len(labels)} labels in {labels_path.name}",
                        str(images_path),
                    )
                )
            if labels.size and not 0 <= labels.min() <= labels.max() < self.classes:
                raise DataError(
                    Problem("D36", f"labels outside the {self.classes} classes", str(labels_path))
                )
            if self._published.transposed:
                images = images.transpose(0, 2, 1)
            groups[part] = Group(ArrayItems(images[..., None], f"{self.title} {part}"), labels)
        return Listing(self._published.classes, groups, published=True)

    @property
    def classes(self) -> int:
        return len(self._published.classes)


def find_files(folder: Path, names: tuple[str, ...]) -> tuple[Path, ...] | None:
    """Each of `names` in `folder` or its sub-folder `raw`, with or without `.gz`."""
    for place in (folder, folder / "raw"):
        found = [
            next((p for p in (place / n, place / n.removesuffix(".gz")) if p.is_file()), None)
            for n in names
        ]
        if all(found):
            return tuple(path for path in found if path)
    return None


def read_idx(path: Path, axes: int) -> Pixels:
    """Map an idx file of unsigned bytes with this number of axes, or an unpacked copy of it.

    Raises DataError where the file is unreadable, cut, of another type, or longer than it says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * axes)
            shape = tuple(int(n) for n in np.frombuffer(head[4:], ">u4"))
            size = math.prod(shape)
            if len(head) < 4 + 4 * axes or int.from_bytes(head[:4], "big") != MAGIC[axes]:
                raise DataError(Problem("D08", f"not an idx file of {axes} axes", str(path)))
            if not size:
                return np.empty(shape, np.uint8)
            if size > LARGEST:
                raise DataError(Problem("D35", f"claims {size} bytes", str(path)))
            with unpacked(file.read, size + 1) as body:
                if body.seek(0, SEEK_END) != size:
                    text = f"expected {size} bytes after the header"
                    raise DataError(Problem("D06", text, str(path)))
                return np.memmap(body, np.uint8, "r", 0, shape)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "the compressed data are damaged"
        raise DataError(Problem("D24", reason, str(path))) from error
