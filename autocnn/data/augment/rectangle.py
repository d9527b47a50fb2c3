"""Rectangles of images as masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Span = tuple[torch.Tensor, torch.Tensor]


def rectangles(spans: Sequence[Span], images: torch.Tensor) -> torch.Tensor:
    """A mask `(N, H, W)` of a rectangle for each image; what lies outside the image is left out.

    The spans, of rows and of columns, are the first position and the one after the last, tensors
    `(N,)`.
    """
    import torch

    inside = []
    for (start, end), size in zip(spans, images.shape[2:], strict=True):
        position = torch.arange(size, device=images.device)
        inside.append((position >= start[:, None]) & (position < end[:, None]))
    return inside[0][:, :, None] & inside[1][:, None, :]
