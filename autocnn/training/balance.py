"""How much of each batch the processes get that train one network together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

SMOOTHING = 0.15
"""Weight of the newest step in the speeds: cores change theirs within seconds."""

STEP = 8
"""Parts are multiples of this many images, but for the last one, which has as many at least."""

LEAST = 0.25
"""The least part of a process over an equal one."""


class Balance:
    """Divides batches among the processes of a group: equally, or by their speeds as measured.

    Every process computes the same from the same numbers.
    """

    def __init__(self, size: int, *, measured: bool):
        self.size, self._measured = size, measured
        self._speeds = [0.0] * size

    def note(self, images: int, busy: Sequence[float]) -> None:
        """Take in the seconds that each process was busy with its part of so many images."""
        if not self._measured:
            return
        bounds = self.bounds(images)
        for rank, seconds in enumerate(busy):
            speed = (bounds[rank + 1] - bounds[rank]) / max(seconds, 1e-9)
            before = self._speeds[rank] or speed
            self._speeds[rank] = before + SMOOTHING * (speed - before)

    def bounds(self, images: int) -> list[int]:
        """Where the part of each process begins in a batch of so many images, and the end."""
        total, spare = sum(self._speeds), images // STEP - self.size
        if not total or spare < self.size:
            return [images * rank // self.size for rank in range(self.size + 1)]
        shares = [max(speed / total, LEAST / self.size) for speed in self._speeds]
        ends = [end / sum(shares) for end in accumulate(shares[:-1])]
        return [
            0,
            *(STEP * (rank + round(spare * end)) for rank, end in enumerate(ends, start=1)),
            images,
        ]
