"""A study that is killed at random moments ends like one that never was."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import synthetic

from autocnn.api import load_space, run_search
from autocnn.store import open_store

ROUNDS = 18
REAL = {
    **synthetic.SPACE,
    "study": "real",
    "training": {"epochs": 3, "batch_size": 64},
    "search": {"seed": 0, "workers": 1, "stopping": {"asha": {"first": 1, "factor": 3}}},
    "budget": {"trials": 4},
}


def killed(process: BaseProcess, after: float) -> bool:
    """Kill a process with SIGKILL after some seconds; False if it ended by itself."""
    process.start()
    process.join(after)
    if process.exitcode is None:
        process.kill()
        process.join()
        return True
    assert process.exitcode == 0
    return False


@pytest.mark.faults
def test_a_killed_search_continues_where_its_last_transaction_left_it(tmp_path: Path) -> None:
    # In a process of its own: forking needs one without threads.
    command = [sys.executable, "-W", "error", synthetic.__file__, str(tmp_path), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for seed in range(1, int(done.stdout) + 1):
        calm = f"sqlite:///{tmp_path}/calm-{seed}/a.db"
        synthetic.search_seed(calm, seed)
        again = open_store(f"sqlite:///{tmp_path}/{seed}/a.db")
        expected = synthetic.recorded(open_store(calm), "synthetic")
        assert synthetic.recorded(again, "synthetic") == expected
        study = again.study("synthetic")
        assert study is not None
        assert not any("nondeterministic" in e.message for e in again.events(study.id))


@pytest.mark.faults
@pytest.mark.slow
def test_a_killed_training_continues_bit_for_bit(tmp_path: Path) -> None:
    calm_url, url = (f"sqlite:///{tmp_path}/{name}/a.db" for name in ("calm", "killed"))
    calm = run_search(load_space(REAL), store=calm_url)
    processes = multiprocessing.get_context("spawn")
    for after in (6.0, 12.0):
        killed(processes.Process(target=run_search, args=(REAL,), kwargs={"store": url}), after)
    result = run_search(load_space(REAL), store=url)
    first, second = (synthetic.recorded(open_store(u), "real") for u in (calm_url, url))
    assert first == second
    assert result.test == calm.test
    assert result.validation == calm.validation
    assert result.bundle is not None
    assert calm.bundle is not None
    weights = [
        path.read_bytes()
        for path in (result.bundle / "weights.safetensors", calm.bundle / "weights.safetensors")
    ]
    assert weights[0] == weights[1]
