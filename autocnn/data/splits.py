"""Stratified, seeded splits that keep equal images together."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def hold_out(
    labels: Rows, same: Rows, classes: tuple[str, ...], *, share: float, seed: int, part: str
) -> NDArray[np.bool_]:
    """Choose `share` of each class, rounded; returns a mask `(N,)`.

    `same` numbers the distinct images `(N,)`: equal ones go to the same side. A class of one
    image stays behind, a class of more keeps and gives at least one. The choice within a class
    depends on seed, part and the class's own name and images only.
    """
    chosen = np.zeros(len(labels), bool)
    _, first, group = np.unique(same, return_index=True, return_inverse=True)
    group_class = labels[first]
    group_size = np.bincount(group, minlength=len(first))
    in_order = np.argsort(first, kind="stable")
    taken = np.zeros(len(first), bool)
    for label, name in enumerate(classes):
        groups = in_order[group_class[in_order] == label]
        total = int(group_size[groups].sum())
        if len(groups) < 2:
            continue
        wanted = min(max(round(share * total), 1), total - 1)
        got = 0
        for candidate in groups[_generator(seed, part, name).permutation(len(groups))]:
            if got + group_size[candidate] <= wanted:
                taken[candidate] = True
                got += int(group_size[candidate])
            if got == wanted:
                break
        if not got:  # every group is larger than what is wanted
            taken[groups[np.argmin(group_size[groups])]] = True
    chosen[:] = taken[group]
    return chosen


def hold_out_groups(
    labels: Rows, together: Rows, *, share: float, seed: int, part: str
) -> NDArray[np.bool_]:
    """Choose whole groups, near `share` of each class; returns a mask `(N,)`.

    `together` numbers the groups `(N,)`, whose images may be of several classes. In a random order
    each group is taken that brings the classes nearer to their shares; no class is taken whole.
    Where all are too large for that, the one is taken that goes least beyond the shares.
    """
    total = np.bincount(labels)
    wanted, got = share * total, np.zeros(len(total))
    order = np.argsort(together, kind="stable")
    ends = np.flatnonzero(np.diff(together[order], append=-1)) + 1
    groups = np.split(order, ends[:-1])
    chosen = np.zeros(len(labels), bool)
    least: tuple[float, Rows] | None = None
    for number in _generator(seed, part, "").permutation(len(groups)):
        rows = groups[number]
        classes, counts = np.unique(labels[rows], return_counts=True)
        before = wanted[classes] - got[classes]
        nearer = ((before - counts) ** 2 - before**2) / total[classes]
        if not (got[classes] + counts < total[classes]).all():
            continue
        if nearer.sum() < 0:
            chosen[rows] = True
            got[classes] += counts
        elif least is None or nearer.sum() < least[0]:
            least = nearer.sum(), rows
    if least is not None and not chosen.any():
        chosen[least[1]] = True
    return chosen


def joined(same: Rows, keys: Rows) -> Rows:
    """Number what is connected by equal pixels or an equal key, `(N,)`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, same = np.unique(same, return_inverse=True)
    _, keys = np.unique(keys, return_inverse=True)
    pixels, size = int(same.max(initial=-1)) + 1, len(same) + len(keys)
    links = coo_array((np.ones(len(same)), (same, pixels + keys)), shape=(size, size))
    numbers: Rows = connected_components(links, directed=False)[1][same].astype(np.int64)
    return numbers


def _generator(seed: int, part: str, name: str) -> np.random.Generator:
    label = hashlib.sha256(f"{part}\0{name}".encode("utf-8", "surrogateescape")).digest()
    return np.random.default_rng([seed, int.from_bytes(label[:8], "big")])
