"""A whole search whose store is a server: killed, continued, its server restarted, looked at."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from postgres_server import PostgresServer
from small_space import SPACE, space

from autocnn.cli import main
from autocnn.dashboard.library import Library
from autocnn.errors import StoreError
from autocnn.store import open_store

LONGER = space(
    training={**SPACE["training"], "epochs": 16},
    search={**SPACE["search"], "stopping": "none", "executor": "processes", "workers": 2},
)


def searching(folder: Path, url: str) -> subprocess.Popen[str]:
    file = folder / "small.yaml"
    file.write_text(json.dumps(LONGER))
    command = [sys.executable, "-m", "autocnn", "search", str(file), "--quiet"]
    return subprocess.Popen(
        [*command, "--store", url], cwd=folder, stderr=subprocess.PIPE, text=True
    )


def wait_for_points(url: str, more_than: int) -> int:
    until = time.monotonic() + 300
    while (found := points(url)) <= more_than and time.monotonic() < until:
        time.sleep(0.2)
    assert found > more_than
    return found


def points(url: str) -> int:
    try:
        store = open_store(url, create=False)
    except StoreError:
        return 0
    study = store.study("small")
    found = len(store.progress(study.id)) if study else 0
    store.close()
    return found


@pytest.mark.slow
@pytest.mark.faults
def test_a_search_on_a_server(
    postgres: PostgresServer,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    url = postgres_url
    with searching(tmp_path, url) as first:
        wait_for_points(url, 0)
        first.kill()
    with searching(tmp_path, url) as second:
        wait_for_points(url, points(url))
        postgres.stop()
        assert second.stderr is not None
        said = second.stderr.readline()
        postgres.start()
        said += second.stderr.read()
    assert second.returncode == 0, said
    assert "the database cannot be reached; waiting" in said

    library = Library(open_store(url, read_only=True))
    (study,) = library.studies()
    assert (study.state, study.holder) == ("finished", None)
    assert "away for" in " ".join(library.study(study.id).frames.events["message"])
    assert (library.study(study.id).frames.trials["state"] == "completed").all()
    assert (tmp_path / "studies" / "small" / "report.html").is_file()
    sets = ("study=other", "training.epochs=1", "search.executor=inline")
    changes = [word for change in sets for word in ("--set", change)]
    assert main(["search", "small.yaml", "--store", url, "--quiet", *changes]) == 0
    capsys.readouterr()
    for words in (["studies"], ["trials", "other"], ["report", "small", "--force"]):
        assert main([*words, "--json", "--store", url]) == 0, capsys.readouterr().err
    shown = capsys.readouterr()
    assert postgres.password not in shown.out + shown.err + said
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(postgres.password.encode() in content for content in kept)
    assert {study.name for study in library.studies()} == {"small", "other"}

    postgres.stop()
    assert [study.name for study in library.studies()] == ["other", "small"]
    assert "refused" in library.trouble.text
    assert postgres.password not in library.trouble.text
    postgres.start()
    time.sleep(1.1)
    assert library.studies()
    assert library.trouble is None
