"""The table of commands."""

from __future__ import annotations

from typing import Annotated

import typer

import autocnn
from autocnn.cli import (
    audit,
    best,
    check,
    dashboard,
    data,
    describe,
    export,
    finetune,
    language,
    new,
    predict,
    report,
    search,
    studies,
    train,
)

app = typer.Typer(
    name="autocnn",
    help="Find, train and use convolutional networks for image classification.",
    epilog="Example: autocnn search search_spaces/quickstart.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    search.search,
    new.new,
    check.check,
    describe.describe,
    train.train,
    finetune.finetune,
    studies.studies,
    studies.trials,
    best.best,
    report.report,
    report.export_optuna,
    audit.audit,
    dashboard.dashboard,
    predict.predict,
    predict.evaluate,
    export.export,
    data.data,
    language.layers,
    language.schema,
):
    app.command()(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"autocnn {autocnn.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Find, train and use convolutional networks for image classification."""
