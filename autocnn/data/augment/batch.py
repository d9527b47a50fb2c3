"""What an augmentation changes: images with their targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Batch:
    """Images `(N, C, H, W)` and what training knows of them.

    `targets` are classes int64 `(N,)`, in [0, classes), or float32 `(N, classes)` with the share
    of each class; `rows` int64 `(N,)` tell one image of the data set from another, in every epoch
    alike; `epoch` counts from 0.
    """

    images: torch.Tensor
    targets: torch.Tensor
    rows: torch.Tensor
    epoch: int
    classes: int

    def showing(self, images: torch.Tensor) -> Batch:
        """The batch with other images of the same targets."""
        return replace(self, images=images)

    def mixed(self, images: torch.Tensor, own: torch.Tensor) -> Batch:
        """The batch with each image mixed with the one before it, of which `own` `(N,)` is left.

        The targets are mixed in the same shares.
        """
        from torch.nn.functional import one_hot

        targets = self.targets
        if not targets.is_floating_point():
            targets = one_hot(targets, self.classes).float()
        own = own.to(targets).reshape(-1, *[1] * (targets.ndim - 1))
        return replace(self, images=images, targets=targets.roll(1, 0).lerp(targets, own))
