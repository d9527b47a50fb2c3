"""Which training images are learned already and need not be shown each time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from autocnn.data.onto import onto

SKIPPING = 7 / 8
"""The share of a training in which easy images are left out; then all are shown alike."""


class EasyImages:
    """Easy is an image whose last loss was below the mean when the epoch began.

    Of the easy ones a share `skipped`, in (0, 1), is left out each time. The others have weights
    that keep the expected gradient the same, but for a factor that makes the mean weight 1
    (InfoBatch, https://arxiv.org/abs/2303.04947). An image that was not shown yet is not easy.
    """

    def __init__(self, images: int, skipped: float, device: str = "cpu"):
        self._skipped = skipped
        self._losses = torch.full((images,), torch.nan, device=device)
        self._take(torch.zeros(images, dtype=torch.bool))

    def _take(self, easy: Tensor) -> None:
        self._easy = easy
        self.chances = torch.where(easy, 1 - self._skipped, 1.0)
        """How likely each image is to be shown in an epoch, float32 `(images,)`."""
        self._mean = self.chances.mean()

    def weights(self, rows: Tensor) -> Tensor:
        """How much the losses of these images count, float32 `(rows,)`."""
        return self._mean / self.chances[rows]

    def note(self, rows: Tensor, losses: Tensor) -> None:
        """Take in the losses of the images in these rows."""
        self._losses[onto(rows, self._losses.device)] = losses.to(self._losses)

    def judge(self, progress: float) -> None:
        """Say which images are easy in the epoch that begins at this share of the training."""
        mean = self._losses.nanmean()
        self._take(((self._losses < mean) & (progress < SKIPPING)).cpu())

    def document(self) -> dict[str, Tensor]:
        """All of it, for a checkpoint."""
        return {"losses": self._losses.clone(), "easy": self._easy}

    def load(self, document: Mapping[str, Tensor]) -> None:
        """Go on from a checkpoint."""
        self._losses.copy_(document["losses"])
        self._take(document["easy"])
