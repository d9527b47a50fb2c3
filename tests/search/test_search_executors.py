"""Executors with real processes: deaths, kills, and no orphans."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import synthetic
import torch

from autocnn.api import language
from autocnn.errors import NoTrialSucceeded, StoreError
from autocnn.search import executors
from autocnn.search.cores import allowed_cores
from autocnn.search.determinism import digests
from autocnn.search.executors import Executor, ProcessExecutor
from autocnn.search.full_training import train_together, workers_for
from autocnn.search.job import (
    Event,
    Failed,
    Finished,
    Job,
    Lost,
    Progressed,
    shared,
)
from autocnn.search.run import _plan_of
from autocnn.search.settings import SearchOptions
from autocnn.search.worker import Place, run_job
from autocnn.space import read_candidate
from autocnn.training import Plan
from autocnn.training import gpus as training_gpus
from autocnn.training.gpus import VISIBLE
from autocnn.training.process_group import new_address

CANDIDATE = {
    "format": 1,
    "data": {"shape": [1, 8, 8], "classes": 10},
    "architecture": [
        {"conv": {"channels": 8}},
        "global_pool",
        {"linear": {"units": 10, "activation": "none"}},
    ],
    "training": {"batch_size": 64, "epochs": 3},
}


def job(folder: Path, number: int = 0, epochs: int = 2, **given: object) -> Job:
    epoch = synthetic.EPOCH
    values = {
        "purpose": "trial",
        "number": number,
        "candidate": read_candidate(CANDIDATE, language()).to_json(),
        "data": synthetic.digits().reference,
        "plan": {},
        "seed": 7,
        "until": epochs * epoch,
        "horizon": epochs * epoch,
        "evaluate_at": tuple(epoch * i for i in range(1, epochs + 1)),
        "folder": str(folder),
    }
    return Job(**{**values, **given})  # type: ignore[arg-type]


def ended(executor: Executor, seconds: float = 60) -> list[Event]:
    """All events until no job runs."""
    events, until = list[Event](), time.monotonic() + seconds
    while executor.running():
        events += executor.events(0.2)
        assert time.monotonic() < until, events
    return events


@pytest.fixture
def two() -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(2)
    yield executor
    executor.close()


def pid_of(executor: ProcessExecutor, wanted: Job) -> int:
    (worker,) = (w for w in executor._workers.values() if w.job == wanted)
    assert worker.process.pid is not None
    return worker.process.pid


def test_a_worker_hears_no_interrupt_while_it_starts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    executor = ProcessExecutor(1)
    executor.submit(job(tmp_path, epochs=1))
    os.kill(pid_of(executor, executor.running()[0]), signal.SIGINT)
    assert isinstance(ended(executor)[-1], Finished)
    executor.close()
    assert "Traceback" not in capfd.readouterr().err


def test_the_death_of_a_worker_disturbs_no_other(two: ProcessExecutor, tmp_path: Path) -> None:
    jobs = [job(tmp_path, 0, epochs=400), job(tmp_path, 1, epochs=3)]
    for entry in jobs:
        two.submit(entry)
    seen = list[Event]()
    while not any(isinstance(e, Progressed) and e.job.number == 0 for e in seen):
        seen += two.events(0.2)
    os.kill(pid_of(two, jobs[0]), signal.SIGKILL)
    seen += ended(two)
    (lost,) = (event for event in seen if isinstance(event, Lost))
    assert (lost.job, lost.detail) == (jobs[0], "its process ended with exit code -9")
    assert sum(isinstance(e, Progressed) and e.job.number == 1 for e in seen) == 3
    assert [e.job for e in seen if isinstance(e, Finished)] == [jobs[1]]
    two.submit(job(tmp_path, 2, epochs=1))
    assert isinstance(ended(two)[-1], Finished)


@pytest.mark.parametrize(("skip_easy", "tolerance"), [(0.0, 0.01), (0.5, 0.05)])
def test_workers_train_one_network_together(
    two: ProcessExecutor, tmp_path: Path, skip_easy: float, tolerance: float
) -> None:
    training = {"batch_size": 64, "epochs": 3, "skip_easy": skip_easy}
    candidate = read_candidate({**CANDIDATE, "training": training}, language()).to_json()
    own = job(tmp_path, candidate=candidate)
    whole = replace(own, size=2, address=new_address())
    for rank in range(2):
        two.submit(replace(whole, rank=rank))
    events = ended(two)
    assert sorted(e.job.rank for e in events if isinstance(e, Finished)) == [0, 1]
    points = [event for event in events if isinstance(event, Progressed)]
    assert [(point.job.rank, round(point.epoch)) for point in points] == [(0, 1), (0, 2)]
    alone = [event for event in run_job(own, 0) if isinstance(event, Progressed)]
    for one, other in zip(points, alone, strict=True):
        for name, value in other.metrics.items():
            assert one.metrics[name] == pytest.approx(value, rel=1e-3, abs=tolerance)
    assert not Path(whole.address).parent.exists()


def test_the_death_of_one_ends_its_group(two: ProcessExecutor, tmp_path: Path) -> None:
    whole = job(tmp_path, epochs=400, size=2, address=new_address())
    for rank in range(2):
        two.submit(replace(whole, rank=rank))
    while not two.events(0.2):
        pass
    os.kill(pid_of(two, replace(whole, rank=1)), signal.SIGKILL)
    last = [event for event in ended(two) if not isinstance(event, Progressed)]
    assert {type(event): event.job.rank for event in last} == {Lost: 1, Failed: 0}
    (failed,) = (event for event in last if isinstance(event, Failed))
    assert failed.reason == "worker-lost"


def test_a_killed_job_leaves_no_event_and_no_process(two: ProcessExecutor, tmp_path: Path) -> None:
    entry = job(tmp_path, epochs=400)
    two.submit(entry)
    while not two.events(0.2):
        pass
    pid = pid_of(two, entry)
    two.kill(entry)
    assert two.running() == ()
    assert two.events(0.1) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_deadline_counts_from_the_order_not_from_the_start(
    two: ProcessExecutor, tmp_path: Path
) -> None:
    """A worker that has to start and import torch first has no more time for it."""
    two.submit(job(tmp_path, epochs=10_000, evaluate_at=(), deadline=time.monotonic() + 0.2))
    assert [type(event) for event in ended(two)] == [Finished]


ORPHANS = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_search_executors as tests
from autocnn.search.executors import ProcessExecutor

if __name__ == "__main__":
    executor = ProcessExecutor(2)
    for number in range(2):
        executor.submit(tests.job(Path({folder!r}), number, epochs=1000))
    while len(executor.events(1.0)) == 0:
        pass
    print(*(w.process.pid for w in executor._workers.values()), flush=True)
    time.sleep(60)
"""


