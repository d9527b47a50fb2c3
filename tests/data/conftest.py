"""Folders of small images, different from each other, and a cache of one's own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def draw() -> Callable[..., Path]:
    """Write an image of noise; the same `seed` gives the same pixels."""

    def write(path: Path, seed: int, size: tuple[int, int] = (8, 8), mode: str = "L") -> Path:
        shape = (*size, 3) if mode == "RGB" else size
        noise = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise).save(path)
        return path

    return write


@pytest.fixture
def photos(tmp_path: Path, draw: Callable[..., Path]) -> Path:
    """`cat` and `dog`, ten images each."""
    for label, name in enumerate(("cat", "dog")):
        for index in range(10):
            draw(tmp_path / "photos" / name / f"{index}.png", 100 * label + index)
    return tmp_path / "photos"
