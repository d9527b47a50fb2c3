"""Where a store is: its URL read, refused with a reason, and never shown with a password."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from autocnn.errors import Problem, StoreError, suggest
from autocnn.store.mounts import network_file_system

DEFAULT = "sqlite:///studies/autocnn.db"
DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
FORMS = "sqlite:///folder/file.db or postgresql+psycopg://user@host/database"


@dataclass(frozen=True)
class Location:
    """A store's address: `file` for SQLite only, `folder` where study folders lie."""

    url: URL
    file: Path | None
    folder: Path

    def __str__(self) -> str:
        # The query goes too: it may hold a password.
        return str(self.file) if self.file else self.url.set(query={}).render_as_string()

    @property
    def secrets(self) -> list[str]:
        """What must not be shown of the URL."""
        named = [self.url.query[name] for name in self.url.query if _is_secret(name)]
        flat = [one for value in named for one in ([value] if isinstance(value, str) else value)]
        return [secret for secret in (self.url.password, *flat) if secret]

    def error(self, rule: str, text: str) -> StoreError:
        """A refusal that names the store."""
        return StoreError(Problem(rule, text, f"store {self}"))


def _is_secret(name: str) -> bool:
    return name.lower().endswith("password")


def without_password(url: str) -> str:
    """A URL with stars for its passwords, or for all of it where it is not clear what they are."""
    scheme, mark, _ = url.partition("://")
    if not mark:
        return url
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return f"{scheme}://***"
    query = {name: "***" if _is_secret(name) else value for name, value in parsed.query.items()}
    if query == parsed.query and parsed.username is None:
        return url
    if "@" in f"{parsed.host}{parsed.database}{query}":
        return f"{scheme}://***"  # an @ in the password ended it too early
    return parsed.set(query=query).render_as_string().replace(quote("***"), "***")


def _fault(text: str) -> str:
    """What is wrong with a text that is no URL; not echoed where it may hold a password."""
    if ":" not in text and "@" not in text:
        return f"is a path, {text!r}; did you mean 'sqlite:///{text}'?"
    return f"cannot be read; expected {FORMS}"


def read_location(url: str | None = None) -> Location:
    """Read a URL, else `AUTOCNN_STORE`, else the default; raises StoreError (Y36)."""
    text = str(url or os.environ.get("AUTOCNN_STORE") or DEFAULT)  # a Path is told what it lacks
    try:
        parsed = make_url(text)
        driver = parsed.drivername
    except (ArgumentError, ValueError):
        raise StoreError(Problem("Y36", f"the store's URL {_fault(text)}")) from None
    if driver not in DRIVERS:
        known = f"expected {FORMS}"
        raise StoreError(
            Problem("Y36", f"unknown database {driver!r}{suggest(driver, DRIVERS)}; {known}")
        )
    parsed = parsed.set(drivername=DRIVERS[driver])
    if parsed.get_backend_name() == "postgresql":
        return Location(parsed, None, Path("studies").absolute())
    if parsed.host or parsed.query or not parsed.database or ":memory:" in parsed.database:
        raise StoreError(
            Problem("Y36", "a SQLite store is a file: expected sqlite:///folder/file.db")
        )
    file = Path(parsed.database).expanduser().absolute()
    return Location(parsed.set(database=str(file)), file, file.parent)


def any_location(url: str) -> Location:
    """Where a database of another tool is, of any kind; raises StoreError (Y36)."""
    try:
        return Location(make_url(url), None, Path())
    except (ArgumentError, ValueError):
        raise StoreError(Problem("Y36", f"the storage's URL {_fault(url)}")) from None


def check_file(location: Location, file: Path, *, create: bool, allow_network: bool) -> None:
    """Refuse a file or folder that SQLite must not or cannot use; raises StoreError.

    With `create` the folder is made and probed by a write; without, the file must exist.
    """
    try:
        if create:
            file.parent.mkdir(parents=True, exist_ok=True)
        _check_kind(location, file, create=create)
        kind = network_file_system(file.parent)
        if kind and not allow_network:
            raise location.error(
                "P14",
                f"lies on a network file system ({kind}), whose locks SQLite cannot trust; "
                "use a local folder or PostgreSQL",
            )
        if create:
            with tempfile.TemporaryFile(dir=file.parent):
                pass
            effective = os.access in os.supports_effective_ids
            if file.exists() and not os.access(file, os.W_OK, effective_ids=effective):
                raise location.error("P07", "is read-only")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise location.error("P07", f"cannot be used: {reason}") from error


def _check_kind(location: Location, file: Path, *, create: bool) -> None:
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        if not create:
            raise location.error("P15", "does not exist; `autocnn search` makes one") from None
        return
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise location.error("P15", f"is {what}; expected a SQLite file")
    # The file itself is left to SQLite: opening and closing it here would drop the locks that
    # other connections of this process have on it. A process killed while it made the store
    # leaves an empty file, taken for a new one.
    if not create and not file.stat().st_size:
        raise location.error("P15", "is empty; `autocnn search` makes a store of it")
