"""From computed values back to images."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def as_levels(values: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Bring float32 values, which are overwritten, to [0, 255] and to the type of `images`.

    In uint8 they are rounded. The result is in channels-last layout.
    """
    import torch

    values = values.clamp_(0, 255)
    if images.dtype == torch.uint8:
        values = values.add_(0.5)
    return values.to(images.dtype).contiguous(memory_format=torch.channels_last)
