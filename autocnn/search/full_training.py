"""One candidate trained fully by several workers together, outside of a study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from autocnn.data import Dataset
from autocnn.errors import DataError, NoTrialSucceeded, Problem, SpaceError
from autocnn.network import cost
from autocnn.registry import modules_of
from autocnn.search.cores import allowed_cores
from autocnn.search.executors import ProcessExecutor
from autocnn.search.job import Failed, Job, Lost, Progressed, shared
from autocnn.search.settings import SearchOptions
from autocnn.search.sharing import sharers
from autocnn.space import Candidate
from autocnn.training import Plan, recipe_of
from autocnn.training.metrics import named

LONG = 5e11
"""MACs of all forward passes from which on it is worth the seconds that workers take to start."""


def workers_for(candidate: Candidate, epoch: int, options: SearchOptions, plan: Plan) -> int:
    """How many workers train a candidate on so many images an epoch: one unless it takes long.

    A GPU trains it alone.
    """
    recipe = recipe_of(candidate)
    alone = options.executor == "inline" or plan.device != "cpu"
    if alone or recipe.pretrain is not None:
        return 1
    if options.workers != "auto":
        return sharers(options.workers, recipe.batch_size, epoch)
    macs = cost(candidate.architecture).macs
    wanted = len(allowed_cores()) if recipe.epochs * epoch * macs >= LONG else 1
    return sharers(wanted, recipe.batch_size, epoch, macs)


def train_together(
    candidate: Candidate,
    dataset: Dataset,
    plan: Plan,
    workers: int,
    folder: Path,
    start: Path | None,
    seen: int,
    **options: Any,
) -> Iterator[Progressed]:
    """Train in so many processes, on from the checkpoint `start`, which has `seen` so many images.

    `options` are those of `Job`. Checkpoints are written to `folder`. Raises DataError,
    NoTrialSucceeded where a worker ended, SpaceError where a checkpoint cannot be written, and
    RuntimeError for anything else that it raised.
    """
    job = Job(
        purpose="final",
        number=0,
        candidate=candidate.to_json(),
        data=dataset.reference,
        plan=plan.to_json(),
        folder=str(folder),
        start=seen,
        checkpoint=None if start is None else str(start),
        **options,
    )
    modules = modules_of(named(job.objective))
    with closing(ProcessExecutor(workers, modules=modules)) as executor:
        for part in shared(job, workers):
            executor.submit(part)
        while executor.running():
            for event in executor.events(1.0):
                if isinstance(event, Progressed):
                    yield event
                elif isinstance(event, Failed | Lost):
                    raise _error(event)


def _error(event: Failed | Lost) -> Exception:
    """What to raise for a training that did not end well."""
    match event:
        case Failed(reason="data"):
            return DataError(event.detail)
        case Failed(reason="disk"):
            text = f"cannot write the checkpoint: {event.detail}"
            return SpaceError(Problem("A13", text, event.job.folder))
        case Lost() | Failed(reason="out-of-memory" | "worker-lost"):
            text = f"a worker ended, perhaps for want of memory: {event.detail}"
            hint = "the same command goes on after the last epoch"
            return NoTrialSucceeded(f"{text}; {hint}; fewer `search.workers` need less memory")
    return RuntimeError(event.detail)
