"""`autocnn data`: look at a data source before training on it."""

from __future__ import annotations

from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def data(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="digits, a folder, csv:FILE, parquet:PATH, ..."),
    ],
    *,
    sets: options.Sets = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Inspect and audit a data source: classes, sizes, bad files, duplicates, leaks.

    Exits with 3 if a search would refuse the source.

    Example: autocnn data folder:photos --set data.on_bad=skip
    """
    from autocnn.api import data_options, load_space
    from autocnn.cli.loading import Loading
    from autocnn.data import audit
    from autocnn.errors import DataError

    terminal = Terminal(json, quiet, verbose)
    minimal = {
        "data": {"source": source},
        "architecture": ["global_pool", {"linear": {"units": 2}}],
    }
    chosen = data_options(load_space(minimal, overrides=sets or []))
    with Loading(terminal) as loading:
        found = audit(chosen, progress=loading)
    terminal.document(found.to_json())
    how = found.preprocessing
    size = "x".join(map(str, found.smallest))
    if found.smallest != found.largest:
        size = f"from {size} to {'x'.join(map(str, found.largest))}, {found.sizes} different"
    terminal.line(f"{found.source}: {found.images:,} images in {len(found.classes)} classes")
    terminal.line(f"sizes (height x width): {size}; {found.gray:,} gray")
    terminal.line(f"networks see: {how.channels} x {how.height} x {how.width} ({how.fit})")
    terminal.line(
        f"copies: {found.copies:,}; training images also in another part: {found.leaks:,}; "
        f"images under two classes: {found.conflicts:,}"
    )
    parts = list(found.counts)
    terminal.table(
        {"class": "left", **dict.fromkeys(parts, "right")},
        [
            (name, *(found.counts[part][index] for part in parts))
            for index, name in enumerate(found.classes)
        ],
    )
    for note in found.notes:
        terminal.line(f"note: {note}")
    if found.problems:
        raise DataError(*found.problems)
