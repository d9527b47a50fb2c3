"""Work on many images at once, in order and in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from autocnn.data.items import BadImage

SLICE = 512
"""Results that wait for their turn at most, if they are small."""

T = TypeVar("T")


def for_each(
    function: Callable[[int], T], count: int, waiting: int = SLICE
) -> Iterator[T | BadImage]:
    """`function` of 0 to count - 1 on all allowed cores; a BadImage raised is a result.

    So many results wait for their turn at most. Threads serve, since Pillow decodes without
    Python's lock.
    """

    def guarded(index: int) -> T | BadImage:
        try:
            return function(index)
        except BadImage as error:
            return error

    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, count, waiting):
            yield from pool.map(guarded, range(start, min(start + waiting, count)))
