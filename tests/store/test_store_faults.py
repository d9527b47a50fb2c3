"""Processes die, disks fill up, others hold locks: what was acknowledged stays."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, select
from store_values import SQLITE_ALONE, new_trial

from autocnn.errors import StoreError
from autocnn.store import Store, StudyRecord, open_store
from autocnn.store.tables import STUDY

pytestmark = pytest.mark.faults

WRITER = """
import sys
from autocnn.store import NewTrial, ProgressRow, open_store

store = open_store(sys.argv[1])
study = store.study("digits")
number = len(store.trials(study.id))
with store.hold(study.id) as hold:
    while True:
        hold.add_trial(NewTrial(number=number, values={"text": "x" * 20000}))
        point = ProgressRow(
            images=1, epoch=1.0, metrics={}, lr=None, seconds=1.0, images_per_second=None
        )
        hold.add_progress(number, point, trial={"images": 1})
        print(number, flush=True)
        number += 1
"""


def _start(script: str, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_p05_kill_in_the_middle_of_writing(store: Store, study: StudyRecord, url: str):
    acknowledged: set[int] = set()
    for round_ in range(6):
        writer = _start(WRITER, url)
        assert writer.stdout is not None
        seen = [writer.stdout.readline()]
        time.sleep(0.011 * round_)
        writer.kill()
        seen += writer.stdout.readlines()
        acknowledged |= {int(line) for line in seen if line.endswith("\n")}
        # Dead but not waited for: a zombie is replaced all the same.
        os.waitid(os.P_PID, writer.pid, os.WEXITED | os.WNOWAIT)
        with store.hold(study.id) as hold:
            hold.heartbeat(1.0)
        writer.wait()
        writer.stdout.close()
        trials = store.trials(study.id)
        assert [trial.number for trial in trials] == list(range(len(trials)))
        points = {point.trial for point in store.progress(study.id)}
        assert {trial.number for trial in trials if trial.images} == points
        assert acknowledged <= points
    assert len(acknowledged) >= 6
    if not store.location.file:
        return
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@SQLITE_ALONE
def test_p05_journal_left_by_a_killed_writer_is_rolled_back(
    store: Store, study: StudyRecord, url: str, tmp_path: Path
):
    # A transaction larger than the page cache has changed the file before it ends.
    half = """
import os, signal, sqlite3, sys
file = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///"), isolation_level=None)
file.execute("PRAGMA cache_size=1")
file.execute("BEGIN IMMEDIATE")
file.execute("UPDATE autocnn_study SET name = 'half', space = ?", ("x" * 1000000,))
os.kill(os.getpid(), signal.SIGKILL)
"""
    writer = _start(half, url)
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()
    if sqlite3.sqlite_version_info < (3, 51, 3):
        assert (tmp_path / "autocnn.db-journal").stat().st_size > 0
    again = open_store(url)
    assert again.study("digits") == study
    again.close()


def test_p03_killed_while_making_the_store(url: str):
    script = """
import os, signal, sys
from alembic import op
from autocnn.store import open_store
op.create_table = lambda *a, made=[], real=op.create_table, **k: (
    made.append(1), real(*a, **k), len(made) > 4 and os.kill(os.getpid(), signal.SIGKILL)
)
open_store(sys.argv[1])
"""
    writer = _start(script, url)
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()
    store = open_store(url)
    assert store.studies() == []
    store.close()


@SQLITE_ALONE
def test_p09_stopped_holder_keeps_its_study_and_a_dead_one_loses_it_at_once(
    store: Store, study: StudyRecord, url: str
):
    writer = _start(WRITER, url)
    assert writer.stdout is not None
    writer.stdout.readline()
    held = f"study 'digits' is held by process {writer.pid} since"
    with pytest.raises(StoreError, match=held):
        store.hold(study.id)
    # Stopped inside a transaction it would keep the lock: stop it while it waits for ours.
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as lock:
        lock.isolation_level = None
        lock.execute("BEGIN IMMEDIATE")
        writer.send_signal(signal.SIGSTOP)
        os.waitpid(writer.pid, os.WUNTRACED)
        lock.execute("ROLLBACK")
    with pytest.raises(StoreError, match=held):
        store.hold(study.id)
    writer.kill()
    with writer.stdout:
        writer.wait()
    with store.hold(study.id) as hold:
        hold.heartbeat(1.0)


@SQLITE_ALONE
def test_p06_full_disk_keeps_what_was_there_and_the_call_can_be_repeated(
    store: Store, study: StudyRecord
):
    full = [True]

    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 2 if full[0] else 10**6}")

    event.listen(store.engine, "connect", limit)
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        store.close()
        large = new_trial(1, detail="x" * 100_000)
        with pytest.raises(StoreError, match=r"disk is full; nothing is lost.*\[P06\]"):
            hold.add_trial(large)
        assert [trial.number for trial in store.trials(study.id)] == [0]
        full[0] = False
        store.close()
        hold.add_trial(large)
    assert [trial.number for trial in store.trials(study.id)] == [0, 1]


def test_p12_writer_waits_for_readers_and_writers(
    store: Store, study: StudyRecord, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("autocnn.store.engine.BUSY_SECONDS", 0.05)
    impatient = open_store(url)
    with store.hold(study.id) as hold:
        writing = store.engine.execution_options(autocnn_begin="immediate")
        with writing.begin() as other:
            other.execute(select(STUDY).with_for_update())
            with pytest.raises(StoreError, match=r"(database is locked|lock timeout).*\[P12\]"):
                impatient.hold(study.id)
            assert store.study("digits").holder is not None
        hold.heartbeat(1.0)
    impatient.close()


def test_p16_forked_process_gets_connections_of_its_own(store: Store, study: StudyRecord):
    with store.hold(study.id) as hold:
        child = os.fork()
        if child == 0:
            os._exit(0 if store.study("digits").holder else 1)
        assert os.waitpid(child, 0)[1] == 0
        hold.heartbeat(1.0)
    assert store.study("digits").seconds == 1.0