@pytest.mark.faults
def test_workers_end_with_their_coordinator(tmp_path: Path) -> None:
    script = tmp_path / "orphans.py"
    tests = str(Path(__file__).parent)
    script.write_text(ORPHANS.format(tests=tests, folder=str(tmp_path)))
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True
    ) as main:
        assert main.stdout is not None
        pids = [int(word) for word in main.stdout.readline().split()]
        main.kill()
    assert len(pids) == 2
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody waits for is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# GPUs


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three GPUs, the second of which this process may not use; workers are not started."""
    monkeypatch.setenv(VISIBLE, "0,2")
    for module in (executors, training_gpus):
        monkeypatch.setattr(module, "gpu_count", lambda: 2)
    monkeypatch.setattr(ProcessExecutor, "_start", lambda *_: None)


@pytest.mark.usefixtures("gpus")
def test_there_is_a_worker_for_each_gpu() -> None:
    executor = ProcessExecutor(plan=Plan(device="cuda"))
    assert (executor.workers, executor.sharing) == (2, 1)
    places = [executor._place(slot) for slot in range(2)]
    assert [place.gpu for place in places] == ["0", "2"]
    assert {place.cores for place in places} == {tuple(allowed_cores())}
    assert (ProcessExecutor(3, Plan(device="cuda")).workers) == 3
    alone = ProcessExecutor(2, Plan())
    assert (alone.sharing, alone._place(0)) == (2, Place((allowed_cores()[0],)))


def test_a_worker_sees_its_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "0,2")
    Place(tuple(allowed_cores()), gpu="2").take()
    assert os.environ[VISIBLE] == "2"


def test_t05_the_memory_of_a_gpu_is_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Iterator[None]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr("autocnn.search.worker._points", fail)
    (event,) = run_job(job(tmp_path), 0)
    assert isinstance(event, Failed)
    assert event.reason == "out-of-memory"


def test_a_study_of_a_gpu_does_not_go_on_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    study = SimpleNamespace(name="mine", plan=Plan(device="cuda").to_json())
    monkeypatch.setattr("autocnn.search.run.gpu_count", lambda: 0)
    with pytest.raises(StoreError, match=r"study mine.*begun on a GPU"):
        _plan_of(study)  # type: ignore[arg-type]


# The job itself


def test_a_job_without_time_reports_nothing(tmp_path: Path) -> None:
    events = list(run_job(job(tmp_path, deadline=time.monotonic() - 1), 0))
    assert [type(event) for event in events] == [Finished]
    assert not list(tmp_path.iterdir())


def test_stops_within_one_batch_are_one_point(tmp_path: Path) -> None:
    events = list(run_job(job(tmp_path, until=100, horizon=1000, evaluate_at=(70, 90, 100)), 0))
    assert [event.images for event in events if isinstance(event, Progressed)] == [128]


def test_a_disk_that_cannot_be_written_is_no_fault_of_the_trial(tmp_path: Path) -> None:
    (event,) = run_job(job(tmp_path / "missing"), 0)
    assert isinstance(event, Failed)
    assert event.reason == "disk"
    assert "No such file" in event.detail


def test_a_disk_that_fills_up_while_writing_is_told_as_such(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        (event,) = run_job(job(tmp_path), 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(event, Failed)
    assert event.reason == "disk"
    assert "File too large" in event.detail
    assert not list(tmp_path.iterdir())


def test_data_that_are_gone_are_told_as_such(tmp_path: Path) -> None:
    reference = {**synthetic.digits().reference, "folder": str(tmp_path / "gone")}
    (event,) = run_job(job(tmp_path, data=reference), 0)
    assert isinstance(event, Failed)
    assert event.reason == "data"


def test_t05_too_much_memory_fails_the_trial_and_the_worker_goes_on(tmp_path: Path) -> None:
    document = dict(job(tmp_path).candidate)
    wide = [{"conv": {"channels": 65_536, "kernel": kernel}} for kernel in (1, 31)]
    document["architecture"] = [*wide, *document["architecture"]]
    (event,) = run_job(job(tmp_path, candidate=document), 0)
    assert isinstance(event, Failed)
    assert event.reason == "out-of-memory"
    assert "allocate" in event.detail
    *_, last = run_job(job(tmp_path), 0)
    assert isinstance(last, Finished)


def test_what_raises_is_a_bug_with_its_traceback(tmp_path: Path) -> None:
    (event,) = run_job(job(tmp_path, candidate={"format": 1}), 0)
    assert isinstance(event, Failed)
    assert event.reason == "bug"
    assert "Traceback" in event.detail


def test_the_death_of_a_worker_ends_a_training_of_several_with_a_word(tmp_path: Path) -> None:
    digits, epoch = synthetic.digits(), synthetic.EPOCH
    points = train_together(
        read_candidate(CANDIDATE, language()), digits, Plan(), 2, tmp_path, None, 0,
        seed=0, until=1000 * epoch, horizon=1000 * epoch, evaluate_at=(epoch, 1000 * epoch),
    )  # fmt: skip
    assert next(points).images == epoch
    for child in multiprocessing.active_children():
        child.kill()
    with pytest.raises(NoTrialSucceeded, match="a worker ended"):
        next(points)


@pytest.mark.parametrize(("images", "size"), [(15, 1), (40, 2), (1000, 4)])
def test_no_worker_of_a_group_is_left_with_few_images(
    tmp_path: Path, images: int, size: int
) -> None:
    candidate = read_candidate(CANDIDATE, language())
    options = synthetic.space(search={"workers": 9}).sections["search"]
    assert isinstance(options, SearchOptions)
    assert workers_for(candidate, images, options, Plan()) == size
    assert workers_for(candidate, images, options, Plan(device="cuda")) == 1
    parts = shared(job(tmp_path), size)
    assert [(part.rank, part.size) for part in parts] == [(rank, size) for rank in range(size)]


@pytest.mark.slow
def test_t11_processes_that_train_together_repeat_to_the_bit() -> None:
    candidate = read_candidate(CANDIDATE, language())
    found = digests(candidate, synthetic.digits(), Plan(), 0, "val_accuracy", 2)
    assert len(set(found)) == 1
