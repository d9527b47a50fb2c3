"""Where jobs run: in this process, or in one pinned single-thread process per core."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from autocnn.search.job import Event, Failed, Finished, Job
from autocnn.search.worker import run_job, serve

ATTEMPTS = 3
"""How often a job is given to a worker before its loss counts as the candidate's fault."""

RunJob = Callable[[Job, int], Iterator[Event]]


class Executor(Protocol):
    """Runs jobs and reports what happens to them; every job ends in Finished or Failed."""

    workers: int

    def submit(self, job: Job) -> None:
        """Start a job; there must be an idle worker."""

    def events(self, timeout: float) -> list[Event]:
        """What happened, after waiting at most `timeout` seconds for something."""

    def kill(self, job: Job) -> None:
        """Drop a job at once; no event follows."""

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended."""

    def close(self) -> None:
        """Stop all workers without waiting for their jobs."""


class InlineExecutor:
    """One job at a time in this process: for tests, debugging and a single device."""

    workers = 1

    def __init__(self, run: RunJob = run_job):
        self._run = run
        self._jobs: deque[tuple[Job, Iterator[Event]]] = deque()

    def submit(self, job: Job) -> None:
        """Queue the job; it runs inside `events`."""
        self._jobs.append((job, self._run(job, 0)))

    def events(self, timeout: float) -> list[Event]:
        """Run the first job up to its next event, however long that takes."""
        if not self._jobs:
            return []
        _, steps = self._jobs[0]
        event = next(steps)
        if isinstance(event, Finished | Failed):
            self._jobs.popleft()
        return [event]

    def kill(self, job: Job) -> None:
        """Forget the job."""
        self._jobs = deque(entry for entry in self._jobs if entry[0].key != job.key)

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended."""
        return tuple(job for job, _ in self._jobs)

    def close(self) -> None:
        """Forget all jobs."""
        self._jobs.clear()


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None
    attempts: int = 0


class ProcessExecutor:
    """One spawned process and one pipe per worker, so that one death harms nobody else."""

    def __init__(self, workers: int | None = None):
        cores = sorted(os.sched_getaffinity(0))
        self.workers = workers or len(cores)
        self._cores = [cores[i % len(cores)] for i in range(self.workers)]
        self._spawn = multiprocessing.get_context("spawn")
        self._workers = [self._start(slot) for slot in range(self.workers)]

    def _start(self, slot: int) -> _Worker:
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(
            target=serve, args=(theirs, slot, self._cores[slot]), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def submit(self, job: Job) -> None:
        """Give the job to the first idle worker."""
        slot = next(i for i, worker in enumerate(self._workers) if worker.job is None)
        self._workers[slot].attempts = 0
        self._give(slot, job)

    def _give(self, slot: int, job: Job) -> None:
        worker = self._workers[slot]
        worker.job = job
        worker.attempts += 1
        # A worker that just died shows in `events`, which replaces it and gives the job again.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.send(job)

    def events(self, timeout: float) -> list[Event]:
        """What the workers sent; a dead worker is replaced and its job given to the new one."""
        seen: list[Event] = []
        slots = {worker.pipe: slot for slot, worker in enumerate(self._workers)}
        for pipe in wait(list(slots), timeout):
            slot = slots[pipe]  # type: ignore[index]
            worker = self._workers[slot]
            try:
                event: Event = worker.pipe.recv()
            except (EOFError, OSError):
                seen += self._replace(slot)
                continue
            if isinstance(event, Finished | Failed):
                worker.job = None
            seen.append(event)
        return seen

    def _replace(self, slot: int) -> list[Event]:
        """Start a new worker; its predecessor's job runs again, up to ATTEMPTS times."""
        dead = self._workers[slot]
        dead.pipe.close()
        dead.process.join(timeout=5)
        code = dead.process.exitcode
        self._workers[slot] = self._start(slot)
        self._workers[slot].attempts = dead.attempts
        if dead.job is None:
            return []
        if dead.attempts >= ATTEMPTS:
            self._workers[slot].attempts = 0
            detail = f"the worker process died {dead.attempts} times, last with exit code {code}"
            return [Failed(dead.job, slot, "worker-lost", detail)]
        self._give(slot, dead.job)
        return []

    def kill(self, job: Job) -> None:
        """End the worker that has the job and start a fresh one in its place."""
        for slot, worker in enumerate(self._workers):
            if worker.job is not None and worker.job.key == job.key:
                worker.job = None
                worker.process.kill()
                self._replace(slot)

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended."""
        return tuple(worker.job for worker in self._workers if worker.job is not None)

    def close(self) -> None:
        """Kill all workers."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(timeout=5)
