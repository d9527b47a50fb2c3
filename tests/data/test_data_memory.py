"""A set larger than the memory it may take (row D35)."""

import gzip
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autocnn.data import open_data
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


IMAGES = np.broadcast_to(np.arange(4000, dtype=np.uint16)[:, None, None], (4000, 128, 128))
LABELS = np.arange(4000) % 2


def archive(folder: Path, save: Callable[..., None], floating: bool = False) -> DataOptions:
    images = IMAGES.astype(np.uint8)
    images[:, 0, 0] = IMAGES[:, 0, 0] >> 8
    if floating:
        images = images[:1000] / np.float32(255)
    save(folder / "a.npz", x=images, y=LABELS[: len(images)])
    return DataOptions(source=f"npz:{folder / 'a.npz'}", size=128)


def idx(folder: Path) -> DataOptions:
    for part, count in (("train", 3000), ("t10k", 1000)):
        images = IMAGES[:count].astype(np.uint8)
        images[:, 0, 0] = IMAGES[:count, 0, 0] >> 8
        for kind, head, body in (
            ("images-idx3", struct.pack(">4I", 0x803, *images.shape), images),
            ("labels-idx1", struct.pack(">2I", 0x801, count), LABELS[:count].astype(np.uint8)),
        ):
            with gzip.open(folder / f"{part}-{kind}-ubyte.gz", "wb", compresslevel=1) as file:
                file.write(head + body.tobytes())
    return DataOptions(source="mnist", root=str(folder), size=128, allow_empty_classes=True)


SOURCES = {
    "stored": lambda folder: archive(folder, np.savez),
    "compressed": lambda folder: archive(folder, np.savez_compressed),
    "floating": lambda folder: archive(folder, np.savez, floating=True),
    "idx.gz": idx,
}


@pytest.mark.parametrize("source", SOURCES)
def test_arrays_in_files_are_not_read_whole(source, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOCNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("autocnn.data.mapped.LARGE", 8 << 20)
    options = SOURCES[source](tmp_path)
    tracemalloc.start()
    try:
        dataset = open_data(options)
        assert tracemalloc.get_traced_memory()[1] < ALLOWED  # the file has 64 MB
    finally:
        tracemalloc.stop()
    images = dataset.test.images
    assert images.shape[1:] == (128, 128, 1)
    assert len(set(images[:, 1, 1, 0].tolist())) > 100
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_file()] == []
