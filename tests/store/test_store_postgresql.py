"""What only a server has: it is elsewhere, shared, asks for a password and goes away."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Thread

import pytest
from postgres_server import PostgresServer
from sqlalchemy import func, select, text
from sqlalchemy.event import listen
from store_values import new_study, new_trial

from autocnn.cli import main
from autocnn.errors import StoreError
from autocnn.store import Store, open_store, patience
from autocnn.store import hold as holding
from autocnn.store.engine import open_engine
from autocnn.store.location import read_location


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":{password}@", ":hush@", "password authentication failed"),
        ("/{database}", "/missing", 'database "missing" does not exist'),
        ("127.0.0.1", "nowhere.invalid", "nowhere.invalid"),
        (":{port}", ":1", "refused"),
        ("/{database}", "/{database}?colour=red", 'invalid connection option "colour"'),
    ],
)
def test_p13_no_connection_is_told_without_the_password(
    url: str, postgres: PostgresServer, old: str, new: str, message: str,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    words = {
        "password": postgres.password,
        "database": url.rpartition("/")[2],
        "port": postgres.port,
    }
    wrong = url.replace(old.format(**words), new.format(**words))
    assert wrong != url
    assert main(["studies", "--store", wrong]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert "autocnn:***@" in said.err
    assert postgres.password not in said.err
    assert "hush" not in said.err


def test_a_schema_of_the_url_is_used(store: Store, url: str):
    with store.engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA mine"))
    own = open_store(f"{url}?options=-csearch_path%3Dmine")
    own.create_study(new_study())
    assert [study.name for study in own.studies()] == ["digits"]
    assert store.studies() == []
    own.close()


def test_without_driver_the_extra_is_named(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'autocnn\[postgresql\]'"):
        open_store(url)


def test_p13_a_server_that_restarts_is_waited_for(
    store: Store, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
):
    study = store.create_study(new_study())
    with store.hold(study.id) as hold:
        postgres.stop()
        back = Thread(target=postgres.start)
        back.start()
        hold.add_trial(new_trial(0))
        back.join()
    (event,) = store.events(study.id)
    assert event.level == "warning"
    assert event.message.startswith("the database was away for ")
    assert [trial.number for trial in store.trials(study.id)] == [0]
    assert "cannot be reached; waiting up to 10 min" in caplog.text


def test_p13_a_transaction_that_is_broken_off_is_begun_anew(store: Store):
    study, cuts = store.create_study(new_study()), [1]

    def cut(connection, _cursor, statement, *_):
        if "INSERT INTO autocnn_event" in statement and cuts:
            cuts.pop()
            pid = connection.connection.driver_connection.info.backend_pid
            with store.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid, 5000)))

    listen(store.engine, "before_cursor_execute", cut)
    with store.hold(study.id) as hold:
        hold.add_event("info", "once")
    assert not cuts
    assert [event.message for event in store.events(study.id)] == ["once"]


def test_p13_a_transaction_that_is_broken_off_each_time_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(patience, "AWAY_SECONDS", 0.3)
    monkeypatch.setattr(patience, "RETRY_SECONDS", 0.1)
    study, attempts = store.create_study(new_study()), []

    def cut(connection, _cursor, statement, *_):
        if "INSERT INTO autocnn_event" in statement:
            attempts.append(statement)
            pid = connection.connection.driver_connection.info.backend_pid
            with store.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid, 5000)))

    listen(store.engine, "before_cursor_execute", cut)
    with store.hold(study.id) as hold, pytest.raises(StoreError, match="terminat"):
        hold.add_event("info", "never")
    assert 2 <= len(attempts) <= 5
    assert store.events(study.id) == []


@pytest.mark.parametrize(
    ("query", "read_only", "shown"),
    [
        ("", False, ("30s", "off")),
        ("", True, ("30s", "on")),
        (
            "?options=-clock_timeout%3D5s%20-cdefault_transaction_read_only%3Don",
            False,
            ("5s", "on"),
        ),
    ],
)
def test_what_the_url_and_the_server_say_of_sessions_counts(
    url: str, query: str, read_only: bool, shown: tuple[str, str]
):
    engine = open_engine(read_location(url + query), read_only=read_only)
    names = ("lock_timeout", "transaction_read_only")
    with engine.connect() as connection:
        found = connection.execute(select(*map(func.current_setting, names))).one()
    engine.dispose()
    assert tuple(found) == shown


def test_p13_a_server_that_stays_away_is_given_up_once(
    store: Store,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(holding, "AWAY_SECONDS", 0.3)
    monkeypatch.setattr(patience, "RETRY_SECONDS", 0.1)
    study = store.create_study(new_study())
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        postgres.stop()
        try:
            for _ in range(2):
                with pytest.raises(StoreError, match=r"refused; nothing that was recorded is"):
                    hold.heartbeat(1.0)
        finally:
            postgres.start()
    assert len(caplog.messages) == 1
    assert len(store.trials(study.id)) == 1


def test_studies_that_add_the_same_networks_at_once_do_not_clash(store: Store):
    names, digests = ["a", "b", "c"], [f"{number:064d}" for number in range(8)]
    together = Barrier(len(names))

    def search(place: int) -> None:
        study = store.create_study(new_study(names[place]))
        own = digests[place:] + digests[:place]
        trials = [new_trial(number) for number in range(len(own))]
        for trial, digest in zip(trials, own, strict=True):
            object.__setattr__(trial.architecture, "digest", digest)
        with store.hold(study.id) as hold:
            together.wait(60)
            hold.add_trial(*trials)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(search, range(len(names))))
    assert [len(store.trials(study.id)) for study in store.studies()] == [8, 8, 8]


def test_study_folders_lie_in_the_working_directory(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    store = open_store(url)
    assert store.folder == tmp_path / "studies"
    store.close()
