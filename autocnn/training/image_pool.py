"""What pretraining sees: images of a part and images without labels."""

from __future__ import annotations

import torch
from torch import Tensor

from autocnn.data import Part
from autocnn.training.device_images import gather
from autocnn.training.seeds import derive


class ImagePool:
    """The images of a part, then those without labels if there are any, by one row of numbers."""

    def __init__(self, part: Part, unlabelled: Part | None, seed: int):
        self._part, self._unlabelled, self._seed = part, unlabelled, seed
        self._generator = torch.Generator()

    def __len__(self) -> int:
        return len(self._part) + (len(self._unlabelled) if self._unlabelled else 0)

    def order(self, epoch: int) -> Tensor:
        """The rows that an epoch sees, as many as the part has: int64 `(len(part),)`.

        An epoch goes on in the random order of all images where the one before ended; after the
        last image comes another order.
        """
        begin, end = epoch * len(self._part), (epoch + 1) * len(self._part)
        found: list[Tensor] = []
        while begin < end:
            turn, at = divmod(begin, len(self))
            self._generator.manual_seed(derive(self._seed, "pretraining order", turn))
            order = torch.randperm(len(self), generator=self._generator)
            found.append(order[at : at + end - begin])
            begin += len(found[-1])
        return torch.cat(found)

    def images(self, rows: Tensor) -> Tensor:
        """These images as uint8 `(N, C, H, W)` in channels-last layout."""
        bare = rows >= len(self._part)
        if self._unlabelled is None or not bare.any():
            return gather(self._part, rows)
        found = gather(self._unlabelled, (rows - len(self._part)).clamp(min=0))
        found[~bare] = gather(self._part, rows[~bare])
        return found
