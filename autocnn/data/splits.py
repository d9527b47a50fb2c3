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
    chosen[:] = taken[group]
    return chosen


def _generator(seed: int, part: str, name: str) -> np.random.Generator:
    label = hashlib.sha256(f"{part}\0{name}".encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(label[:8], "big")])
