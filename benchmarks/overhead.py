"""What a search costs beside training: milliseconds per trial and memory, by part.

A whole study with the real coordinator, strategy, stopping rule and store, in this process, of
trials whose training is made up at once; then its finals, which really train, bundle and report.
Times are of this process's processor, so that other load changes little; waiting for the disk is
in the column `wall` only. Each row is of the last tenth of the trials up to its number, but for
`mean`, which is of all of them.

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocnn.api import load_space
from autocnn.closing import close, report_of
from autocnn.data import DataOptions, open_data
from autocnn.search.coordinator import Coordinator
from autocnn.search.executors import InlineExecutor
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.job import Event, Finished, Job, Progressed
from autocnn.search.opening import open_or_create
from autocnn.search.proposer import Proposer
from autocnn.search.reading import Outcome
from autocnn.search.recorder import Recorder
from autocnn.search.run import Run, run_study
from autocnn.search.worker import run_job
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
OTHERS = ("rest", "ms per trial", "mean", "wall", "memory")


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
    """Points that are a function of the candidate alone, and rise; the finals are real."""
    if job.purpose != "trial":
        yield from run_job(job, worker)
        return
    began = time.process_time()
    text = repr(job.candidate["architecture"]).encode()
    chance = int.from_bytes(hashlib.sha256(text).digest()[:4], "big") / 2**32
    value = 0.7 + 0.1 * chance + 0.1 * min(1.0, len(text) / 8000)
    for images in job.evaluate_at:
        path = Path(job.folder) / f"{job.purpose}-{job.number}-{images}.pt"
        path.write_bytes(content := f"{job.number}/{images}".encode())
        meter.spent["training"] += time.process_time() - began
        yield Progressed(
            job, worker, images, images / 1295, {"val_accuracy": value + 1e-6 * images}, 0.1,
            job.spent + 0.01, 1000.0, str(path), hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        began = time.process_time()
    yield Finished(job, worker)


def space_of(file: Path, strategy: str, trials: int, conditional: int) -> Space:
    """The space with that strategy and budget, and so many conditional holes more."""
    document = dict(load_space(file).document)
    rate = {"float": [0.0, 0.5]}
    more = [{"choice": [[], [{"dropout": {"rate": rate}}]]} for _ in range(conditional)]
    options = dict(document.get("search", {}))
    if more:
        options.pop("start", None)  # the holes of its candidates have other names now
    document |= {
        "study": "overhead",
        "data": {"source": "digits", "size": 28},
        "architecture": [*more, *document["architecture"]],
        "training": {**document["training"], "epochs": EPOCHS},
        "search": {**options, "strategy": strategy},
        "budget": {"trials": trials},
    }
    return load_space(document)


@dataclass
class Rows:
    """Prints a row whenever so many trials are there."""

    meter: Meter
    at: list[int]
    _marks: dict[int, tuple[int, float, float, Counter[str]]] = field(default_factory=dict)

    def look(self, number: int) -> None:
        """There are so many trials now."""
        begins = {1, *(end - max(1, end // 10) for end in self.at)}
        for begin in begins - self._marks.keys():
            if begin <= number:
                self._marks[begin] = number, *_times(), Counter(self.meter.spent)
        while self.at and self.at[0] <= number:
            self._show(number, self.at.pop(0))

    def _show(self, number: int, end: int) -> None:
        first, cpu, wall, before = self._marks[end - max(1, end // 10)]
        now, trials = _times(), max(1, number - first)
        parts = {part: self.meter.spent[part] - before[part] for part in (*PARTS, "training")}
        total = now[0] - cpu - parts.pop("training")
        parts["rest"] = total - sum(parts.values())
        start, begun, _, trained = self._marks[1]
        mean = now[0] - begun - self.meter.spent["training"] + trained["training"]
        cells = [f"{number:6,}", *(f"{1e3 * value / trials:.1f}" for value in parts.values())]
        cells += [f"{1e3 * total / trials:.1f}", f"{1e3 * mean / max(1, number - start):.1f}"]
        cells += [f"{1e3 * (now[1] - wall) / trials:.1f}", f"{memory()} MiB"]
        print("| " + " | ".join(cells) + " |", flush=True)


def _times() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def memory() -> int:
    """MiB that this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() >> 20


def search(given: Space, folder: Path, meter: Meter, at: list[int]) -> None:
    """The study to its end; prints a row whenever so many trials are there."""
    store, dataset = (
        open_store(f"sqlite:///{folder}/a.db"),
        open_data(DataOptions(source="digits", size=(28, 28))),
    )
    study, rows = open_or_create(store, given, dataset, new=False), Rows(meter, at)
    step, coordinators = Coordinator.step, set[Coordinator]()

    def watched(coordinator: Coordinator, phase: str) -> list[Event]:
        coordinators.add(coordinator)
        coordinator.whole = False  # its trials have no weights that the finals could take
        rows.look(len(coordinator.history.trials))
        return step(coordinator, phase)

    Coordinator.step = watched  # type: ignore[method-assign]
    ended: list[tuple[float, float]] = []

    def finish(outcome: Outcome, hold: Hold) -> None:
        ended.append(_times())
        close(store, study, dataset, outcome, hold)

    began = _times()
    run_study(
        Run(
            space=given, dataset=dataset, store=store, study=study, started=time.monotonic(),
            watch=lambda snapshot: None, rehearse=lambda: report_of(store, study), close=finish,
            executor=InlineExecutor(functools.partial(pretend, meter)),
        )
    )  # fmt: skip
    trials = next(iter(coordinators)).history.trials
    trained = sum(trial.images > 0 for trial in trials)
    state = next(found.state for found in store.studies() if found.id == study.id)
    now, report = _times(), store.folder / study.name / "report.html"
    print(
        f"{len(trials)} trials, {trained} trained, study {state}: {now[0] - began[0]:.0f} s in "
        f"all, {now[0] - ended[0][0]:.1f} s bundle and report ({report.stat().st_size >> 10} KiB),"
        f" {memory()} MiB with torch, at most "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB"
    )


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
    print("| trials | " + " | ".join([*PARTS, *OTHERS]) + " |")
    at = [number for number in (100, 1000, 3000, 10_000) if number < given.trials] + [given.trials]
    with tempfile.TemporaryDirectory() as folder:
        space = space_of(given.space, given.strategy, given.trials, given.conditional)
        search(space, Path(folder), meter, at)


if __name__ == "__main__":
    main()
