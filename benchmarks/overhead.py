"""What a search costs beside training: milliseconds per trial and memory, by part.

A whole search phase with the real coordinator, strategy, stopping rule and store, in this process,
of networks whose training is made up at once. Times are of this process's processor, so that other
load changes little; waiting for the disk is in the column `wall` only. Each row is of the last
tenth of the trials up to its number.

    python benchmarks/overhead.py --trials 10000 --strategy default
    python benchmarks/overhead.py --trials 1000 --conditional 20
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from autocnn.api import load_space
from autocnn.data import DataOptions, open_data
from autocnn.search.coordinator import Coordinator
from autocnn.search.executors import InlineExecutor
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.interrupt import Interrupt
from autocnn.search.job import Event, Finished, Job, Progressed
from autocnn.search.opening import open_or_create
from autocnn.search.proposer import Proposer
from autocnn.search.recorder import Recorder
from autocnn.search.run import Run, make_coordinator
from autocnn.space import Space
from autocnn.store import Hold, open_store

SPACE = Path(__file__).parent.parent / "search_spaces" / "fashion_mnist.yaml"
EPOCHS = 3
"""Of a full training: three rungs."""

PARTS: dict[str, list[tuple[type, str]]] = {
    "strategy": [(Proposer, "propose")],
    "candidate": [(Intake, "judge")],
    "store": [(Hold, "add_trial"), (Hold, "update_trial"), (Hold, "add_progress")],
    "stopping": [(History, "rungs")],
    "checkpoints": [(Recorder, "_dropped")],
    "jobs": [(Coordinator, "_job")],
    "display": [(Coordinator, "show")],
}


class Enough(Exception):
    """All rows are there."""


class Meter:
    """Processor seconds by part, those of parts within a part not counted twice."""

    def __init__(self) -> None:
        self.spent = Counter[str]()
        self._within: list[float] = []

    def measure(self, part: str, owner: type, name: str) -> None:
        """Count the time of a method to a part."""
        method: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(method)
        def timed(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            self._within.append(0.0)
            try:
                return method(*given, **named)
            finally:
                took = time.process_time() - began
                self.spent[part] += took - self._within.pop()
                if self._within:
                    self._within[-1] += took

        setattr(owner, name, timed)


def pretend(meter: Meter, job: Job, worker: int) -> Iterator[Event]:
    """Points that are a function of the candidate alone, and rise."""
    began = time.process_time()
    text = repr(job.candidate["architecture"]).encode()
    chance = int.from_bytes(hashlib.sha256(text).digest()[:4], "big") / 2**32
    value = 0.7 + 0.1 * chance + 0.1 * min(1.0, len(text) / 8000)
    meter.spent["training"] += time.process_time() - began
    for images in job.evaluate_at:
        path = Path(job.folder) / f"{job.purpose}-{job.number}-{images}.pt"
        path.write_bytes(content := f"{job.number}/{images}".encode())
        yield Progressed(
            job, worker, images, images / 1295, {"val_accuracy": value + 1e-6 * images}, 0.1,
            job.spent + 0.01, 1000.0, str(path), hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
    yield Finished(job, worker)


def space_of(file: Path, strategy: str, trials: int, conditional: int) -> Space:
    """The space with that strategy and budget, and so many conditional holes more."""
    document = dict(load_space(file).document)
    rate = {"float": [0.0, 0.5]}
    more = [{"choice": [[], [{"dropout": {"rate": rate}}]]} for _ in range(conditional)]
    document |= {
        "study": "overhead",
        "data": {"source": "digits", "size": 28},
        "architecture": [*more, *document["architecture"]],
        "training": {**document["training"], "epochs": EPOCHS},
        "search": {**document.get("search", {}), "strategy": strategy},
        "budget": {"trials": 2 * trials},  # it ends before what is left is promoted
    }
    return load_space(document)


def search(given: Space, folder: Path, meter: Meter, at: list[int]) -> None:
    """The search phase; prints a row whenever so many trials are there."""
    store, dataset = (
        open_store(f"sqlite:///{folder}/a.db"),
        open_data(DataOptions(source="digits", size=(28, 28))),
    )
    study = open_or_create(store, given, dataset, new=False)
    run = Run(
        space=given, dataset=dataset, store=store, study=study, started=time.monotonic(),
        watch=lambda snapshot: None, rehearse=lambda: None, close=lambda outcome, hold: None,
    )  # fmt: skip
    marks = {number - max(1, number // 10): None for number in at}
    with store.hold(study.id) as hold, Interrupt() as interrupt:
        executor = InlineExecutor(functools.partial(pretend, meter))
        coordinator = make_coordinator(run, hold, interrupt, executor)
        step = coordinator.step

        def watched(phase: str) -> list[Event]:
            number = len(coordinator.history.trials)
            for begin in [begin for begin in marks if begin <= number]:
                marks[begin] = marks[begin] or (number, *_now(meter))
            for end in [end for end in at if end <= number]:
                _show(number, marks[end - max(1, end // 10)], meter)
                at.remove(end)
            if not at:
                raise Enough
            return step(phase)

        coordinator.step = watched  # type: ignore[method-assign]
        with suppress(Enough):
            coordinator.run()
    number = len(coordinator.history.trials)
    print(f"{number} trials in {sum(t.images > 0 for t in coordinator.history.trials)} trainings")


def _now(meter: Meter) -> tuple[float, float, Counter[str]]:
    return time.process_time(), time.perf_counter(), Counter(meter.spent)


def _show(number: int, begun: Any, meter: Meter) -> None:
    first, cpu, wall, before = begun
    trials = max(1, number - first)
    parts = {part: meter.spent[part] - before[part] for part in (*PARTS, "training")}
    total = time.process_time() - cpu - parts.pop("training")
    parts["rest"] = total - sum(parts.values())
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    memory = pages * resource.getpagesize() >> 20
    cells = [f"{number:6,}", *(f"{1e3 * value / trials:.1f}" for value in parts.values())]
    cells += [f"{1e3 * total / trials:.1f}", f"{1e3 * (time.perf_counter() - wall) / trials:.1f}"]
    print("| " + " | ".join([*cells, f"{memory} MiB"]) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--space", type=Path, default=SPACE)
    parser.add_argument("--strategy", default="default")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--conditional", type=int, default=0, help="so many of them more")
    given = parser.parse_args()
    meter = Meter()
    for part, methods in PARTS.items():
        for owner, name in methods:
            meter.measure(part, owner, name)
    print("| trials | " + " | ".join([*PARTS, "rest", "ms per trial", "wall", "memory"]) + " |")
    at = [number for number in (100, 1000, 3000, 10_000) if number < given.trials] + [given.trials]
    with tempfile.TemporaryDirectory() as folder:
        space = space_of(given.space, given.strategy, given.trials, given.conditional)
        search(space, Path(folder), meter, at)


if __name__ == "__main__":
    main()
