"""Standard streams that no terminal, locale or closed pipe can turn into a crash."""

from __future__ import annotations

import contextlib
import io
import os
import sys


def secure_streams() -> None:
    """Write UTF-8 whatever the locale says, and leave no standard descriptor closed.

    A data base or pipe opened while descriptor 1 is free would be given that number, and every
    `print` of a child process would go into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def abandon_stdout() -> None:
    """Send what is still buffered to nowhere: the reader of standard output is gone."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
