"""Where jobs run: in this process, or in one process per GPU or core, to which it is pinned."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from typing import Protocol

from autocnn.search.cores import allowed_cores
from autocnn.search.job import Event, Job, Lost, Progressed
from autocnn.search.worker import Place, run_job, serve
from autocnn.training import Plan
from autocnn.training.gpus import gpu_count, visible_gpu

RunJob = Callable[[Job, int], Iterator[Event]]


class Executor(Protocol):
    """Runs jobs and reports what happens to them; every job ends in Finished, Failed or Lost."""

    workers: int
    sharing: int
    """How many workers may train one network together."""

    def submit(self, job: Job) -> None:
        """Start a job; there must be an idle worker."""

    def events(self, timeout: float) -> list[Event]:
        """What happened, after waiting at most `timeout` seconds for something."""

    def kill(self, job: Job) -> None:
        """Drop a job at once, on all ranks; no event follows."""

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended."""

    def close(self) -> None:
        """Stop all workers without waiting for their jobs."""


class InlineExecutor:
    """One job at a time in this process: for tests, debugging and a single device."""

    workers = sharing = 1

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
        from torch.random import fork_rng

        _, steps = self._jobs[0]
        with fork_rng(devices=[]):  # training seeds torch, which here is the caller's
            event = next(steps)
        if not isinstance(event, Progressed):
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


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start a process that no SIGINT reaches, not even in the seconds of its imports."""
    ensure_running()  # which starts a process too, and lets SIGINT through afterwards
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ProcessExecutor:
    """One spawned process and one pipe per worker, so that one death harms nobody else.

    Workers start at once, since importing torch takes them seconds, and anew with the next job
    after they died or were killed. By a plan for GPUs each worker sees one of them, the first ones
    where there are more, and trains its networks alone; else each has a core. By default there are
    as many workers as GPUs or cores. Each imports the `modules` of what jobs only name.
    """

    def __init__(
        self,
        workers: int | None = None,
        plan: Plan | None = None,
        modules: Collection[str] = (),
    ):
        self._modules = tuple(sorted(modules))
        self._cores = allowed_cores()
        self._gpus = 0 if plan is None or plan.device == "cpu" else gpu_count()
        self.workers = workers or self._gpus or len(self._cores)
        self.sharing = 1 if self._gpus else self.workers
        self._spawn = multiprocessing.get_context("spawn")
        self._workers = {slot: self._start(slot) for slot in range(self.workers)}

    def _start(self, slot: int) -> _Worker:
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(
            target=serve, args=(theirs, slot, self._place(slot), self._modules), daemon=True
        )
        with _no_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _place(self, slot: int) -> Place:
        if not self._gpus:
            return Place(cores=(self._cores[slot % len(self._cores)],))
        share = max(1, len(self._cores) // self.workers)
        return Place(tuple(self._cores), threads=share, gpu=visible_gpu(slot))

    def submit(self, job: Job) -> None:
        """Give the job to the first idle worker."""
        slots = range(self.workers)
        busy = {slot for slot, worker in self._workers.items() if worker.job is not None}
        slot = next(slot for slot in slots if slot not in busy)
        if slot not in self._workers:
            self._workers[slot] = self._start(slot)
        worker = self._workers[slot]
        worker.job = job
        # If it died just now, `events` finds out.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.send(job)

    def events(self, timeout: float) -> list[Event]:
        """What the workers sent; the job of a dead one is Lost."""
        seen: list[Event] = []
        slots = {worker.pipe: slot for slot, worker in self._workers.items()}
        for pipe in wait(list(slots), timeout):
            slot = slots[pipe]  # type: ignore[index]
            worker = self._workers[slot]
            try:
                event: Event = worker.pipe.recv()
            except (EOFError, OSError):
                self._end(slot)
                if worker.job is not None:
                    detail = f"its process ended with exit code {worker.process.exitcode}"
                    seen.append(Lost(worker.job, slot, detail))
                continue
            if not isinstance(event, Progressed):
                worker.job = None
            seen.append(event)
        return seen

    def _end(self, slot: int) -> None:
        worker = self._workers.pop(slot)
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()

    def kill(self, job: Job) -> None:
        """End the workers that have the job."""
        for slot, worker in list(self._workers.items()):
            if worker.job is not None and worker.job.key == job.key:
                self._end(slot)

    def running(self) -> tuple[Job, ...]:
        """The jobs that have not ended."""
        workers = self._workers.values()
        return tuple(worker.job for worker in workers if worker.job is not None)

    def close(self) -> None:
        """Kill all workers."""
        for slot in list(self._workers):
            self._end(slot)
