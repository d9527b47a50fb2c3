"""Changes of colours that are linear: a matrix or a factor, and an offset, for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.data.augment.levels import as_levels
from autocnn.data.onto import onto

if TYPE_CHECKING:
    import torch

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in gray, those of ITU-R BT.601."""
YIQ = (LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""From red, green and blue to gray and two coordinates of colour."""


def grays(values: torch.Tensor) -> torch.Tensor:
    """The mean gray `(N,)` of images `(N, C, H, W)`."""
    means = values.mean((2, 3))
    if means.shape[1] == 3:
        return means @ _luma(means)
    return means.mean(1)


def saturation_matrices(factors: torch.Tensor) -> torch.Tensor:
    """Matrices `(N, 3, 3)` that mix each colour with its gray, which is all of it at 0."""
    import torch

    identity = torch.eye(3, device=factors.device)
    gray = _luma(factors).expand(3, 3)
    return gray.lerp(identity, factors[:, None, None])


def hue_matrices(angles: torch.Tensor) -> torch.Tensor:
    """Matrices `(N, 3, 3)` that turn the colours about the axis of grays, angles in radians."""
    import torch

    forth = torch.tensor(YIQ, dtype=torch.float64)
    fixed = (
        torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]).double(),
        torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 1]]).double(),
        torch.tensor([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]]).double(),
        torch.linalg.inv(forth),
        forth,
    )
    gray, plane, turn, back, forth = onto(torch.stack(fixed), angles.device)
    angles = angles.double()[:, None, None]
    turned = gray + angles.cos() * plane + angles.sin() * turn
    matrices: torch.Tensor = back @ turned @ forth
    return matrices.float()


def _luma(like: torch.Tensor) -> torch.Tensor:
    import torch

    return onto(torch.tensor(LUMA, dtype=like.dtype), like.device)


def recolour(
    images: torch.Tensor, values: torch.Tensor, factors: torch.Tensor, offsets: torch.Tensor
) -> torch.Tensor:
    """Images of `factor * value + offset`; `values` are the images in float32.

    Factors are `(N,)`, or matrices `(N, 3, 3)` from colour to colour; offsets are `(N,)`.
    """
    import torch

    if factors.ndim == 1:
        shape = (-1, 1, 1, 1)
        return as_levels(values.mul(factors.view(shape)).add_(offsets.view(shape)), images)
    count, channels, height, width = values.shape
    pixels = values.permute(0, 2, 3, 1).reshape(count, height * width, channels)
    changed = torch.bmm(pixels, factors.mT).add_(offsets[:, None, None])
    return as_levels(changed.view(count, height, width, channels).permute(0, 3, 1, 2), images)
