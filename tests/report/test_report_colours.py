"""Lines keep apart for readers who see fewer colours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest

from autocnn.report.theme import DARK, LIGHT, LINES

# What is left of linear RGB without one kind of cone (Machado, Oliveira, Fernandes 2009).
SEEN = {
    "all colours": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
APART = 10.0  # units of CIELAB


def lab(colour: str, seen: object) -> np.ndarray:
    """L, a and b of a colour as a reader sees it."""
    share = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = np.array(XYZ) @ np.clip(np.array(seen) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_keep_apart(colours: Mapping[str, str], seen: str) -> None:
    names = [name for name, colour in LIGHT.items() if colour in LINES]
    assert len(names) == len(LINES) == 6
    found = {name: lab(colours[name], SEEN[seen]) for name in names}
    near = {(a, b): np.linalg.norm(found[a] - found[b]) for a, b in combinations(names, 2)}
    assert min(near.values()) > APART, min(near.items(), key=lambda pair: pair[1])
