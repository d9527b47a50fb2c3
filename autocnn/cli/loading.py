"""The data on their way from source to cache, shown while it takes."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from autocnn.cli.terminal import Terminal


class Loading(AbstractContextManager["Loading"]):
    """Called with what is being done and the share of it in [0, 1]; a bar, or a line for each."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._stack = ExitStack()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        if not self._terminal.quiet and sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            bars = Progress(console=Console(stderr=True), transient=True)
            self._bars = self._stack.enter_context(bars)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def __call__(self, what: str, share: float) -> None:
        if self._bars is not None:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=1.0)
            self._bars.update(self._tasks[what], completed=share)
        elif what not in self._told:
            self._told.add(what)
            self._terminal.note(f"{what} ...")
