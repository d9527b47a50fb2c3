"""Test accuracy on Fashion-MNIST after so many minutes: the search against its rivals.

    python benchmarks/fashion.py results.jsonl [--minutes 5] [--seeds 5] [--arms default fixed]

The arms are the search of `search_spaces/fashion_mnist.yaml` with several strategies or stopping
rules, all on our runtime; `fixed`, which trains `networks/fashion_fixed.yaml` without a search, up
to its 100 epochs, or as many more as the time is longer than 15 minutes; and `optuna`, a plain
script as a tutorial has it (`rivals/plain_optuna.py`). Each is a command of its own with all
cores, one after the other, in random order. Seconds are wall clock from the start of the command
to its end, bundle and report included; `fixed` reads the test part in a second one. An arm with a
star is the ensemble that the search chose beside its network.

Each result is appended to the file as it comes, and what is there already is not run again: a
comparison may be made in portions. At the end all results of these minutes are shown: the mean
over seeds and its 95 % interval (Student's t), and the differences to `default`, paired by seed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scipy.stats import t as student

ROOT = Path(__file__).parent.parent
SPACE, FIXED = "search_spaces/fashion_mnist.yaml", "benchmarks/networks/fashion_fixed.yaml"
EPOCHS = 100  # of FIXED, which 15 minutes are enough for
PLAIN = "benchmarks/rivals/plain_optuna.py"
SEARCHES: dict[str, list[str]] = {
    "default": ["search.strategy=default", "search.stopping=default"],
    "random": ["search.strategy=random", "search.stopping=none"],
    "tpe": ["search.strategy=tpe", "search.stopping=default"],
    "topk": ["search.strategy=random", "search.stopping=topk"],
}
ARMS = (*SEARCHES, "fixed", "optuna")


def run(*words: str) -> dict[str, Any]:
    """The document that a command prints; raises CalledProcessError where it fails."""
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def autocnn(*words: str) -> dict[str, Any]:
    """What a command of autocnn prints as JSON."""
    return run("-m", "autocnn", *words, "--json")


def measure(arm: str, seed: int, minutes: float) -> dict[str, Any]:
    """Run an arm: its accuracies on validation and test, and the seconds it took."""
    seconds = 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        if arm == "optuna":
            found = run(PLAIN, "--seconds", str(seconds), "--seed", str(seed))
        elif arm == "fixed":
            words = ["--time", f"{seconds}s", "--seed", str(seed), "-o", f"{folder}/bundle"]
            epochs = round(EPOCHS * max(1, minutes / 15))
            autocnn("train", FIXED, *words, "--set", f"training.epochs={epochs}")
        else:
            sets = [*SEARCHES[arm], f"search.seed={seed}", f"budget.time={seconds}s"]
            given = [word for text in sets for word in ("--set", text)]
            result = autocnn("search", SPACE, "--store", f"sqlite:///{folder}/s.db", *given)
            found = {part: score["accuracy"] for part, score in result["scores"].items()}
            if result["ensemble"]:
                found["ensemble"] = result["ensemble"]["scores"]["test"]["accuracy"]
        took = time.monotonic() - began
        if arm == "fixed":
            read = autocnn("evaluate", f"{folder}/bundle", "fashion-mnist", "--part", "test")
            found = {"test": read["accuracy"]}
    return {"arm": arm, "seed": seed, "minutes": minutes, "seconds": round(took, 1), **found}


def show(results: list[dict[str, Any]]) -> None:
    """Print the table of some results."""
    by_arm: dict[str, dict[int, float]] = {}
    for row in results:
        by_arm.setdefault(row["arm"], {})[row["seed"]] = row["test"]
        if "ensemble" in row:
            by_arm.setdefault(f"{row['arm']} *", {})[row["seed"]] = row["ensemble"]
    base = by_arm.get("default", {})
    print(f"{'arm':<10} {'runs':>4} {'test':>8} {'± 95 %':>8} {'to default':>11} {'± 95 %':>8}")
    for arm, found in sorted(by_arm.items(), key=lambda item: -statistics.mean(item[1].values())):
        both = [value - base[seed] for seed, value in found.items() if seed in base]
        difference = f"{statistics.mean(both):>+11.2%} {interval(both):>8.2%}" if both else ""
        values = list(found.values())
        print(
            f"{arm:<10} {len(values):>4} {statistics.mean(values):>8.2%}"
            f" {interval(values):>8.2%} {difference}"
        )


def interval(values: list[float]) -> float:
    """Half the width of the mean's 95 % interval; NaN for a single value."""
    if len(values) < 2:
        return math.nan
    error = statistics.stdev(values) / math.sqrt(len(values))
    return float(student.ppf(0.975, len(values) - 1)) * error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=["default", "fixed"])
    options = parser.parse_args()
    lines = options.results.read_text().splitlines() if options.results.exists() else []
    rows = [row for row in map(json.loads, lines) if row["minutes"] == options.minutes]
    done = {(row["arm"], row["seed"]) for row in rows}
    for seed in range(options.seeds):  # so that what is cut short is paired as far as it goes
        for arm in random.sample(options.arms, len(options.arms)):
            if (arm, seed) in done:
                continue
            row = measure(arm, seed, options.minutes)
            with options.results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{arm}, seed {seed}: {row['test']:.2%} in {row['seconds']:.0f} s", flush=True)
            rows.append(row)
    show(rows)


if __name__ == "__main__":
    main()
