"""Several objectives at once: ranks, crowding and the knee of points.

Everywhere points are (N, M): N trials, M objectives, higher being better in all of them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]


def ranks(points: ArrayLike) -> NDArray[np.int64]:
    """How many fronts must be taken away before a point is dominated by none: 0 for the best.

    A point dominates another that is nowhere better and somewhere worse. Equal points have equal
    ranks. In the order of the first objective, by binary search (Zhang et al., IEEE Transactions
    on Evolutionary Computation 19, 2015).
    """
    array = _array(points)
    found = np.zeros(len(array), np.int64)
    fronts: list[list[Points]] = []
    for index in np.lexsort(-array.T[::-1]):
        point = array[index]
        low, high = 0, len(fronts)
        while low < high:
            middle = (low + high) // 2
            members = np.array(fronts[middle])
            beaten = (members >= point).all(1) & (members > point).any(1)
            low, high = (middle + 1, high) if beaten.any() else (low, middle)
        if low == len(fronts):
            fronts.append([])
        fronts[low].append(point)
        found[index] = low
    return found


def crowding(points: ArrayLike) -> Points:
    """How far the neighbours of each point of one front lie apart: infinite at the ends.

    Distances are shares of the front's width, added over the objectives (Deb et al., IEEE
    Transactions on Evolutionary Computation 6, 2002).
    """
    array = _array(points)
    found = np.zeros(len(array))
    for column in array.T:
        order = np.argsort(column, kind="stable")
        width = column[order[-1]] - column[order[0]] if len(order) else 0.0
        if width <= 0:
            continue
        found[order[[0, -1]]] = math.inf
        found[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / width
    return found


def scores(points: ArrayLike) -> Points:
    """One number per point, higher being better: by rank first, then by crowding distance.

    The points of rank r lie in [-r, -r + 0.5], those with more room around them higher.
    """
    array = _array(points)
    own = ranks(array)
    found = -own.astype(np.float64)
    for rank in range(own.max(initial=-1) + 1):
        room = crowding(array[own == rank])
        finite = np.where(np.isfinite(room), room, 0.0)
        found[own == rank] += np.where(np.isfinite(room), finite / (1 + finite), 1.0) / 2
    return found


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
