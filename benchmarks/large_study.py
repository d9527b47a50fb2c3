"""A study of 10,000 trials with 200,000 evaluation points, for the benchmarks of what shows it.

    python benchmarks/large_study.py sqlite:////tmp/large/autocnn.db

Real candidates of the Fashion-MNIST space, each tried many times, with made-up values; written
through the store's tables in one transaction per thousand trials.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from math import exp
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from autocnn.api import load_space
from autocnn.search.intake import architecture_row
from autocnn.space import Candidate, elaborate, sample
from autocnn.store import NewStudy, Store, open_store
from autocnn.store.tables import ARCHITECTURE, DECISION, PROGRESS, TRIAL

SPACE = Path(__file__).parent.parent / "search_spaces" / "fashion_mnist.yaml"
NETWORKS = 200
EPOCH = 6_000
ENDS = (
    ("completed", None, 40, 25),
    ("stopped", "rung", 20, 30),
    ("paused", "not-promoted", 10, 40),
    ("infeasible", "constraint", 0, 3),
    ("failed", "non-finite", 0, 2),
)
"""State, reason, evaluation points and percent of the trials; 20 points a trial on average."""

Row = dict[str, Any]


def write_large_study(store: Store, name: str = "large", trials: int = 10_000) -> str:
    """Write the study and return its id."""
    study = store.create_study(_study(name)).id
    source, begin = random.Random(0), datetime.now(UTC) - timedelta(hours=9)
    networks = [*_networks(NETWORKS)]
    writer = store.engine.execution_options(autocnn_begin="immediate")
    with writer.begin() as connection:
        rows = {row.digest: asdict(row) for _, row, _ in networks}
        connection.execute(insert(ARCHITECTURE), [*rows.values()])
    for first in range(0, trials, 1000):
        numbers = range(first, min(first + 1000, trials))
        made = [_trial(study, number, networks, source, begin) for number in numbers]
        with writer.begin() as connection:
            connection.execute(insert(TRIAL), [trial for trial, _, _ in made])
            for table, place in ((PROGRESS, 1), (DECISION, 2)):
                connection.execute(insert(table), [row for rows in made for row in rows[place]])
    return study


def _study(name: str) -> NewStudy:
    return NewStudy(
        name=name,
        space=SPACE.read_text("utf-8"),
        identity={},
        digest="5" * 64,
        settings={
            "objectives": {"val_accuracy": "maximize"},
            "budget": {"time": 36_000.0, "trials": None, "epochs": None, "images": None},
        },
        data_fingerprint="f" * 64,
        data={
            "source": "fashion-mnist",
            "classes": [str(number) for number in range(10)],
            "shape": [1, 28, 28],
            "images": {"train": 54_000, "validation": 6_000, "test": 10_000},
        },
        environment={},
        plan={},
        seed=0,
    )


def _networks(count: int) -> Iterator[tuple[Candidate, Any, Row]]:
    space, seed = load_space(SPACE), 0
    while count:
        filled = sample(space, seed)
        candidate = elaborate(filled, (1, 28, 28), 10)
        if isinstance(candidate, Candidate):
            yield candidate, architecture_row(candidate.architecture), dict(filled.values)
            count -= 1
        seed += 1


def _trial(
    study: str, number: int, networks: list[Any], source: random.Random, begin: datetime
) -> tuple[Row, list[Row], list[Row]]:
    """The row of a trial, its evaluation points and its decisions."""
    candidate, architecture, values = networks[source.randrange(len(networks))]
    state, reason, points, _ = source.choices(ENDS, [end[3] for end in ENDS])[0]
    started = begin + timedelta(seconds=3 * number)
    top = 0.93 - 0.1 * source.random() ** 2 - 0.03 * (architecture.digest < "8")
    progress = [
        {
            "study": study,
            "trial": number,
            "images": point * EPOCH // 4,
            "epoch": point / 4,
            "metrics": {
                "train_loss": exp(-point / 9),
                "val_loss": 0.3 + exp(-point / 7),
                "val_accuracy": top - 0.4 * exp(-point / 6) + source.gauss(0, 0.002),
            },
            "lr": 0.1 * (1 - point / 41),
            "seconds": 0.3 * point,
            "images_per_second": 5_000.0,
            "created": started + timedelta(seconds=0.3 * point),
        }
        for point in range(1, points + 1)
    ]
    decisions = [
        {
            "study": study,
            "trial": number,
            "rung": rung * EPOCH // 4,
            "action": "promote" if points > rung else {"stopped": "stop"}.get(state, "pause"),
            "by": "asha",
            "threshold": top,
            "rivals": number,
            "created": started + timedelta(seconds=0.3 * rung),
        }
        for rung in (10, 20)
        if points >= rung
    ]
    last = progress[-1] if progress else None
    best = max(progress, key=lambda row: row["metrics"]["val_accuracy"], default=None)
    trial = {
        "study": study,
        "number": number,
        "architecture": architecture.digest,
        "candidate": candidate.to_json(),
        "candidate_digest": candidate.digest,
        "values": values,
        "notes": {},
        "state": state,
        "reason": reason,
        "detail": "",
        "parent": None,
        "worker": str(number % 2),
        "device": "cpu",
        "horizon": 10 * EPOCH,
        "seed": number,
        "images": last["images"] if last else 0,
        "seconds": last["seconds"] if last else 0.0,
        "created": started,
        "started": started,
        "finished": None if state == "paused" else started + timedelta(seconds=12),
        "best_images": best["images"] if best else None,
        "best_epoch": best["epoch"] if best else None,
        "best_value": best["metrics"]["val_accuracy"] if best else None,
        "last_value": last["metrics"]["val_accuracy"] if last else None,
        "checkpoint": None,
    }
    return trial, progress, decisions


def main() -> None:
    """Write one to the store at a URL."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", metavar="URL")
    parser.add_argument("--trials", type=int, default=10_000)
    given = parser.parse_args()
    print(write_large_study(open_store(given.store), trials=given.trials))


if __name__ == "__main__":
    main()
