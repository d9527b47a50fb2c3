"""Options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
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
