"""What a page looks like, in so few numbers that fonts and smoothing hardly change them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELL = 30
"""Pixels of a side of the squares that a page is cut into."""

STEP = 16
"""A number is kept as the next lower multiple of this one."""

NOISE = 32
"""A square looks the same where its numbers differ by no more from those around its place."""

ROWS, SCREEN = 220, 30
"""Squares from the top that are looked at, and those of a screen."""

Look = NDArray[np.uint8]

STILL = """.eyebrow > span:not(.badge) { visibility: hidden }  /* the time at which it was begun */
.modebar { display: none }  /* comes with the mouse */
* { scroll-behavior: auto !important }"""


def look(page: Any, style: str = "") -> tuple[Look, Image.Image]:
    """Brightness, contrast and colour of each square `(rows, columns, 3)`, and the page itself."""
    taken = page.screenshot(full_page=True, animations="disabled", style=STILL + style)
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    pixels = np.asarray(picture, np.float32)[: CELL * ROWS]
    rows, columns = (side // CELL for side in pixels.shape[:2])
    cells = pixels[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3)
    light = cells.mean(4)
    colour = (cells.max(4) - cells.min(4)).mean((1, 3))
    found = np.stack([light.mean((1, 3)), 2 * light.std((1, 3)), colour], 2)
    return (found.clip(0, 255) // STEP * STEP).astype(np.uint8), picture


def strange(seen: Look, known: Look) -> NDArray[np.bool_]:
    """Which squares of one have nothing like them near their place in the other."""
    rows = max(len(seen), len(known))
    one, other = (np.pad(each, ((0, rows - len(each)), (0, 0), (0, 0)), "edge").astype(int)
                  for each in (seen, known))  # fmt: skip
    return _unlike(one, other) | _unlike(other, one)


def _unlike(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    padded = np.pad(other, ((1, 1), (1, 1), (0, 0)), "edge")
    near = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    low, high = near.min((3, 4)) - NOISE, near.max((3, 4)) + NOISE
    found: NDArray[np.bool_] = ((one < low) | (one > high)).any(2)
    return found


def worst(cells: NDArray[np.bool_]) -> float:
    """The largest share of strange squares on any screen of the page."""
    starts = range(0, max(1, len(cells) - SCREEN + 1), SCREEN // 2)
    return max(float(cells[start : start + SCREEN].mean()) for start in starts)


def marked(picture: Image.Image, cells: NDArray[np.bool_], path: Path) -> Path:
    """Write the page with a red shade over strange squares."""
    large = np.repeat(np.repeat(cells, CELL, 0), CELL, 1)
    shade = Image.fromarray((110 * large).astype(np.uint8))
    mask = Image.new("L", picture.size)
    mask.paste(shade)
    Image.composite(Image.new("RGB", picture.size, (255, 0, 0)), picture, mask).save(path)
    return path
