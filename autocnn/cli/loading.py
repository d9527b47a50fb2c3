"""The data on their way from source to cache, shown while it takes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from autocnn.cli.terminal import Terminal
    from autocnn.data import DataOptions


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


def options_for(source: str, sets: Sequence[str]) -> DataOptions:
    """How to open a source that no space names; of `--set` what begins with `data.` counts.

    Raises SpaceError.
    """
    from autocnn.api import load_space
    from autocnn.data import DataOptions

    document = {
        "data": {"source": source},
        "architecture": ["global_pool", {"linear": {"units": 2}}],
    }
    about_data = [assignment for assignment in sets if assignment.startswith("data.")]
    return load_space(document, overrides=about_data).section(DataOptions)


def only_data(sets: Sequence[str]) -> Sequence[str]:
    """`--set` of a command that knows no section but `data`; raises SpaceError for others."""
    from autocnn.data import DataOptions
    from autocnn.errors import Problem, SpaceError, suggest

    known = [f"data.{name}" for name in DataOptions.model_fields]
    paths = [assignment.partition("=")[0].strip() for assignment in sets]
    problems = [
        Problem("Y07", f"expected an option of the data{suggest(path, known)}", path)
        for path in paths
        if not path.startswith("data.")
    ]
    if problems:
        raise SpaceError(*problems)
    return sets


def given(options: DataOptions) -> dict[str, Any]:
    """The options that are not the defaults, but for the source, as a space writes them."""
    changed: dict[str, Any] = options.model_dump(
        mode="json", exclude_defaults=True, exclude={"source"}
    )
    return changed
