"""Exit codes, all in one place.

0 done · 1 some inputs failed · 2 space or option error · 3 data error · 4 store error · 5 no
trial succeeded · 6 bundle refused · 7 a bug of ours · 130 and 143 interrupted.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from types import FrameType
from typing import TYPE_CHECKING

from autocnn.cli.streams import abandon_stdout, secure_streams
from autocnn.errors import AutocnnError

if TYPE_CHECKING:
    import typer

DONE, SOME_FAILED, OPTION_ERROR, BUG = 0, 1, 2, 7
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM


class Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt, not an Exception, so that nothing swallows it."""


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; user errors are told without traceback."""
    import typer.main

    secure_streams()
    command = typer.main.get_command(app)
    with _sigterm_raises():
        try:
            # In a context of its own: what one command allows ends with it.
            given = None if arguments is None else list(arguments)
            copy_context().run(command.main, given, prog_name="autocnn")
            code = DONE
        except SystemExit as exit_:
            broken = isinstance(exit_.__context__, BrokenPipeError)
            code = DONE if broken else exit_.code if isinstance(exit_.code, int) else DONE
        except BrokenPipeError:
            code = DONE
        except AutocnnError as error:
            print(f"error: {error}", file=sys.stderr)
            code = error.exit_code
        except KeyboardInterrupt:
            code = INTERRUPTED
        except Terminated:
            code = TERMINATED
        except Exception as error:
            code = _interruption(error) or _report_bug(error)
    return _flushed(code)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def terminate(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs us in a thread handles the signals
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interruption(error: BaseException | None) -> int:
    """The exit code of an interruption that a library made an error of, as pydantic does; or 0."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        if isinstance(error, Terminated):
            return TERMINATED
        error = error.__cause__
    return 0


def _report_bug(error: Exception) -> int:
    """Save the traceback where it can be attached to a report, and say where it is."""
    descriptor, path = tempfile.mkstemp(prefix="autocnn-bug-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        # A URL may hold a password, and what cannot be read of it anywhere.
        words = [re.sub(r"://.*", "://***", word, flags=re.DOTALL) for word in sys.argv]
        file.write(f"command: {words}\n")
        traceback.print_exception(error, file=file)
    print(
        f"error: a bug in autocnn ({type(error).__name__}: {error}); traceback saved to {path}",
        file=sys.stderr,
    )
    return BUG


def _flushed(code: int) -> int:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EPIPE, errno.EBADF):
            print(f"error: cannot write to standard output: {error.strerror}", file=sys.stderr)
            code = code or SOME_FAILED
        abandon_stdout()
    return code
