"""Confidence intervals for what a study reports."""

from __future__ import annotations

import math

Z95 = 1.959964


def wilson(hits: int, images: int) -> tuple[float, float]:
    """The 95 % interval of a share, over the images that one model saw (Wilson, JASA 22, 1927)."""
    if images <= 0:
        return 0.0, 1.0
    share, square = hits / images, Z95 * Z95
    middle = (share + square / (2 * images)) / (1 + square / images)
    half = math.sqrt(share * (1 - share) / images + square / (4 * images * images))
    half *= Z95 / (1 + square / images)
    return max(0.0, middle - half), min(1.0, middle + half)
