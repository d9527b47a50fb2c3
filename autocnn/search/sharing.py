"""How many workers share one training."""

from __future__ import annotations

import math

LEAST_PART = 16
"""Images of a batch that a worker must have at least, for the statistics of its norms."""

LEAST_STEP = 2e8
"""MACs of a batch's forward pass from which on workers that share it gain more than they wait.

On two cores they had 0.7 times the images/s of one with 1.4e7, 1.0 to 1.1 times with 1.1e8, 1.1
with 2.3e8.
"""


def sharers(workers: int, batch: int, images: int, macs: float = math.inf) -> int:
    """How many of so many workers train one network together, with so many MACs an image.

    A batch is of this size, or of all the images there are. One trains it alone where several
    would wait more than they gain.
    """
    whole = min(batch, images)
    return max(1, min(workers, whole // LEAST_PART)) if whole * macs >= LEAST_STEP else 1
