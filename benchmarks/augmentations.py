"""How long each augmentation takes: milliseconds for a batch of 256 images, on one thread.

    python benchmarks/augmentations.py [--shape 3x32x32] [--repeats 30]

The median of the repeats; a convolution of the stem over the same batch beside it, to compare.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from autocnn.data.augment import AUGMENTATIONS, Batch

IMAGES = 256


def milliseconds(function: Callable[[], object], repeats: int) -> float:
    """The median time of a call, after one that warms up."""
    function()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def main() -> None:
    """Print a line for each augmentation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", default="3x32x32")
    parser.add_argument("--repeats", type=int, default=30)
    arguments = parser.parse_args()
    channels, height, width = map(int, arguments.shape.split("x"))
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    shape = (IMAGES, height, width, channels)
    images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    images = images.permute(0, 3, 1, 2)
    batch = Batch(images, torch.arange(IMAGES) % 10, torch.arange(IMAGES), 0, 10)
    for word in AUGMENTATIONS:
        augmentation = AUGMENTATIONS[word]()
        took = milliseconds(lambda a=augmentation: a.change(batch, generator), arguments.repeats)
        print(f"{word:18} {took:6.2f} ms")
    stem = torch.nn.Conv2d(channels, 32, 3, padding=1).to(memory_format=torch.channels_last)
    floats = images.float()
    with torch.no_grad():
        took = milliseconds(lambda: stem(floats), arguments.repeats)
    print(f"{'(one convolution)':18} {took:6.2f} ms")


if __name__ == "__main__":
    main()
