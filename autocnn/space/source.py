"""Reads the bytes of a document: regular files only, bounded, UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from autocnn.errors import Problem, SpaceError
from autocnn.space.composer import LARGEST_FILE


def read_source(path: Path) -> str:
    """The text of a file; raises SpaceError if it is missing, special, too large or not UTF-8."""
    file = os.fspath(path)
    # Without O_NONBLOCK, opening a FIFO that nobody writes to would hang before the check.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise SpaceError(Problem("Y18", "expected a regular file", file=file))
            content = stream.read(LARGEST_FILE + 1)
    except IsADirectoryError as error:
        raise SpaceError(Problem("Y18", "expected a file, got a folder", file=file)) from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise SpaceError(Problem("Y18", f"cannot be read: {said}", file=file)) from error
    if len(content) > LARGEST_FILE:
        raise SpaceError(
            Problem("Y13", f"the file is larger than {LARGEST_FILE:,} bytes", file=file)
        )
    return decode_source(content, file)


def decode_source(content: bytes, file: str) -> str:
    """The text in `content`; raises SpaceError with the offset of the first byte that is wrong."""
    for mark, name in (
        (b"\xef\xbb\xbf", "UTF-8"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ):
        if content.startswith(mark):
            text = f"byte 0 starts a {name} byte order mark: save the file as UTF-8 without one"
            raise SpaceError(Problem("Y16", text, file=file))
    nul = content.find(b"\0")
    if nul >= 0:
        raise SpaceError(Problem("Y16", f"byte {nul} is NUL; expected UTF-8 text", file=file))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        text = f"byte {error.start} is not UTF-8 ({error.reason})"
        raise SpaceError(Problem("Y16", text, file=file)) from error
