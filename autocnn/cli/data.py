"""`autocnn data`: look at a data source before training on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.cli.loading import Loading
    from autocnn.data import Audit, DataOptions, Suspect

SHOWN = 10
"""Findings of each kind that are named on the terminal; `--json` names all."""


def data(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="digits, a folder, csv:FILE, parquet:PATH, ..."),
    ],
    *,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="also look for wrong labels, by training small networks"),
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write a page of pictures, as HTML"),
    ] = None,
    clean: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="write a CSV table without unreadable images, copies, images under two classes "
            "and, with --labels, doubtful ones",
        ),
    ] = None,
    sets: options.Sets = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Inspect and audit a data source: classes, sizes, bad files, duplicates, leaks, wrong labels.

    Exits with 3 if a search would refuse the source.

    Example: autocnn data folder:photos --sheet photos.html --clean photos.csv
    """
    from autocnn.cli.loading import Loading, only_data, options_for
    from autocnn.cli.output import check_output
    from autocnn.data import audit
    from autocnn.errors import DataError, Problem, SpaceError

    terminal = Terminal(json, quiet, verbose)
    chosen = options_for(source, only_data(sets or []))
    for path in filter(None, (sheet, clean)):
        if os.path.realpath(path) == os.path.realpath(source.partition(":")[2] or source):
            raise SpaceError(Problem("A13", "is the source itself", str(path)))
        check_output(path, force=force)
    with Loading(terminal) as loading:
        suspects = _suspects(chosen, loading) if labels else None
        found = audit(chosen, progress=loading, suspects=suspects, sheet=sheet, clean=clean)
    terminal.document(found.to_json())
    _facts(found, terminal)
    _findings(found, suspects is not None, terminal)
    if labels and suspects is None:
        terminal.line("labels were not looked at: the problems below come first")
    if sheet is not None:
        terminal.line(f"pictures: {sheet}")
    if clean is not None:
        place = (
            "" if found.root == str(clean.resolve().parent) else f" --set data.root={found.root}"
        )
        terminal.line(f"cleaned table: autocnn search --data csv:{clean}{place}")
    if found.problems:
        raise DataError(*found.problems)


def _suspects(chosen: DataOptions, loading: Loading) -> dict[str, Suspect] | None:
    """Images with doubtful labels, or None where the data cannot be opened."""
    from autocnn.data import open_data
    from autocnn.errors import DataError
    from autocnn.training import measure_plan
    from autocnn.training.doubtful_labels import doubtful_labels

    try:
        dataset = open_data(chosen, progress=loading)
    except DataError:
        return None
    return doubtful_labels(dataset, measure_plan(progress=loading, seconds=0), progress=loading)


def _facts(found: Audit, terminal: Terminal) -> None:
    from autocnn.data.tasks import TASKS

    how = found.preprocessing
    size = "x".join(map(str, found.smallest))
    if found.smallest != found.largest:
        size = f"from {size} to {'x'.join(map(str, found.largest))}, {found.sizes} different"
    modes = ", ".join(f"{count:,} {mode}" for mode, count in found.modes.items())
    one, several = TASKS[found.task].thing
    thing = one if len(found.classes) == 1 else several
    terminal.line(
        f"{found.source}: {found.images:,} images "
        f"{'in' if one == 'class' else 'with'} {len(found.classes)} {thing}"
    )
    terminal.line(f"sizes (height x width): {size}; modes: {modes}")
    terminal.line(f"networks see: {how.channels} x {how.height} x {how.width} ({how.fit})")
    parts = list(found.counts)
    terminal.table(
        {one: "left", **dict.fromkeys(parts, "right")},
        [
            (name, *(found.counts[part][index] for part in parts))
            for index, name in enumerate(found.classes)
        ],
    )


def _findings(found: Audit, labels: bool, terminal: Terminal) -> None:
    from autocnn.data.tasks import TASKS

    terminal.line(
        f"copies: {found.copies:,}; training images also in another part: {found.leaks:,}; "
        f"images under two {TASKS[found.task].thing[1]}: {found.conflicts:,}"
    )
    _named(terminal, [" = ".join(names) for names in found.duplicates], len(found.duplicates))
    terminal.line(
        f"near duplicates: {found.near_pairs:,} pairs, {found.near_leaks:,} of them between "
        "training and another part"
    )
    near = [f"{near.first} ~ {near.second} ({near.alike:.3f})" for near in found.near]
    _named(terminal, near, found.near_pairs)
    if labels:
        terminal.line(f"doubtful labels: {len(found.suspects):,}")
        _named(
            terminal,
            [
                f"{name}: {doubt.given} ({doubt.of_given:.0%}), or {doubt.likely} "
                f"({doubt.of_likely:.0%})?"
                for name, doubt in found.suspects.items()
            ],
            len(found.suspects),
        )
    for note in found.notes:
        terminal.line(f"note: {note}")


def _named(terminal: Terminal, lines: list[str], count: int) -> None:
    """The first few of so many findings."""
    for line in lines[:SHOWN]:
        terminal.line(f"  {line}")
    if count > SHOWN:
        terminal.line(f"  and {count - SHOWN:,} more")
