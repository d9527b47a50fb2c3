"""`autocnn predict` and `autocnn evaluate`: a bundle at work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.reuse.predict import Prediction
    from autocnn.reuse.predictor import Predictor

Form = Literal["table", "csv", "json"]


def predict(
    bundle: options.Bundle,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATHS...", help="Images, or folders of images.")
    ],
    *,
    csv: options.Csv = False,
    output: options.Out = None,
    cam: Annotated[
        Path | None,
        typer.Option(
            "--cam",
            metavar="FOLDER",
            help="Also draw what spoke for each answer (Grad-CAM), as PNG.",
            show_default=False,
        ),
    ] = None,
    force: options.Force = False,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Ask a bundle about images; exits with 1 if some could not be read.

    Example: autocnn predict studies/fashion/bundle photos/ --csv -o predictions.csv
    """
    from autocnn.cli.exits import SOME_FAILED
    from autocnn.cli.output import check_output, write_text
    from autocnn.errors import DataError, Problem
    from autocnn.reuse.cam import write_overlays
    from autocnn.reuse.ensemble import load_predictor
    from autocnn.reuse.folder import new_folder

    form = _form(output, csv=csv, json=json)
    terminal = Terminal(json or csv, quiet, verbose)
    if output is not None:
        check_output(output, force=force)
    loaded = load_predictor(bundle)
    with new_folder(cam, force=force, like="*.cam.png") if cam else nullcontext() as folder:
        drawn = [] if folder is None else write_overlays(loaded, paths, folder)
        rows = list(loaded.predict(paths))
        if not rows:
            raise DataError(Problem("D01", "no images were found", ", ".join(map(str, paths))))
    if cam is not None:
        terminal.note(f"wrote {len(drawn)} pictures to {cam}")
    if form == "table":
        _show(terminal, rows, loaded)
    elif output is None:
        print(_text(rows, form, loaded))
    else:
        write_text(output, _text(rows, form, loaded) + "\n", force=force)
        terminal.note(f"wrote {output}")
    failed = sum(bool(row.error) for row in rows)
    if failed:
        terminal.note(f"{failed} of {len(rows)} files could not be read")
        raise typer.Exit(SOME_FAILED)


def _form(output: Path | None, *, csv: bool, json: bool) -> Form:
    """How the predictions are written: as the options say, else as the file's name does."""
    from autocnn.errors import Problem, SpaceError

    if json and csv:
        raise SpaceError(Problem("", "--json and --csv cannot be given together"))
    if csv or json:
        return "csv" if csv else "json"
    if output is None:
        return "table"
    if output.suffix == ".csv":
        return "csv"
    if output.suffix == ".json":
        return "json"
    raise SpaceError(Problem("A13", "say --csv or --json for this file", str(output)))


def _text(rows: Sequence[Prediction], form: Form, bundle: Predictor) -> str:
    from autocnn.cli.terminal import to_json
    from autocnn.reuse.rows import csv_lines, json_row

    task = bundle.document.task
    if form == "csv":
        return "\n".join(csv_lines(rows, bundle.classes, task))
    return to_json([json_row(row, bundle.classes, task) for row in rows])


def _show(terminal: Terminal, rows: Sequence[Prediction], bundle: Predictor) -> None:
    from autocnn.reuse.rows import answers, columns

    heads = columns(bundle.document.task, bundle.classes)
    words = ("class", "labels")
    sides = {head: "left" if head in words and not place else "right"
             for place, head in enumerate(heads)}  # fmt: skip
    lines = []
    for row in rows:
        cells = [_cell(cell, bundle) for cell in answers(row)]
        missing = [f"error: {row.error}", *[""] * (len(heads) - 1)]
        lines.append((row.file, *(missing if row.error else cells)))
    terminal.table({"file": "left", **sides}, lines)


def _cell(cell: str | float, bundle: Predictor) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell:.6g}" if bundle.document.task.scaled else f"{100 * cell:.1f} %"


def evaluate(
    bundle: options.Bundle,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Source as in a space, such as folder:photos.")
    ],
    *,
    part: Annotated[
        Literal["auto", "test", "all"],
        typer.Option(
            "--part",
            help="The test part, the data's or the training's, or all; auto prefers test.",
        ),
    ] = "auto",
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure a bundle on labelled images; exits with 1 if some could not be read.

    Example: autocnn evaluate studies/fashion/bundle folder:new_photos
    """
    from autocnn.cli.exits import SOME_FAILED
    from autocnn.cli.numbers import between, measured, words
    from autocnn.reuse.ensemble import load_predictor
    from autocnn.reuse.evaluate import evaluate_bundle, open_labelled

    terminal = Terminal(json, quiet, verbose)
    loaded = load_predictor(bundle)
    dataset = open_labelled(loaded, data)
    result = evaluate_bundle(loaded, dataset, part)
    for note in dataset.notes:
        terminal.note(note)
    terminal.document(result.to_json())
    terminal.line(
        f"{words(result.metric)} {measured(result.value, result.metric)} on {result.images:,} "
        f"images ({result.part}); 95 % {result.interval.capitalize()} interval over the images: "
        f"{between(result.low, result.high, result.metric)}"
    )
    others = {name: value for name, value in result.metrics.items() if name != result.metric}
    values = [(words(name), measured(value, name)) for name, value in others.items()]
    terminal.table({"metric": "left", "value": "right"}, values)
    heads, rows = result.summary()
    terminal.table(dict.fromkeys(heads, "right") | {heads[0]: "left"}, rows)
    if any("bad images left out" in note for note in dataset.notes):
        raise typer.Exit(SOME_FAILED)
