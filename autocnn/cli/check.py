"""`autocnn check`: a space looked at without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def check(
    space: Annotated[Path, typer.Argument(metavar="SPACE", help="YAML file of a space.")],
    *,
    shape: options.Input = None,
    classes: options.Classes = None,
    samples: Annotated[
        int, typer.Option("--samples", min=1, max=100_000, help="Networks to draw.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    sets: options.Sets = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check a space and its data without training: faults, size, share of possible networks.

    Example: autocnn check search_spaces/quickstart.yaml
    """
    raise NotImplementedError
