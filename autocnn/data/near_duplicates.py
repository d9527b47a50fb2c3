"""Pairs of images that look alike, by a perceptual hash of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autocnn.data.items import Pixels

BITS_APART = 4
"""Bits of 128 by which the hashes of near duplicates differ at most."""
ALIKE = 0.98
"""Correlation of the pixels of near duplicates at least: equal hashes alone can be chance."""
MOST_COMPARED = 100_000
"""Images up to which all pairs are compared; of more, only pairs of equal hashes."""
CELLS = 8
CHUNK = 512
TILE = 256, 8192
"""Rows and columns of the table of all pairs that are compared at once, to fit into a cache."""

Hashes = NDArray[np.uint64]
Images = Callable[[NDArray[np.int64]], Pixels]
"""From rows `(n,)` to their images `(n, H, W, C)`."""


class Pair(NamedTuple):
    """Two rows, the first the smaller, and the correlation of their pixels in [ALIKE, 1]."""

    first: int
    second: int
    alike: float


def near_duplicates(images: Images, rows: NDArray[np.int64]) -> list[Pair]:
    """The pairs among some rows of images that look alike, most alike first.

    Brightness and contrast, another resolution and compression make little difference; moved or
    mirrored images are not found.
    """
    hashes = np.concatenate([np.zeros((0, 2), np.uint64), *_hashes(images, rows)])
    compared = _all_pairs(hashes) if len(rows) <= MOST_COMPARED else _equal_pairs(hashes)
    found = []
    for first, second in compared:
        for start in range(0, len(first), CHUNK):
            a, b = (rows[part[start : start + CHUNK]] for part in (first, second))
            alike = _correlation(images(a), images(b))
            near = alike >= ALIKE
            found += [
                Pair(int(i), int(j), min(1.0, float(value)))
                for i, j, value in zip(a[near], b[near], alike[near], strict=True)
            ]
    return sorted(found, key=lambda pair: (-pair.alike, pair))


def _hashes(images: Images, rows: NDArray[np.int64]) -> Iterator[Hashes]:
    """128 bits for each row: whether each of 8 x 8 places is brighter than its left and its upper
    neighbour, known as dHash.
    """
    for start in range(0, len(rows), CHUNK):
        gray = images(rows[start : start + CHUNK]).mean(3, dtype=np.float32)
        fine = [_areas(size, CELLS) for size in gray.shape[1:]]
        wide = [_areas(size, CELLS + 1) for size in gray.shape[1:]]
        across = np.diff(fine[0] @ gray @ wide[1].T, axis=2) > 0
        down = np.diff(wide[0] @ gray @ fine[1].T, axis=1) > 0
        bits = np.concatenate([across.reshape(len(gray), -1), down.reshape(len(gray), -1)], 1)
        yield np.packbits(bits, axis=1).view(np.uint64)


def _areas(size: int, cells: int) -> NDArray[np.float32]:
    """A matrix `(cells, size)` that takes the means over equal parts of `size` pixels."""
    edges = np.linspace(0, size, cells + 1)[:, None]
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return (overlap.clip(0) * (cells / size)).astype(np.float32)


def _all_pairs(hashes: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    high, wide = TILE
    for top in range(0, len(hashes), high):
        for left in range(top, len(hashes), wide):
            columns = hashes[left : left + wide]
            apart = np.bitwise_count(hashes[top : top + high, None, 0] ^ columns[:, 0])
            first, second = np.nonzero(apart <= BITS_APART)
            first, second = first + top, second + left
            once = first < second
            first, second = first[once], second[once]
            near = np.bitwise_count(hashes[first] ^ hashes[second]).sum(1) <= BITS_APART
            yield first[near], second[near]


def _equal_pairs(hashes: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each image with the next one of the same hash."""
    order = np.lexsort((hashes[:, 0], hashes[:, 1]))
    equal = (hashes[order[1:]] == hashes[order[:-1]]).all(1)
    yield order[:-1][equal], order[1:][equal]


def _correlation(first: Pixels, second: Pixels) -> NDArray[np.float32]:
    values = []
    for images in (first, second):
        flat = images.reshape(len(images), -1).astype(np.float32)
        flat -= flat.mean(1, keepdims=True)
        # A constant image is like no other.
        values.append(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3))
    correlation: NDArray[np.float32] = (values[0] * values[1]).sum(1)
    return correlation
