"""A file of decoded images, mapped once for all parts that are rows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ImageFile:
    """A `.npy` file of images, which is not opened before `images` is asked for."""

    path: Path

    @cached_property
    def images(self) -> torch.Tensor:
        """The whole file as a uint8 tensor `(rows, H, W, C)`, shared with all other processes.

        The mapping is copy-on-write: the pages are the machine's only copy as long as nobody
        writes. Raises DataError if the file is gone or cut short.
        """
        import numpy as np
        import torch

        try:
            mapped = np.load(self.path, mmap_mode="c", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            problem = Problem("D24", "decoded images are missing or cut", str(self.path))
            raise DataError(problem) from error
        return torch.from_numpy(mapped)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}
