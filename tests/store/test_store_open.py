"""Which stores open, how fast, and what the others are told."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from store_values import SQLITE_ALONE

from autocnn.cli.search import _again
from autocnn.errors import StoreError
from autocnn.store import Store, open_store, schema
from autocnn.store.mounts import NETWORK, file_system


@contextmanager
def not_root() -> Iterator[None]:
    """Files are checked as for an ordinary user, since root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("fashion.db", "is a path, 'fashion.db'; did you mean 'sqlite:///fashion.db'?"),
        (
            "postgresql://me:secret@host:port/db",
            "the store's URL cannot be read; expected sqlite:///",
        ),
        (Path("a.db"), "the store's URL is a path, 'a.db'; did you mean 'sqlite:///a.db'?"),
        ("sqlite:/me:secret@x", "the store's URL cannot be read; expected sqlite:///"),
        ("sqllite:///secret.db", r"unknown database 'sqllite' \(did you mean 'sqlite'\?\)"),
        ("mysql://me:secret@host/db", "unknown database 'mysql'; expected sqlite:///"),
        ("postgresql+asyncpg://me:secret@h/db", r"unknown database 'postgresql\+asyncpg'"),
        ("sqlite://", "a SQLite store is a file: expected sqlite:///folder/file.db"),
        ("sqlite:///:memory:", "a SQLite store is a file"),
        ("sqlite:///x.db?secret=1", "a SQLite store is a file"),
        ("sqlite://me:secret@host/x.db", "a SQLite store is a file"),
    ],
)
def test_y36_url(url: str | Path, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=message) as caught:
        open_store(url)
    assert "[Y36]" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_password_is_never_echoed():
    url = "postgresql://me:secret@127.0.0.1:1/db?password=secret&connect_timeout=1"
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://me:***@host:5432/db"),
        (
            "postgresql://me@host/db?password=secret&x=1",
            "postgresql://me@host/db?password=***&x=1",
        ),
        ("postgresql://me@srv:secret@h/db", "postgresql://me%40srv:***@h/db"),
        ("postgresql://me:sec ret@h/db", "postgresql://me:***@h/db"),
        ("postgresql://me:secret@/db", "postgresql://me:***@/db"),
        ("postgresql://h/db?sslpassword=secret&x=1", "postgresql://h/db?sslpassword=***&x=1"),
        ("postgresql://me:half@secret@h/db", "postgresql://***"),
        ("postgresql://me:half@se/cret@h/db", "postgresql://***"),
        ("postgresql://me:half@not?x=secret@h/db", "postgresql://***"),
        ("postgresql://me:secret", "postgresql://***"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("sqlite:///me@here/a@b.db", "sqlite:///me@here/a@b.db"),
        ("sqlite:///folder/a:b.db", "sqlite:///folder/a:b.db"),
    ],
)
def test_the_command_that_continues_has_no_password(url: str, shown: str):
    command = _again(Path("a.yaml"), {"--study": None, "--store": url}, None, False)
    assert shlex.split(command) == ["autocnn", "search", "a.yaml", "--store", shown]


def test_default_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOCNN_STORE", raising=False)
    store = open_store()
    assert store.folder == tmp_path / "studies"
    assert (tmp_path / "studies" / "autocnn.db").is_file()
    store.close()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AUTOCNN_STORE", "sqlite:///~/other.db")
    store = open_store()
    assert store.folder == tmp_path / "home"
    store.close()


