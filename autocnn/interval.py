"""The confidence intervals of a share and of a mean, as every result of autocnn reports them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

Z = 1.959964
"""The 97.5 % point of the normal distribution."""


def wilson(hits: int, images: int) -> tuple[float, float]:
    """The 95 % interval of `hits / images`; (0, 1) without images (Wilson, JASA 22, 1927)."""
    if images <= 0:
        return 0.0, 1.0
    share, spread = hits / images, Z * Z / images
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def upper_end(score: float, images: int) -> float:
    """Of the 95 % interval of a share; roughly also of an error, which is made small below 0."""
    if 0 <= score <= 1:
        return max(score, wilson(round(score * images), images)[1])
    return score + Z * abs(score) / math.sqrt(2 * images)


def t_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of at least two values and its 95 % interval (Student, Biometrika 6, 1908)."""
    from scipy.special import stdtrit

    mean, count = statistics.fmean(values), len(values)
    half = stdtrit(count - 1, 0.975) * statistics.stdev(values) / math.sqrt(count)
    return mean, mean - float(half), mean + float(half)
