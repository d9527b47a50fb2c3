"""Draw images anew from moved, turned, stretched or slanted positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from autocnn.data.augment.levels import as_levels

if TYPE_CHECKING:
    import torch

Fill = Literal["zero", "edge", "mirror"]
"""What comes into view from outside: zero (black before normalisation, the mean after it), the
nearest edge pixel, or the mirrored image."""

PADDING: Mapping[Fill, str] = {"zero": "zeros", "edge": "border", "mirror": "reflection"}


def warp(
    images: torch.Tensor,
    matrices: tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
    offsets: tuple[torch.Tensor, torch.Tensor] | None,
    fill: Fill,
) -> torch.Tensor:
    """Images whose pixel at `(x, y)` from the centre is that at `matrix @ (x, y) + offset`.

    The four elements of the matrices and the two of the offsets are tensors `(N,)`, one number
    for each image, in pixels and with y downwards. Between pixels values are interpolated.
    """
    import torch
    from torch.nn.functional import grid_sample

    count, _, height, width = images.shape
    x, y = (torch.arange(size, device=images.device) - (size - 1) / 2 for size in (width, height))
    grid = torch.empty(count, height, width, 2, device=images.device)
    for axis, size in enumerate((width, height)):
        along, across = (2 / size * factor[:, None] for factor in matrices[axis])
        rows = across * y
        if offsets is not None:
            rows += 2 / size * offsets[axis][:, None]
        torch.add(rows[:, :, None], (along * x)[:, None, :], out=grid[..., axis])
    values = grid_sample(images.float(), grid, padding_mode=PADDING[fill], align_corners=False)
    return as_levels(values, images)
