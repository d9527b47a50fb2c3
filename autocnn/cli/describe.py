"""`autocnn describe`: one network as a table, or a space as its holes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def describe(
    target: Annotated[
        str,
        typer.Argument(metavar="FILE|BUNDLE|STUDY[:TRIAL]", help="What to describe."),
    ],
    *,
    shape: options.Input = None,
    classes: options.Classes = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", min=0, help="Which network of a space with open holes.", show_default="0"
        ),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="Also draw it here.", show_default=False),
    ] = None,
    force: options.Force = False,
    store: options.Store = None,
    sets: options.Sets = None,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show the layers of a network: output, parameters, MACs, activations, field, shares.

    A narrow terminal shows the first three, `--json` always all. Of a space with open holes it
    lists these and shows one network drawn at random; of a study the best trial, or the one after
    the colon.

    Example: autocnn describe fashion:17 --svg network.svg

    Example: autocnn describe search_spaces/quickstart.yaml --input 3x224x224 --classes 1000
    """
    from autocnn.cli.network import show_network
    from autocnn.cli.output import check_output, write_text
    from autocnn.cli.target import Given, candidate_of
    from autocnn.network.shares import with_shares
    from autocnn.network.table import table, totals

    terminal = Terminal(json, quiet, verbose)
    if svg is not None:
        check_output(svg, force=force)
    given = Given(shape, classes, seed, tuple(sets or ()), draws=True)
    candidate = candidate_of(target, terminal, store, given)
    rows = table(candidate.architecture)
    terminal.document(
        {
            "candidate": candidate.to_json(),
            "digest": candidate.digest,
            "table": with_shares(rows),
            "totals": totals(rows),
        }
    )
    show_network(terminal, rows, full=True)
    terminal.line(f"digest {candidate.digest}")
    if svg is not None:
        from autocnn.report import diagram

        write_text(svg, diagram(rows), force=force)
        terminal.note(f"wrote {svg}")
