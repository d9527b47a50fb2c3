"""`autocnn export`: a network in a form that needs no autocnn."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


class Format(StrEnum):
    """What a network can be written as."""

    PYTHON = "python"
    ONNX = "onnx"


def export(
    target: Annotated[
        str,
        typer.Argument(metavar="BUNDLE|FILE|STUDY[:TRIAL]", help="What to export."),
    ],
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="python: a PyTorch module as source. onnx: a bundle for ONNX Runtime."
        ),
    ] = Format.PYTHON,
    output: options.Out = None,
    shape: options.Input = None,
    classes: options.Classes = None,
    store: options.Store = None,
    sets: options.Sets = None,
    force: options.Force = False,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    r"""Write a network as a file that needs no autocnn: Python source, or of a bundle ONNX.

    The Python file needs PyTorch only, and the modules of own layers, which it imports. It has the
    network as classes, that of a bundle also how to prepare images, and `load()`, which reads the
    weights beside it; its outputs are those of the bundle, by `predict` where the bundle averages
    over several versions of an image. The network of a YAML file without open holes, or of a
    trial, comes without weights; of a study it is the best trial.

    The ONNX file is of a bundle or an ensemble, with its weights. It takes any number of decoded
    images (N, H, W, C), uint8, and gives what `predict` does: probabilities or values
    (N, outputs). Their names and how images were decoded are in its metadata. It is held against
    PyTorch before it is written. Needs `pip install 'autocnn\[onnx]'`.

    Example: autocnn export studies/fashion/bundle --format python -o fashion.py

    Example: autocnn export studies/fashion/bundle --format onnx -o fashion.onnx

    Example: autocnn export search_spaces/classics/resnet50.yaml -o resnet50.py
    """
    from autocnn.cli.output import check_output, write_text
    from autocnn.cli.target import Given, bundle_of, candidate_of
    from autocnn.errors import Problem, SpaceError
    from autocnn.reuse import load_bundle
    from autocnn.reuse.source import copy_weights, source, untrained_source

    terminal = Terminal(json, quiet, verbose)
    path = output or Path("network.onnx" if form is Format.ONNX else "network.py")
    given = Given(shape, classes, sets=tuple(sets or ()))
    bundle = bundle_of(target, store)
    if form is Format.ONNX:
        if bundle is None:
            text = f"expected a bundle, got {target!r}: only a bundle has weights"
            raise SpaceError(Problem("", text, "--format onnx"))
        given.refuse(target)
        _write_onnx(bundle, path, terminal, force=force)
        return
    if bundle is None:
        check_output(path, force=force)
        candidate = candidate_of(target, terminal, store, given)
        write_text(path, untrained_source(candidate), force=force)
        terminal.document({"format": form.value, "source": path, "weights": None})
        terminal.line(f"wrote {path}, without weights: only a bundle has these")
        return
    given.refuse(target)
    weights = path.with_suffix(".safetensors")
    if weights == path:
        text = "is where the weights go; give the Python file another ending"
        raise SpaceError(Problem("A13", text, str(path)))
    for file in (path, weights):
        check_output(file, force=force)
    loaded = load_bundle(bundle)
    write_text(path, source(loaded), force=force)
    copy_weights(loaded, weights)
    terminal.document({"format": form.value, "source": path, "weights": weights})
    terminal.line(f"wrote {path} and {weights}")


def _write_onnx(bundle: Path, path: Path, terminal: Terminal, *, force: bool) -> None:
    from autocnn.cli.output import check_output, write_bytes
    from autocnn.network.onnx_model import OPSET
    from autocnn.reuse.ensemble import load_predictor
    from autocnn.reuse.onnx_file import check_onnx, onnx_file

    check_onnx()
    check_output(path, force=force)
    made = onnx_file(load_predictor(bundle))
    write_bytes(path, made.model, force=force)
    terminal.document(
        {
            "format": Format.ONNX.value,
            "model": path,
            "opset": OPSET,
            "output": made.output,
            "difference": made.difference,
        }
    )
    unit = " deviations" if made.output == "values" else ""
    terminal.line(
        f"wrote {path}, opset {OPSET}: pixels to {made.output}, "
        f"at most {made.difference:.1g}{unit} from those of PyTorch on random images"
    )
