"""A set larger than the memory it may take (row D35)."""

import tracemalloc

import numpy as np
import pytest

from autocnn.data.build import build
from autocnn.data.items import Group, Header, Items, Listing, Pixels
from autocnn.data.options import DataOptions
from autocnn.data.preprocessing import Preprocessing

ALLOWED = 48 << 20


class Generated(Items):
    """Different images without a file."""

    def __init__(self, count: int, side: int):
        self._count, self._side = count, side

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        return str(index)

    def inspect(self, index: int) -> tuple[Header, str]:
        return Header(self._side, self._side, False), str(index)

    def decode(self, index: int, preprocessing: Preprocessing) -> Pixels:
        pixels = np.full((self._side, self._side, 3), index % 256, np.uint8)
        pixels[0, 0] = index // 256
        return pixels


@pytest.mark.parametrize(("count", "side"), [(2500, 128), (160, 512)])
def test_the_cache_is_made_in_bounded_memory(count, side, tmp_path):
    group = Group(Generated(count, side), np.arange(count) % 2)
    preprocessing = Preprocessing(height=side, width=side, channels=3)
    assert count * side * side * 3 > 2 * ALLOWED
    tracemalloc.start()
    try:
        build(
            Listing(("a", "b"), {"all": group}),
            DataOptions(),
            preprocessing,
            tmp_path,
            document={"notes": []},
            progress=lambda _what, _share: None,
        )
        assert tracemalloc.get_traced_memory()[1] < ALLOWED
    finally:
        tracemalloc.stop()
    test = np.load(tmp_path / "test.npy", mmap_mode="r")
    assert test.shape == (count // 5, side, side, 3)
