"""`autocnn dashboard`: a live page over a store."""

from __future__ import annotations

from typing import Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def dashboard(
    *,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen at; one of other machines needs --token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")
    ] = 8050,
    token: Annotated[
        str,
        typer.Option(
            "--token",
            envvar="AUTOCNN_TOKEN",
            metavar="TEXT",
            help="Let in only those who open ADDRESS?token=TEXT.",
            show_default=False,
        ),
    ] = "",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Another name that browsers know this machine by; may be repeated.",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    r"""Show the studies of a store in the browser, as they are and as they go on.

    It only reads, and only this machine reaches it. Ctrl-C ends it. Needs `pip install
    'autocnn\[dashboard]'`.

    Example: autocnn dashboard --store sqlite:///studies/autocnn.db
    """
    from autocnn.dashboard.server import check_host, serve
    from autocnn.errors import Problem, SpaceError
    from autocnn.store import open_store

    terminal = Terminal(json, quiet, verbose)
    check_host(host, token)
    opened = open_store(store, create=False, read_only=True)

    def ready(address: str) -> None:
        terminal.document({"store": str(opened.location), "address": address})
        terminal.note(f"{opened.location} at {address} (Ctrl-C ends)")

    try:
        serve(opened, host=host, port=port, token=token, names=names or (), ready=ready)
    except ModuleNotFoundError as error:
        text = f"needs {error.name}: `pip install 'autocnn[dashboard]'`"
        raise SpaceError(Problem("", text, "dashboard")) from error
