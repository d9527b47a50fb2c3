"""`autocnn layers` and `autocnn schema`: what the language knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.registry import Options


def layers(
    word: Annotated[
        str | None,
        typer.Argument(metavar="WORD", help="Show only this word.", show_default=False),
    ] = None,
    *,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List layers, blocks, optimizers, strategies and the rest with their options.

    Example: autocnn layers conv
    """
    from autocnn.errors import Problem, SpaceError, suggest
    from autocnn.network import BLOCKS

    terminal = Terminal(json, quiet, verbose)
    things = _things()
    known = sorted({*(name for group in things.values() for name in group), *BLOCKS})
    if word is not None and word not in known:
        text = f"unknown word {word!r}{suggest(word, known)}; known: {', '.join(known)}"
        raise SpaceError(Problem("Y07", text))
    document: dict[str, Any] = {}
    for thing, group in things.items():
        found = {name: entry for name, entry in group.items() if word in (None, name)}
        if not found:
            continue
        document[thing] = {name: _described(entry) for name, entry in found.items()}
        terminal.line(f"{thing}:")
        for name, entry in found.items():
            _show(terminal, name, entry, at_length=word is not None or verbose)
        terminal.line()
    blocks = {name: text for name, text in BLOCKS.items() if word in (None, name)}
    if blocks:
        document["block"] = blocks
        terminal.line("block:")
        for name, text in blocks.items():
            shown = word is not None or verbose
            terminal.line(f"  {name}")
            if shown:
                terminal.line("\n".join(f"    {line}" for line in text.splitlines()))
    terminal.document(document)


def schema(
    output: options.Out = None,
    force: options.Force = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the JSON Schema of the whole language, with which editors complete and check it.

    Example: autocnn schema -o space.schema.json
    """
    from autocnn.api import language
    from autocnn.cli.output import write_text
    from autocnn.cli.terminal import to_json
    from autocnn.space import json_schema

    terminal = Terminal(json, quiet, verbose)
    text = to_json(json_schema(language()))
    if output is None:
        print(text)
    else:
        write_text(output, text + "\n", force=force)
        terminal.note(f"wrote {output}")


def _things() -> dict[str, dict[str, type[Options]]]:
    from autocnn.data import AUGMENTATIONS
    from autocnn.data.tasks import TASKS
    from autocnn.network import ACTIVATIONS, LAYERS, NORMS
    from autocnn.search.stopping import STOPPING
    from autocnn.search.strategies import STRATEGIES
    from autocnn.training import (
        AVERAGES,
        LOSSES,
        METRICS,
        OPTIMIZERS,
        PRETRAININGS,
        REGULARIZERS,
        SCHEDULES,
        SCORES,
    )

    registries = (
        LAYERS, NORMS, ACTIVATIONS, OPTIMIZERS, SCHEDULES, LOSSES, REGULARIZERS, AVERAGES,
        AUGMENTATIONS, TASKS, PRETRAININGS, METRICS, STRATEGIES, STOPPING, SCORES,
    )  # fmt: skip
    return {registry.thing: dict(registry) for registry in registries}


def _described(entry: type[Options]) -> dict[str, Any]:
    return {
        "about": _about(entry),
        "paper": entry.paper,
        "options": {name: _default(field) for name, field in entry.model_fields.items()},
    }


def _show(terminal: Terminal, name: str, entry: type[Options], *, at_length: bool) -> None:
    settings = ", ".join(
        field if default == "required" else f"{field} {default}"
        for field, default in _described(entry)["options"].items()
    )
    terminal.line(f"  {name}" + (f": {settings}" if settings else ""))
    if at_length:
        terminal.line("\n".join(f"    {line}" for line in _about(entry).splitlines()))
        if entry.paper:
            terminal.line(f"    {entry.paper}")


def _about(entry: type[Options]) -> str:
    import inspect

    return inspect.cleandoc(entry.__doc__ or "")


def _default(field: Any) -> str:
    from autocnn.registry import Options

    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Options):
        return value.word or type(value).__name__
    if isinstance(value, tuple):
        return f"[{', '.join(str(entry) for entry in value)}]"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
