"""How long the language takes: fill, elaborate and cost of a candidate, and `autocnn check`.

    python benchmarks/language.py

At most 150 ms for a candidate of ResNet-50's size, 10 ms for one of ten layers, and 5 s for a
check of the Fashion-MNIST space with 200 samples, the start of the command included.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from autocnn.api import load_space
from autocnn.network import cost
from autocnn.space import Candidate, elaborate, sample

SPACES = Path(__file__).parent.parent / "search_spaces"
RUNS = 15


def candidates(name: str) -> Callable[[int], object]:
    """What takes a seed and makes a candidate of that space, with its cost."""
    space = load_space(SPACES / name)
    shape, classes = ((3, 224, 224), 1000) if "classics" in name else ((1, 28, 28), 10)

    def make(seed: int) -> object:
        candidate = elaborate(sample(space, seed), shape, classes)
        assert isinstance(candidate, Candidate)
        return cost(candidate.architecture)

    return make


def check(_: int) -> object:
    """The whole command."""
    arguments = ["check", str(SPACES / "fashion_mnist.yaml")]
    code = f"from autocnn.cli import main; main({arguments!r})"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def main() -> None:
    """Print the median time of each."""
    whats = {
        "candidate of ResNet-50": (candidates("classics/resnet50.yaml"), RUNS),
        "candidate of fashion_mnist.yaml": (candidates("fashion_mnist.yaml"), RUNS),
        "autocnn check fashion_mnist.yaml": (check, 3),
    }
    for name, (run, count) in whats.items():
        taken = []
        for seed in range(count + 1):
            began = time.perf_counter()
            run(seed)
            taken.append(time.perf_counter() - began)
        print(f"  {name:34} {1000 * statistics.median(taken[1:]):8.1f} ms")


if __name__ == "__main__":
    main()
