"""A PostgreSQL server of our own in a temporary folder, where its programs are installed."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

USER, NOBODY = "autocnn", 65534
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name: str) -> str | None:
    """The path of one of the server's programs, which Debian keeps from the PATH."""
    return shutil.which(name, path=os.pathsep.join([*map(str, DEBIAN), os.environ["PATH"]]))


class PostgresServer:
    """It asks for `password` on loopback, runs as nobody where we are root, and syncs nothing."""

    def __init__(self, folder: Path):
        self.password = secrets.token_hex(8)
        self._folder, self._data = folder, folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self._someone = {}
        if os.geteuid() == 0:
            self._someone = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(folder, NOBODY, NOBODY)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        secret = folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        subprocess.run(
            [program("initdb"), "--pgdata", self._data, "--username", USER, "--pwfile", secret,
             "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **self._someone,
        )  # fmt: skip

    def url(self, database: str = "postgres", *, password: str | None = None) -> str:
        place = f"127.0.0.1:{self.port}/{database}"
        return f"postgresql+psycopg://{USER}:{password or self.password}@{place}"

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "",
            "fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB",
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", self._data, *options],
                stderr=log, cwd=self._folder, **self._someone,
            )  # fmt: skip
        # Ends the server where we are killed, which closes the pipe.
        self._guard = subprocess.Popen(
            ["sh", "-c", f"read _; kill -INT {self._process.pid}"],
            stdin=subprocess.PIPE, **self._someone,
        )  # fmt: skip
        self._run("SELECT 1", patience=30)

    def stop(self) -> None:
        """Cut all connections off and end, as a restart does."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database, which goes again."""
        name = f"test{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str, patience: float = 0) -> None:
        import psycopg

        end = time.monotonic() + patience
        url = self.url().replace("+psycopg", "")
        while True:
            with suppress(psycopg.OperationalError if time.monotonic() < end else ()):
                with closing(psycopg.connect(url, autocommit=True)) as connection:
                    connection.execute(statement)
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.05)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest's own lets no other user in
    try:
        server = PostgresServer(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
