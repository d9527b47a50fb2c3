"""`autocnn export`: a bundle in a form that needs no autocnn."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


class Format(StrEnum):
    """What a bundle can be written as."""

    PYTHON = "python"


def export(
    bundle: options.Bundle,
    *,
    form: Annotated[
        Format, typer.Option("--format", help="python: a PyTorch module as source.")
    ] = Format.PYTHON,
    output: options.Out = None,
    force: options.Force = False,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write a bundle as a Python file that needs PyTorch only, with its weights beside it.

    The file has the network as classes, how to prepare images, and `load()`. Its outputs are
    those of the bundle.

    Example: autocnn export studies/fashion/bundle --format python -o fashion.py
    """
    from autocnn.cli.output import check_output, write_text
    from autocnn.reuse import load_bundle
    from autocnn.reuse.source import copy_weights, source

    terminal = Terminal(json, quiet, verbose)
    path = output or Path("network.py")
    weights = path.with_suffix(".safetensors")
    for file in (path, weights):
        check_output(file, force=force)
    loaded = load_bundle(bundle)
    write_text(path, source(loaded), force=force)
    copy_weights(loaded, weights)
    terminal.document({"format": form.value, "source": path, "weights": weights})
    terminal.line(f"wrote {path} and {weights}")
