"""A running search in the terminal: drawn in place, or as plain lines where that cannot be."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from autocnn.cli.numbers import clock, measured
from autocnn.report.layers import short

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from autocnn.search.snapshot import Snapshot

PLAIN_SECONDS = 5.0
NARROW = 60
"""Columns below which the running trials are listed without bars."""
SHOWN_RUNNING = 16


class View:
    """Shows snapshots of a search, with a `note` on what values of its trials are of.

    A view whose reader has left stays silent: the search's results are worth going on for.
    """

    def __init__(
        self,
        metric: str,
        note: str = "",
        *,
        quiet: bool = False,
        console: Console | None = None,
    ):
        from rich.console import Console

        self._metric, self._note = metric, note
        self._console = console or Console(stderr=False, highlight=False)
        self.silent = quiet or self._console.file is None
        self._live: Live | None = None
        self._last = (-PLAIN_SECONDS, "")

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal and not self.silent:
            from rich.live import Live

            live = Live(console=self._console, auto_refresh=False, transient=True)
            self._safely(live.start)
            self._live = None if self.silent else live
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._safely(self._live.stop)

    def show(self, snapshot: Snapshot) -> None:
        """Draw one moment; without a terminal at most one line in five seconds and per phase."""
        if self.silent:
            return
        if self._live is not None:
            picture = draw(snapshot, self._metric, self._console.width, self._note)
            live = self._live
            self._safely(lambda: live.update(picture, refresh=True))
            return
        now, (last, phase) = time.monotonic(), self._last
        if now - last >= PLAIN_SECONDS or snapshot.phase != phase:
            self._last = (now, snapshot.phase)
            text = line(snapshot, self._metric, self._note)
            self._safely(lambda: print(text, file=sys.stdout, flush=True))

    def _safely(self, write: Callable[[], object]) -> None:
        try:
            write()
        except (OSError, ValueError, SystemExit):  # rich answers a broken pipe with the last
            self.silent = True


def line(snapshot: Snapshot, metric: str, note: str = "") -> str:
    """One moment of a search as one line of text."""
    parts = [_time(snapshot), snapshot.phase]
    counts = _counts(snapshot)
    parts += [counts] if counts else []
    if snapshot.best is not None:
        best = snapshot.best
        parts.append(
            f"best {measured(best.value, metric)}{note} (trial {best.number}, "
            f"{short(best.params)} params, {short(best.macs)} MACs)"
        )
    parts += [snapshot.message] if snapshot.message else []
    return " | ".join(parts)


def draw(snapshot: Snapshot, metric: str, width: int, note: str = "") -> RenderableType:
    """One moment of a search as a picture of `width` columns."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    lines: list[RenderableType] = [
        _fitted(Text.assemble((snapshot.study, "bold"), "  ", (snapshot.phase, "cyan"))),
        _fitted(Text(_time(snapshot, brief=width < NARROW))),
    ]
    if snapshot.budget_seconds:
        budget = Table.grid()  # a bar by itself does not end its line
        budget.add_row(_bar(snapshot.elapsed, snapshot.budget_seconds, min(width, 60)))
        lines.append(budget)
    if snapshot.best is not None:
        best = snapshot.best
        value = (measured(best.value, metric), "bold green")
        if width < NARROW:
            lines.append(_fitted(Text.assemble("best ", value, f" #{best.number}{note}")))
        else:
            rest = f"  trial {best.number}, {short(best.params)} params, {short(best.macs)} MACs"
            rest += note
            lines.append(_fitted(Text.assemble("best ", value, rest)))
    counts = _counts(snapshot)
    if counts:
        lines.append(Text(counts))
    if snapshot.running:
        lines.append(_running(snapshot, metric, width))
    if snapshot.message:
        lines.append(Text(snapshot.message, style="dim"))
    return Group(*lines)


def _running(snapshot: Snapshot, metric: str, width: int) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    if width >= NARROW:
        table.add_column(width=20, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for job in snapshot.running[:SHOWN_RUNNING]:
        done = f"{job.epoch:.3g}/{job.epochs:.3g}"
        value = measured(job.value, metric)
        if width >= NARROW:
            table.add_row(
                Text(f"trial {job.number}"),
                _bar(job.epoch, job.epochs, 20),
                Text(f"epoch {done}"),
                Text(value),
            )
        else:
            table.add_row(Text(f"#{job.number}"), Text(done), Text(value))
    return table


def _bar(done: float, total: float, width: int) -> RenderableType:
    from rich.progress_bar import ProgressBar

    return ProgressBar(total=max(total, 1e-9), completed=min(done, total), width=width)


def _fitted(text: object) -> RenderableType:
    from rich.text import Text

    assert isinstance(text, Text)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _time(snapshot: Snapshot, *, brief: bool = False) -> str:
    if snapshot.budget_seconds is None:
        return clock(snapshot.elapsed)
    if brief:
        return f"{clock(snapshot.elapsed)} / {clock(snapshot.budget_seconds)}"
    left = max(0.0, snapshot.budget_seconds - snapshot.elapsed)
    return f"{clock(snapshot.elapsed)} of {clock(snapshot.budget_seconds)}, {clock(left)} left"


def _counts(snapshot: Snapshot) -> str:
    return ", ".join(f"{count} {state}" for state, count in snapshot.counts.items() if count)
