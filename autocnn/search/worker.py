"""What a worker does: take jobs from a pipe, train, write checkpoints, report points."""

from __future__ import annotations

import os
import queue
import signal
import threading
import traceback
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import DataError, out_of_memory
from autocnn.search.cores import pin
from autocnn.search.job import Event, Failed, Finished, Job, Progressed
from autocnn.training.gpus import VISIBLE, release_gpu

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training import Point

DETAIL_CHARACTERS = 4_000


@dataclass(frozen=True)
class Place:
    """Where a worker runs: on which cores, by how many threads, and the one GPU that it sees."""

    cores: tuple[int, ...]
    threads: int = 1
    gpu: str | None = None

    def take(self) -> None:
        """Keep this process there; torch must not have asked the driver yet."""
        pin(self.cores)
        if self.gpu is not None:
            os.environ[VISIBLE] = self.gpu


def run_job(job: Job, worker: int) -> Iterator[Event]:
    """Train a job, yielding every point after its checkpoint is safely on the disk.

    Points without progress, such as a deadline brings at once, are left out, and all points of
    ranks other than 0. Always ends with Finished or Failed, never with an exception of the
    training.
    """
    seen = job.start
    try:
        scores = _scores(job)
        weights, share = _heritage(job)
        for point in _points(job, weights):
            if point.images == seen and point.reason != "non-finite":
                continue
            seen = point.images
            path = Path(job.folder) / f"{job.name}-{point.images}.pt"
            try:
                sha256 = point.save(path)
            except OSError as error:
                yield Failed(job, worker, "disk", f"{path}: {error.strerror or error}")
                return
            yield Progressed(
                job,
                worker,
                point.images,
                point.epoch,
                point.metrics,
                point.lr,
                job.spent + point.seconds,
                point.images_per_second,
                str(path),
                sha256,
                point.reason,
                share,
                scores,
                point.is_best,
            )
    except DataError as error:
        yield Failed(job, worker, "data", str(error))
    except Exception as error:
        if job.size > 1 and isinstance(error, EOFError | ConnectionError):
            yield Failed(job, worker, "worker-lost", "another process of its group ended")
            return
        text = traceback.format_exc()[-DETAIL_CHARACTERS:]
        yield Failed(job, worker, "out-of-memory" if out_of_memory(error) else "bug", text)
    else:
        yield Finished(job, worker)


def _scores(job: Job) -> Mapping[str, float]:
    """What a job wants to know before training."""
    if not job.scores:
        return {}
    from autocnn.data import Dataset
    from autocnn.space import imports_allowed
    from autocnn.training import SCORES, read_candidate_json
    from autocnn.training.scoring import initial_scores

    with imports_allowed():
        candidate = read_candidate_json(job.candidate)
    scores = [SCORES.parse(score) for score in job.scores]
    return initial_scores(scores, candidate, Dataset.map(job.data), job.seed)


def _heritage(job: Job) -> tuple[Mapping[str, Tensor], float | None]:
    """What a job begins with, and which share of its parameters that is; None if it is not to."""
    if job.inherit is None:
        return {}, None
    from autocnn.space import imports_allowed
    from autocnn.training import read_candidate_json
    from autocnn.training.inheritance import inherited

    with imports_allowed():
        architecture = read_candidate_json(job.candidate).architecture
    try:
        return inherited(architecture, Path(job.inherit))
    except FileNotFoundError:  # the parent has gone on meanwhile
        return {}, 0.0


def _points(job: Job, weights: Mapping[str, Tensor]) -> Iterator[Point]:
    """Train; the points of rank 0."""
    from autocnn.data import Dataset
    from autocnn.space import imports_allowed
    from autocnn.training import Plan, ProcessGroup, read_candidate_json, train, train_folds

    with imports_allowed():  # the coordinator had to be allowed to before
        candidate = read_candidate_json(job.candidate)
    dataset = Dataset.map(job.data)
    settings: dict[str, Any] = {
        "seed": job.seed,
        "horizon": job.horizon,
        "until": job.until,
        "evaluate_at": job.evaluate_at,
        "plan": Plan.model_validate(job.plan),
        "start": Path(job.checkpoint) if job.checkpoint else None,
        "deadline": job.deadline,
        "objective": job.objective,
    }
    if job.purpose == "trial" and dataset.folds is not None:
        yield from train_folds(candidate, dataset, **settings)
        return
    refit = job.purpose == "refit"
    with closing(ProcessGroup(job.rank, job.size, job.address)) as group:
        for point in train(
            candidate,
            dataset,
            refit=refit,
            group=group,
            weights=weights,
            full=job.purpose != "trial",
            **settings,
        ):
            if not job.rank:
                yield point


def serve(pipe: Connection, worker: int, place: Place, modules: Collection[str]) -> None:
    """The main function of a worker process, which imports these `modules` of a user's first.

    Interrupts from the terminal are the coordinator's business. When the pipe closes, because
    the coordinator ended or died, the worker ends at once: nothing it has not reported counts.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    place.take()
    jobs: queue.Queue[Job] = queue.Queue()

    def receive() -> None:
        try:
            while True:
                jobs.put(pipe.recv())
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=receive, daemon=True).start()

    import torch

    from autocnn.space.imports import import_modules, imports_allowed

    torch.set_num_threads(place.threads)
    with imports_allowed():  # the coordinator had to be allowed to before
        import_modules(modules)
    while True:
        for event in run_job(jobs.get(), worker):
            pipe.send(event)
        release_gpu()
