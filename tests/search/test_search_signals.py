"""Searches in processes of their own that are interrupted, killed and continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_space import SPACE, space

from autocnn.api import open_study, run_search
from autocnn.errors import StoreError


def started(url: str, folder: Path, executor: str) -> subprocess.Popen[str]:
    """A long search in a process of its own, once its first points are recorded."""
    file = folder / "long.yaml"
    search = {**SPACE["search"], "executor": executor, "workers": 2, "stopping": "none"}
    training = {**SPACE["training"], "epochs": 2000}
    file.write_text(json.dumps(space(study="long", search=search, training=training)))
    command = [sys.executable, "-m", "autocnn", "search", str(file), "--store", url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and not points(url):
        time.sleep(0.2)
    return process


def points(url: str) -> int:
    try:
        store, study = open_study("long", url)
    except StoreError:
        return 0
    return len(store.progress(study.id))


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "processes"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_continue(
    url: str, tmp_path: Path, executor: str, number: signal.Signals
) -> None:
    with started(url, tmp_path, executor) as process:
        sent = time.monotonic()
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert time.monotonic() - sent < 11
    assert process.returncode == 128 + number
    assert "continue with: autocnn search" in out
    store, study = open_study("long", url)
    assert (study.state, study.holder) == ("interrupted", None)
    cut = [trial for trial in store.trials(study.id) if trial.images]
    assert all((t.state, t.reason) == ("paused", "interrupted") for t in cut)
    assert all((store.folder / t.checkpoint.path).is_file() for t in cut if t.checkpoint)


@pytest.mark.slow
def test_two_signals_end_it_at_once(url: str, tmp_path: Path) -> None:
    with started(url, tmp_path, "processes") as process:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        sent = time.monotonic()
        process.communicate(timeout=30)
    assert time.monotonic() - sent < 4
    assert process.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    _, study = open_study("long", url)
    assert (study.state, study.holder) == ("interrupted", None)


@pytest.mark.slow
def test_a_second_search_of_a_held_study_is_refused(url: str, tmp_path: Path) -> None:
    with started(url, tmp_path, "inline") as process:
        with pytest.raises(StoreError, match=rf"held by process {process.pid}.*P09"):
            run_search(tmp_path / "long.yaml", store=url)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    _, study = open_study("long", url)
    assert study.holder is None
