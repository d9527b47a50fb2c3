"""Options that several commands share, each declared once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def _allow_imports(allowed: bool) -> bool:
    """Let what this command reads import modules, also from the current folder."""
    if allowed:
        from autocnn.space import allow_imports

        # The folder's own name: the empty one would mean another folder in worker processes.
        sys.path.insert(0, str(Path.cwd()))
        allow_imports()
    return allowed


Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="AUTOCNN_STORE",
        metavar="URL",
        help="Data base of the studies, such as sqlite:///studies/autocnn.db.",
        show_default=False,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Replace any key of the document; may be repeated.",
        show_default=False,
    ),
]
AllowImports = Annotated[
    bool,
    typer.Option(
        "--allow-imports",
        help="Import the modules that the document names under `imports`: runs their code.",
        callback=_allow_imports,
        is_eager=True,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Watch = Annotated[
    bool, typer.Option("--watch", help="Show it again every other second while a search runs.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more on the way.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="CxHxW",
        help="Input shape, such as 3x224x224, instead of the data's.",
        show_default=False,
    ),
]
Classes = Annotated[
    int | None,
    typer.Option("--classes", help="Number of classes instead of the data's.", show_default=False),
]
Study = Annotated[str, typer.Argument(metavar="STUDY", help="Name of a study in the store.")]
Bundle = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="Folder that `search` or `best` wrote.")
]
Out = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="PATH", help="Where to write it.", show_default=False),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="Data source: digits, fashion-mnist, a folder with a sub-folder per class, ...",
        show_default=False,
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time", metavar="TIME", help="Budget, such as 90s, 20m or 2h.", show_default=False
    ),
]
