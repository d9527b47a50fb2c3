"""One part of a data set: train, validation or test."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


class Part:
    """Rows of a memory-mapped file of images, with their labels.

    Train and validation are rows of one file, so that their sum is a part again; test has a file
    of its own, which is not opened before `images` is asked for.
    """

    def __init__(self, file: Path, rows: NDArray[np.int64], labels: NDArray[np.int64]):
        self.file = file
        self._rows = rows
        self._labels = labels

    def __len__(self) -> int:
        return len(self._rows)

    def __add__(self, other: Part) -> Part:
        """Both parts' rows, in the order of the file."""
        import numpy as np

        if other.file != self.file:
            raise ValueError(f"{self.file} and {other.file} are different files of images")
        rows = np.concatenate([self._rows, other._rows])
        order = np.argsort(rows, kind="stable")
        return Part(self.file, rows[order], np.concatenate([self._labels, other._labels])[order])

    @cached_property
    def images(self) -> torch.Tensor:
        """The whole file as a uint8 tensor `(rows, H, W, C)`, shared with all other processes.

        The mapping is copy-on-write: the pages are the machine's only copy as long as nobody
        writes. Raises DataError if the file is gone.
        """
        import torch

        return torch.from_numpy(map_images(self.file))

    @cached_property
    def indices(self) -> torch.Tensor:
        """The rows of `images` that belong to this part, int64 `(len,)`."""
        import torch

        return torch.from_numpy(self._rows)

    @cached_property
    def labels(self) -> torch.Tensor:
        """The class of each of `indices`, int64 `(len,)` in [0, classes)."""
        import torch

        return torch.from_numpy(self._labels)

    def counts(self, classes: int) -> tuple[int, ...]:
        """Number of images of each class."""
        import numpy as np

        return tuple(int(n) for n in np.bincount(self._labels, minlength=classes))

    def __getstate__(self) -> dict[str, Any]:
        return {"file": self.file, "_rows": self._rows, "_labels": self._labels}


def map_images(file: Path) -> NDArray[np.uint8]:
    """Map a `.npy` file of images copy-on-write; raises DataError if it is gone or cut short."""
    import numpy as np

    try:
        images: NDArray[np.uint8] = np.load(file, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(Problem("D24", "decoded images are missing or cut", str(file))) from error
    return images
