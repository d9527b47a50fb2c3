"""`autocnn report` and `autocnn export-optuna`: a study for readers and for other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.store import Store


class Form(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    MARKDOWN = "md"
    JSON = "json"
    CSV = "csv"
    PNG = "png"


FOLDERS = (Form.CSV, Form.PNG)
"""Those that are several files."""


def report(
    study: options.Study,
    *,
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="html: all in one page; md: the text; json: the numbers; csv: a folder of "
            "tables; png: a folder of figures (needs autocnn\\[pictures]).",
        ),
    ] = Form.HTML,
    tensorboard: Annotated[
        Path | None,
        typer.Option(
            "--tensorboard",
            metavar="DIR",
            help="Write event files for TensorBoard here instead (needs autocnn\\[tensorboard]).",
            show_default=False,
        ),
    ] = None,
    output: options.Out = None,
    force: options.Force = False,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the report of a study, finished or not: one HTML page that needs no network.

    Example: autocnn report fashion -o fashion.html

    Example: autocnn report fashion --format csv -o fashion_tables
    """
    from autocnn.api import open_study
    from autocnn.errors import Problem, SpaceError

    terminal = Terminal(json, quiet, verbose)
    opened, record = open_study(study, store)
    if tensorboard is not None:
        if output is not None or form is not Form.HTML:
            text = "takes the place of --format and --output; give it alone"
            raise SpaceError(Problem("", text, "--tensorboard"))
        written = _write_events(opened, record.name, tensorboard, force=force)
    else:
        default = record.name if form in FOLDERS else f"{record.name}.{form.value}"
        written = _write(opened, record.name, form, output or Path(default), force=force)
    terminal.document({"study": record.name, "report": written})
    terminal.line(f"wrote {written}")


def _write(store: Store, name: str, form: Form, path: Path, *, force: bool) -> Path:
    from autocnn.cli.output import check_output, write_text
    from autocnn.cli.terminal import to_json
    from autocnn.report import parts, write_report
    from autocnn.report.markdown import markdown
    from autocnn.reuse.folder import new_folder

    if form in FOLDERS:
        write = parts.write_tables
        if form is Form.PNG:
            parts.check_pictures()
            write = parts.write_pictures
        with new_folder(path, force=force, like=f"*.{form.value}") as folder:
            write(store, name, folder)
        return path
    check_output(path, force=force)
    if form is Form.HTML:
        return write_report(store, name, path)
    text = to_json(parts.document(store, name)) if form is Form.JSON else markdown(store, name)
    write_text(path, f"{text}\n", force=force)
    return path


def _write_events(store: Store, name: str, folder: Path, *, force: bool) -> Path:
    from autocnn.report.tensorboard import check_tensorboard, write_tensorboard
    from autocnn.reuse.folder import new_folder

    check_tensorboard()
    with new_folder(folder, force=force, like="events.out.tfevents.*") as written:
        write_tensorboard(store, name, written)
    return folder


def export_optuna(
    study: options.Study,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="Optuna's storage, such as sqlite:///optuna.db."),
    ],
    *,
    store: options.Store = None,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write a study into a storage of Optuna, for optuna-dashboard and other tools.

    Example: autocnn export-optuna fashion sqlite:///optuna.db
    """
    from autocnn.api import to_optuna

    terminal = Terminal(json, quiet, verbose)
    made = to_optuna(study, store, url)
    terminal.document({"study": study, "storage": url, "trials": len(made.trials)})
    terminal.line(f"wrote {len(made.trials)} trials of {study!r} to {url}")
