"""The command line; `main` is what the command `autocnn` calls."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    What it needs is imported here: worker processes import this module again at their start.
    """
    from autocnn.cli.app import app
    from autocnn.cli.exits import run

    return run(app, arguments)
