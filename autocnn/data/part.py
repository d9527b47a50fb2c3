"""One part of a data set: train, validation or test."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from autocnn.data.image_file import ImageFile

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


class Part:
    """Rows of a memory-mapped file of images, with their labels.

    Train and validation are rows of one file, so that their sum is a part again; test has a file
    of its own.
    """

    def __init__(self, file: ImageFile, rows: NDArray[np.int64], labels: NDArray[Any]):
        self.file = file
        self._rows = rows
        self._labels = labels

    def __len__(self) -> int:
        return len(self._rows)

    def __add__(self, other: Part) -> Part:
        """Both parts' rows, in the order of the file."""
        import numpy as np

        if other.file != self.file:
            paths = f"{self.file.path} and {other.file.path}"
            raise ValueError(f"{paths} are different files of images")
        rows = np.concatenate([self._rows, other._rows])
        order = np.argsort(rows, kind="stable")
        return Part(self.file, rows[order], np.concatenate([self._labels, other._labels])[order])

    def take(self, positions: NDArray[np.int64]) -> Part:
        """The images at some positions, counted within this part."""
        return Part(self.file, self._rows[positions], self._labels[positions])

    @property
    def images(self) -> torch.Tensor:
        """The whole file as a uint8 tensor `(rows, H, W, C)`; raises DataError if it is gone."""
        return self.file.images

    @cached_property
    def indices(self) -> torch.Tensor:
        """The rows of `images` that belong to this part, int64 `(len,)`."""
        import torch

        return torch.from_numpy(self._rows)

    @property
    def plain_labels(self) -> NDArray[Any]:
        """The same as `labels`, for where torch is not needed."""
        return self._labels

    @cached_property
    def labels(self) -> torch.Tensor:
        """The class of each of `indices`, int64 `(len,)` in [0, classes).

        For several labels 0 and 1, int64 `(len, labels)`; for values float64 `(len, values)`.
        """
        import torch

        return torch.from_numpy(self._labels)

    def __getstate__(self) -> dict[str, Any]:
        return {"file": self.file, "_rows": self._rows, "_labels": self._labels}
