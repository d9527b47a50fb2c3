"""Several objectives at once: ranks, crowding and the knee of points.

Everywhere points are (N, M): N trials, M objectives, higher being better in all of them.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]


def ranks(points: ArrayLike) -> NDArray[np.int64]:
    """How many fronts must be taken away before a point is dominated by none: 0 for the best.

    A point dominates another that is nowhere better and somewhere worse. Equal points have equal
    ranks. Of two objectives in n log n (Jensen, IEEE Transactions on Evolutionary Computation 7,
    2003), of more by comparing each point with all that are better in the first one.
    """
    array = _array(points)
    if not len(array):
        return np.zeros(0, np.int64)
    # Each point once, the better first: it is dominated by those before it that are not worse
    # beyond the first objective.
    different, places = np.unique(array, axis=0, return_inverse=True)
    others = different[::-1, 1:]
    found = _swept(others[:, 0]) if others.shape[1] == 1 else _chained(others)
    return found[::-1][places.reshape(-1)]


def _swept(values: Points) -> NDArray[np.int64]:
    """The rank of each where those before it that are not less dominate it."""
    lowest: list[float] = []  # minus the best value of each front, which rises from front to front
    found = np.zeros(len(values), np.int64)
    for index, value in enumerate((-values).tolist()):
        rank = bisect_right(lowest, value)
        lowest[rank : rank + 1] = [value]
        found[index] = rank
    return found


def _chained(values: Points) -> NDArray[np.int64]:
    """As `_swept` of rows: a rank is how many can stand before it, each dominating the next."""
    found = np.zeros(len(values), np.int64)
    columns = np.ascontiguousarray(values.T)
    for index in range(len(values)):
        above = (columns[:, :index] >= columns[:, index, None]).all(0)
        found[index] = found[:index][above].max(initial=-1) + 1
    return found


def crowding(points: ArrayLike) -> Points:
    """How far the neighbours of each point of one front lie apart: infinite at the ends.

    Distances are shares of the front's width, added over the objectives (Deb et al., IEEE
    Transactions on Evolutionary Computation 6, 2002).
    """
    array = _array(points)
    return _crowding(array, np.zeros(len(array), np.int64))


def _crowding(points: Points, ranks: NDArray[np.int64]) -> Points:
    """The crowding distance of each point within the front of its rank."""
    found = np.zeros(len(points))
    for column in points.T if len(points) else ():
        order = np.lexsort((column, ranks))
        values, (_, starts, sizes) = (
            column[order],
            np.unique(ranks[order], return_index=True, return_counts=True),
        )
        ends = starts + sizes - 1
        width = values[ends] - values[starts]
        inner = np.repeat(width > 0, sizes)
        inner[[*starts, *ends]] = False
        middle = np.flatnonzero(inner)
        room = values[middle + 1] - values[middle - 1]
        found[order[middle]] += room / np.repeat(width, sizes)[middle]
        found[order[[*starts[width > 0], *ends[width > 0]]]] = math.inf
    return found


def scores(points: ArrayLike) -> Points:
    """One number per point, higher being better: by rank first, then by crowding distance.

    The points of rank r lie in [-r, -r + 0.5], those with more room around them higher.
    """
    array = _array(points)
    own = ranks(array)
    room = _crowding(array, own)
    finite = np.where(np.isfinite(room), room, 0.0)
    return np.where(np.isfinite(room), finite / (1 + finite), 1.0) / 2 - own


def order(points: ArrayLike) -> list[int]:
    """The indices by rank, and within a rank from the knee outwards.

    With every objective scaled to the width of the best front, the knee is the point with the
    largest sum: of two objectives, the one farthest from the line between the ends (Das,
    Structural Optimization 18, 1999). Of equals the better one in the first objective is ahead.
    """
    array = _array(points)
    own = ranks(array)
    front = array[own == 0]
    width = np.ptp(front, axis=0) if len(front) else np.zeros(array.shape[1])
    sums = (array / np.where(width > 0, width, math.inf)).sum(1)
    return [int(index) for index in np.lexsort((-array[:, 0], -sums.round(12), own))]


def _array(points: ArrayLike) -> Points:
    array = np.asarray(points, dtype=np.float64)
    return array if array.ndim == 2 else array.reshape(len(array), -1)
