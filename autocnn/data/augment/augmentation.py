"""What an augmentation is, and the known ones."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from autocnn.data.augment.batch import Batch
from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    import torch


class Augmentation(Options, ABC):
    """A random change of images: `apply` where their class stays as it is, else `change`."""

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return changed images `(N, C, H, W)` of the same type, in uint8 or floating point.

        Values are levels in [0, 255] in every type. Each image has its own draw from `generator`,
        a CPU generator; the input is not changed. A channels-last batch stays channels-last.
        """
        return images

    def change(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch with changed images, and with other targets where these change too."""
        return batch.showing(self.apply(batch.images, generator))

    def views(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Other versions of the images, free of chance, to average predictions over."""
        return ()

    def view_source(self) -> str:
        """The same as Python source: a list of tensors, made of `image`; empty where none."""
        return ""


AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation")
