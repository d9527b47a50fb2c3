"""How long `autocnn --help` and `import autocnn` take, beside Python's own start.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import autocnn": ["-c", "import autocnn"],
    "autocnn --help": ["-c", "from autocnn.cli import main; main(['--help'])"],
}


def seconds(arguments: list[str]) -> float:
    """Wall-clock seconds of one fresh Python."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=False, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the median of RUNS runs of each command, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS + 1):
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    print(f"median of {RUNS} runs after a warm-up, seconds")
    for name, found in taken.items():
        print(f"  {name:16} {statistics.median(found[1:]):6.3f}")


if __name__ == "__main__":
    main()
