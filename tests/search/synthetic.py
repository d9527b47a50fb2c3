"""Studies of the real coordinator, store and language, with jobs that only pretend to train."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from autocnn.api import load_space
from autocnn.data import DataOptions, Dataset, open_data
from autocnn.search.coordinator import Coordinator
from autocnn.search.executors import InlineExecutor
from autocnn.search.interrupt import Interrupt
from autocnn.search.job import Event, Finished, Job, Progressed
from autocnn.search.opening import open_or_create
from autocnn.search.run import Run, make_coordinator
from autocnn.space import Space
from autocnn.store import Store, open_store

EPOCH = 1295
"""Training images of the digits."""

SPACE: dict[str, Any] = {
    "study": "synthetic",
    "data": {"source": "digits"},
    "architecture": [
        {"conv": {"channels": {"int": [4, 64]}, "kernel": {"choice": [1, 3, 5, 7]}}},
        {"choice": [[], [{"pool": {"kind": {"choice": ["max", "avg"]}, "kernel": 2}}]]},
        {"global_pool": {"kind": {"choice": ["avg", "max"]}}},
        {"linear": {"units": "=classes", "activation": "none"}},
    ],
    "training": {"epochs": 9, "optimizer": {"sgd": {"lr": {"float": [0.01, 1.0], "log": True}}}},
    "search": {"strategy": "tpe", "stopping": {"asha": {"first": 1, "factor": 3}}, "seed": 0},
    "budget": {"trials": 40},
    "constraints": {"params": {"max": 3000}},
}


def space(**changes: Any) -> Space:
    return load_space({**SPACE, **changes})


@cache
def digits() -> Dataset:
    return open_data(DataOptions(source="digits"))


def pretend(job: Job, worker: int, pause: float = 0.0) -> Iterator[Event]:
    """Points whose accuracy is a function of the candidate, the seed and the progress alone."""
    for images in job.evaluate_at:
        time.sleep(pause)
        key = f"{sorted(job.candidate.items())}{job.seed}{images}".encode()
        noise = int.from_bytes(hashlib.sha256(key).digest()[:4], "big") / 2**32
        channels = job.candidate["architecture"][0]["conv"]["channels"]
        value = 0.5 + 0.3 * channels / 64 + 0.1 * images / job.until + 0.05 * noise
        yield point(job, worker, images, value)
    yield Finished(job, worker)


def point(
    job: Job, worker: int, images: int, value: float | None, reason: str | None = None
) -> Progressed:
    """An evaluation point with a checkpoint on the disk; `value` None was not measured."""
    path = Path(job.folder) / f"{job.purpose}-{job.number}-{images}.pt"
    path.write_bytes(content := f"{job.number}/{job.seed}/{images}".encode())
    metrics = {} if value is None else {"val_loss": 1 - value, "val_accuracy": value}
    return Progressed(
        job=job,
        worker=worker,
        images=images,
        epoch=images / EPOCH,
        metrics={"train_loss": 0.5, **metrics},
        lr=0.1,
        seconds=job.spent + 0.01,
        images_per_second=1000.0,
        checkpoint=str(path),
        sha256=hashlib.sha256(content).hexdigest(),
        reason=reason,
    )


def search(
    store: Store, given: Space, run_job: Any = pretend, interrupt: Interrupt | None = None
) -> Coordinator:
    """The search phase alone, in this process."""
    dataset = digits()
    study = open_or_create(store, given, dataset, new=False)
    run = Run(
        space=given,
        dataset=dataset,
        store=store,
        study=study,
        started=time.monotonic(),
        watch=lambda snapshot: None,
        rehearse=lambda: None,
        close=lambda outcome, hold: None,
    )
    with store.hold(study.id) as hold, interrupt or Interrupt() as entered:
        coordinator = make_coordinator(run, hold, entered, InlineExecutor(run_job))
        coordinator.run()
        return coordinator


def recorded(store: Store, name: str) -> dict[str, list[Any]]:
    """All that a resumed study must have in common with an uninterrupted one."""
    study = store.study(name)
    assert study is not None
    trials = [
        (t.number, dict(t.values), t.state, t.reason, t.parent, t.images, t.best_value, t.seed)
        for t in store.trials(study.id)
    ]
    points = [(p.trial, p.images, dict(p.metrics), p.lr) for p in store.progress(study.id)]
    decisions = {
        (d.trial, d.rung, d.action, d.by, d.threshold, d.rivals) for d in store.decisions(study.id)
    }
    return {"trials": trials, "points": points, "decisions": sorted(decisions, key=str)}


def search_seed(url: str, seed: int, pause: float = 0.0) -> None:
    """The search phase of a study with a seed of its own."""
    options = {**SPACE["search"], "seed": seed}
    search(open_store(url), space(search=options), partial(pretend, pause=pause))


def killed_within(url: str, seed: int, seconds: float) -> bool:
    """Search in a forked process and kill it after so many seconds; False if it ended before."""
    child = os.fork()
    if child == 0:
        search_seed(url, seed, pause=0.004)
        os._exit(0)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"the search ended with status {status}"
            return False
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


if __name__ == "__main__":
    folder, rounds = sys.argv[1], int(sys.argv[2])
    search_seed(f"sqlite:///{folder}/warm/a.db", 0)  # so that no kill falls into an import
    chance = random.Random(0)
    kills = studies = 0
    while kills < rounds:
        studies += 1
        while killed_within(f"sqlite:///{folder}/{studies}/a.db", studies, chance.uniform(0, 0.8)):
            kills += 1
    print(studies)
