"""What an augmentation is, and the known ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    import torch


class Augmentation(Options, ABC):
    """A random change of images that leaves their class as it is."""

    @abstractmethod
    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return changed images `(N, C, H, W)` of the same type, in uint8 or floating point.

        Each image has its own draw from `generator`, a CPU generator; the input is not changed.
        A channels-last batch stays channels-last.
        """

    def views(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Other versions of the images, free of chance, to average predictions over."""
        return ()


AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation")