def _alien(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE photos (id)")


def _damage(file: Path) -> None:
    open_store(f"sqlite:///{file}").close()
    content = bytearray(file.read_bytes())
    content[100:] = b"\x55" * (len(content) - 100)
    file.write_bytes(content)


def _cut(file: Path) -> None:
    open_store(f"sqlite:///{file}").close()
    file.write_bytes(file.read_bytes()[:6000])


def _newer(file: Path) -> None:
    open_store(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
        connection.commit()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "is a folder; expected a SQLite file"),
        (os.mkfifo, "is not a regular file"),
        (lambda file: file.write_text("architecture: []\n" * 100), "file is not a database"),
        (_alien, r"another program's database \(it has a table 'photos'\)"),
        (_damage, "malformed.*restore a copy"),
        (_cut, "malformed.*restore a copy"),
        (_newer, r"written by a newer autocnn \(tables 9999, this one knows 0001\)"),
    ],
)
def test_p15_what_is_no_store_is_refused_and_left_alone(make, message, create, tmp_path: Path):
    file = tmp_path / "x.db"
    make(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(StoreError, match=rf"{file}: .*{message}.*\[P15\]"):
        open_store(f"sqlite:///{file}", create=create)
    assert before == (file.read_bytes() if file.is_file() else None)


@SQLITE_ALONE
def test_p15_empty_file_is_a_new_store_for_a_writer_only(url: str, tmp_path: Path):
    (tmp_path / "autocnn.db").touch()
    with pytest.raises(StoreError, match=r"is empty.*\[P15\]"):
        open_store(url, create=False)
    store = open_store(url)
    assert store.studies() == []
    store.close()


@SQLITE_ALONE
def test_reader_makes_nothing(url: str, tmp_path: Path):
    with pytest.raises(StoreError, match=r"does not exist; `autocnn search` makes one \[P15\]"):
        open_store(url, create=False)
    assert list(tmp_path.iterdir()) == []


def test_p07_read_only_folder(open_folder: Path):
    url = f"sqlite:///{open_folder}/autocnn.db"
    open_folder.chmod(0o555)
    with not_root(), pytest.raises(StoreError, match=r"permission denied \[P07\]"):
        open_store(url)
    open_folder.chmod(0o755)
    open_store(url).close()
    open_folder.chmod(0o555)
    with not_root(), pytest.raises(StoreError, match=r"permission denied \[P07\]"):
        open_store(url)
    with not_root():
        reader = open_store(url, create=False)
        assert reader.studies() == []
        reader.close()


def test_p07_read_only_file(open_folder: Path):
    file = open_folder / "autocnn.db"
    open_store(f"sqlite:///{file}").close()
    open_folder.chmod(0o777)
    file.chmod(0o444)
    with not_root(), pytest.raises(StoreError, match=r"is read-only \[P07\]"):
        open_store(f"sqlite:///{file}")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/studies", "ext4"),
        ("/home/nfs studies/x", "nfs4"),
        ("/home/nfs studies", "nfs4"),
        ("/home/nfs", "ext4"),
        ("/mnt/box/autocnn.db", "fuse.sshfs"),
        ("/mnt/box/local/x", "tmpfs"),
        ("/mnt/win", "cifs"),
    ],
)
def test_p14_type_of_the_file_system(path: str, kind: str):
    table = (
        "1 0 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        "2 1 0:21 / /home/nfs\\040studies rw shared:1 - nfs4 server:/x rw\n"
        "3 1 0:22 / /mnt/box rw - fuse.sshfs me@host: rw\n"
        "4 3 0:23 / /mnt/box/local rw - tmpfs tmpfs rw\n"
        "5 1 0:24 / /mnt/win rw - ext4 /dev/vdb rw\n"
        "6 1 0:25 / /mnt/win rw - cifs //server/share rw\n"
    )
    assert file_system(Path(path), table) == kind
    assert bool(NETWORK.fullmatch(kind)) == (kind not in ("ext4", "tmpfs"))


@SQLITE_ALONE
def test_p14_network_file_system_is_refused(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("autocnn.store.location.network_file_system", lambda _: "nfs4")
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).*PostgreSQL \[P14\]"):
        open_store(url)
    open_store(url, allow_network=True).close()


@SQLITE_ALONE
def test_sqlite_is_set_up_for_safety(store: Store):
    wal = sqlite3.sqlite_version_info >= (3, 51, 3)
    with store.engine.connect() as connection:
        found = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal" if wal else "delete",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_existing_store_opens_without_alembic_and_pandas(store: Store, url: str):
    script = (
        "import sys\nfrom autocnn.store import frames, open_store\n"
        f"open_store({url!r}).studies()\n"
        "assert not {'alembic', 'pandas', 'torch', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_threads_of_one_process_make_their_stores_at_once(tmp_path: Path):
    together = threading.Barrier(4)

    def make(name: str) -> list[object]:
        together.wait(timeout=30)
        with closing(open_store(f"sqlite:///{tmp_path}/{name}.db")) as store:
            return list(store.studies())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(make, "abcd")) == [[]] * 4
