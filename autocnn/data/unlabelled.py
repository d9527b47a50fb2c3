"""A folder of images without labels, which only pretraining learns from."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from autocnn.data.files import FileItems
from autocnn.data.items import Group, Listing
from autocnn.data.options import DataOptions
from autocnn.data.sources.find import resolve
from autocnn.data.sources.walk import walk
from autocnn.errors import DataError, Problem


class Unlabelled:
    """All images below `data.unlabelled`; raises DataError where there are none."""

    def __init__(self, root: Path):
        if not root.is_dir():
            raise DataError(Problem("D01", f"no such folder: {root}", "data.unlabelled"))
        found = walk(root)
        if found.problems:
            raise DataError(*found.problems)
        if not found.files:
            raise DataError(Problem("D01", f"no images in {root}", "data.unlabelled"))
        names = [os.fsencode(name).hex() for name in found.files]
        self.stamp = "\n".join([str(root), *names, *found.stamps])
        """Changes when a file does."""
        self.group = Group(FileItems(root, found.files), np.zeros(len(names), np.int64))
        self.notes = found.notes()

    @property
    def listing(self) -> Listing:
        """The images as a source of their own."""
        return Listing((), {"unlabelled": self.group})

    @classmethod
    def of(cls, options: DataOptions, base: Path) -> Unlabelled | None:
        """Those that the options name, if they do; a relative path is meant from `base`."""
        return None if options.unlabelled is None else cls(resolve(options.unlabelled, base))
