"""`autocnn new`: a space fitted to the data, to be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML file to write.")],
    *,
    data: Annotated[
        str,
        typer.Option("--data", metavar="SOURCE", help="digits, fashion-mnist, a folder, ..."),
    ],
    force: options.Force = False,
    sets: options.Sets = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write a commented space that fits your data.

    Example: autocnn new photos.yaml --data photos/
    """
    from autocnn.cli.loading import Loading, given, only_data, options_for
    from autocnn.cli.output import check_output, write_text
    from autocnn.data import open_data
    from autocnn.default_space import default_space_text
    from autocnn.space.space import default_name

    terminal = Terminal(json, quiet, verbose)
    check_output(file, force=force)
    chosen = options_for(data, only_data(sets or []))
    with Loading(terminal) as loading:
        dataset = open_data(chosen, progress=loading)
    for note in dataset.notes:
        terminal.note(note)
    study = default_name(str(file))
    text = default_space_text(
        dataset, data, study=study, base=file.absolute().parent, options=given(chosen)
    )
    write_text(file, text, force=force)
    terminal.document({"file": file})
    terminal.line(f"wrote {file}; edit it, then: autocnn search {file}")
