"""Changes of single levels that are not linear, and sharpening.

All take images `(N, C, H, W)` with levels in [0, 255], in float32, and give the like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LEVELS = 256


def posterise(values: torch.Tensor, bits: torch.Tensor) -> torch.Tensor:
    """Keep so many bits of each level, whole numbers `(N,)` in [0, 8]."""
    step = 2.0 ** (8 - bits)[:, None, None, None]
    return (values / step).floor() * step


def solarise(values: torch.Tensor, thresholds: torch.Tensor) -> torch.Tensor:
    """Make the negative of the levels at or above a threshold `(N,)`."""
    return values.where(values < thresholds[:, None, None, None], 255 - values)


def auto_contrast(values: torch.Tensor) -> torch.Tensor:
    """Stretch the levels of each channel to the full range; a constant channel stays."""
    low, high = values.amin((2, 3), keepdim=True), values.amax((2, 3), keepdim=True)
    stretched = (values - low) * (255 / (high - low).clamp(min=1e-3))
    return stretched.where(high > low, values)


def equalise(values: torch.Tensor) -> torch.Tensor:
    """Spread the levels of each channel evenly over the full range; a constant channel stays."""
    import torch

    count, channels = values.shape[:2]
    levels = values.add(0.5).long().flatten(2)
    counts = torch.zeros(count, channels, LEVELS, device=values.device)
    counts.scatter_add_(2, levels, torch.ones_like(levels, dtype=counts.dtype))
    below = counts.cumsum(2) - counts
    # Pixels that are not of the highest level that occurs: they set the scale.
    pixels = below.gather(2, levels.amax(2, keepdim=True))
    spread = (255 * below / pixels.clamp(min=1)).gather(2, levels).view(values.shape)
    return spread.where((pixels > 0)[..., None], values)


def sharpen(values: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Move away from the smoothed image, at a factor `(N,)` above 1, or towards it below 1.

    The outermost pixels stay as they are.
    """
    from torch.nn.functional import avg_pool2d

    smooth = values.clone()
    if min(values.shape[2:]) > 2:
        inner = values[:, :, 1:-1, 1:-1]
        smooth[:, :, 1:-1, 1:-1] = (9 * avg_pool2d(values, 3, stride=1) + 4 * inner) / 13
    return smooth.lerp(values, factors[:, None, None, None])
