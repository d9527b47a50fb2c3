"""Intervals around an accuracy and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

Z = 1.959964  # the 97.5 % point of the normal distribution


def wilson(hits: int, images: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); `(0, 1)` where there is no image."""
    if images <= 0:
        return 0.0, 1.0
    share, spread = hits / images, Z * Z / images
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def meaning(kind: str | None, images: int, seeds: int) -> str:
    """One sentence on what an interval of this kind covers and what it does not."""
    over = f" over {images:,} images" if images else ""
    if kind == "wilson":
        return (
            f"95 % Wilson interval{over}: the accuracies on all images of this kind that fit what "
            "this one trained network did on these. How much another training run would differ "
            "is not in it."
        )
    if kind == "t":
        return (
            f"95 % t-interval over {seeds} training runs with different seeds: where the mean "
            "over many such runs lies. That the images are only a sample is not in it."
        )
    return "No interval belongs to this value."


def matrix_of(details: object) -> list[list[int]] | None:
    """The confusion matrix among a final's details, `[true][predicted]`, if it is there."""
    matrix = details.get("confusion") if isinstance(details, Mapping) else None
    return [[int(count) for count in row] for row in matrix] if matrix else None
