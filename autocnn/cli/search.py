"""`autocnn search`: the main job."""

from __future__ import annotations

import shlex
import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.api import SearchResult
    from autocnn.search.reading import Outcome, Together
    from autocnn.space import Space

SpaceFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="SPACE", help="YAML file of a space; without it, --data.", show_default=False
    ),
]


def search(
    space: SpaceFile = None,
    *,
    data: options.Data = None,
    time: options.Time = None,
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="NAME", help="Name in the store.", show_default=False),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Start a new study where one has this name.")
    ] = False,
    store: options.Store = None,
    sets: options.Sets = None,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Search a space for the best network, or the default space for your data.

    The same command continues a study that was interrupted. Ctrl-C saves and ends. With a larger
    budget a finished study is gone on from in a new one, `<name>-2`.

    Example: autocnn search search_spaces/quickstart.yaml --time 2m

    Example: autocnn search --data photos/ --time 20m
    """
    from autocnn.api import open_study
    from autocnn.cli.exits import INTERRUPTED, TERMINATED, Terminated
    from autocnn.cli.front import list_front
    from autocnn.search.front import front
    from autocnn.search.opening import ineffective

    started = clock.monotonic()
    terminal = Terminal(json, quiet, verbose)
    asked = {"--data": data, "--time": time, "--study": study, "--store": store}
    changes = [*(sets or []), *_given({"budget.time": time, "study": study})]
    loaded = load(terminal, space, data, changes)
    for note in (*loaded.notes, *(f"warning: {text}" for text in ineffective(loaded))):
        terminal.note(note)
    try:
        result = _run(loaded, terminal, store=store, new=new, started=started)
    except (KeyboardInterrupt, Terminated) as signal:
        terminal.note(f"interrupted; continue with: {_again(space, asked, sets, allow_imports)}")
        code = INTERRUPTED if isinstance(signal, KeyboardInterrupt) else TERMINATED
        raise typer.Exit(code) from None
    if result.signal is not None:
        again = _again(space, asked | {"--study": result.study}, sets, allow_imports)
        terminal.document({"study": result.study, "state": result.state, "continue": again})
        terminal.line(f"interrupted, everything is saved; continue with: {again}")
        raise typer.Exit(128 + result.signal)
    _show_events(terminal, result, store)
    show_result(terminal, result)
    opened, record = open_study(result.study, store)
    list_front(terminal, front(opened, record), record)


def load(terminal: Terminal, space: Path | None, data: str | None, sets: list[str]) -> Space:
    """The space of a file, with other data if they are given, or the default space for data."""
    from autocnn.api import load_space
    from autocnn.cli.loading import Loading, given, options_for
    from autocnn.data import open_data
    from autocnn.default_space import absolute_source, default_space
    from autocnn.errors import Problem, SpaceError

    source = None if data is None else absolute_source(data)
    if space is not None:
        return load_space(space, overrides=[*sets, *_given({"data.source": source})])
    if source is None:
        raise SpaceError(Problem("Y18", "give the file of a space, or --data SOURCE"))
    options = options_for(source, sets)
    with Loading(terminal) as loading:
        dataset = open_data(options, progress=loading)
    return load_space(default_space(dataset, source, options=given(options)), overrides=sets)


def _given(values: dict[str, str | None]) -> list[str]:
    import json

    return [f"{path}={json.dumps(value)}" for path, value in values.items() if value is not None]


def _run(space: Space, terminal: Terminal, *, store: str | None, new: bool, started: float) -> Any:
    from autocnn.api import run_search
    from autocnn.cli.live import View
    from autocnn.cli.loading import Loading
    from autocnn.fidelity_text import fidelity_note
    from autocnn.search.objectives import Objectives
    from autocnn.search.settings import SearchOptions

    metric = space.section(Objectives).metric
    note = fidelity_note({"search": space.section(SearchOptions).to_json()})
    with (
        Loading(terminal) as loading,
        View(metric, note, quiet=terminal.quiet or terminal.json) as view,
    ):
        return run_search(
            space, store=store, new=new, watch=view.show, progress=loading, started=started
        )


def _show_events(terminal: Terminal, result: SearchResult, url: str | None) -> None:
    """Notes on the data and what came on the way: warnings always, the rest if verbose."""
    from autocnn.api import open_study
    from autocnn.search.rejected import rejected

    if result.already and not terminal.verbose:
        return
    store, study = open_study(result.study, url)
    for note in study.data.get("notes", ()):
        terminal.note(note)
    if counts := rejected(store.trials(study.id)):
        reasons = ", ".join(f"{reason} {number}" for reason, number in counts.most_common())
        terminal.note(f"{counts.total()} candidates were not worth training: {reasons}")
    for event in store.events(study.id):
        if event.level != "info":
            terminal.note(f"{event.level}: {event.message}")
        else:
            terminal.detail(event.message)


def _again(
    space: Path | None, asked: dict[str, str | None], sets: list[str] | None, allow_imports: bool
) -> str:
    """The command that continues; without `--new`, which would start over."""
    from autocnn.store import without_password

    words = ["autocnn", "search", *([str(space)] if space else [])]
    for option, value in asked.items():
        words += [option, without_password(value)] if value is not None else []
    for assignment in sets or []:
        replaced = assignment.startswith("study=") and asked["--study"] is not None
        words += [] if replaced else ["--set", assignment]
    return shlex.join([*words, *(["--allow-imports"] if allow_imports else [])])


def _scores(outcome: Outcome | Together) -> dict[str, Any]:
    """What was measured on each part."""
    scores = {"validation": outcome.validation, "test": outcome.test}
    return {
        part: {
            score.metric: score.value,
            "low": score.low,
            "high": score.high,
            "interval": score.interval,
            "images": score.images,
            **{row["metric"]: row["value"] for row in score.measured()[1:]},
        }
        for part, score in scores.items()
        if score is not None
    }


def _ensemble(together: Together) -> dict[str, Any]:
    """What is told of an ensemble."""
    members = [
        {"trial": one.trial, "seed": one.seed, "weight": one.weight} for one in together.members
    ]
    return {"members": members, "scores": _scores(together)}


def show_result(terminal: Terminal, result: SearchResult) -> None:
    """The best network as a table, its accuracies with their intervals, and where things lie."""
    from autocnn.cli.network import show_network
    from autocnn.cli.numbers import between, measured, score_lines, words
    from autocnn.network import table

    assert result.candidate is not None
    assert result.outcome is not None
    scores = {"validation": result.validation, "test": result.test}
    terminal.document(
        {
            "study": result.study,
            "state": result.state,
            "already_finished": result.already,
            "trial": result.outcome.number,
            "candidate": result.candidate.to_json(),
            "scores": _scores(result.outcome),
            "earlier_test_values": dict(result.earlier),
            "ensemble": result.outcome.ensemble and _ensemble(result.outcome.ensemble),
            "controls": list(result.controls),
            "bundle": result.bundle,
            "report": result.report,
        }
    )
    if result.already:
        terminal.line(
            f"the study {result.study!r} was finished before; this is its result "
            "(a larger budget goes on from it, --new starts another)"
        )
    terminal.line(f"best network of {result.study!r}: trial {result.outcome.number}")
    show_network(terminal, table(result.candidate.architecture))
    terminal.line()
    for part, score in scores.items():
        for line in () if score is None else score_lines(part, score):
            terminal.line(line)
    metric = result.outcome.validation.metric
    for name, earlier in result.earlier.items():
        terminal.line(
            f"goes on from {name!r}, which read the test images before: "
            f"{measured(earlier, metric)}"
        )
    if (together := result.outcome.ensemble) is not None:
        part = "validation" if together.test is None else "test"
        score = together.test or together.validation
        terminal.line(
            f"an ensemble of {len(together.members)} networks, chosen on validation too: {part} "
            f"{words(score.metric)} {measured(score.value, score.metric)}  "
            f"(95 %: {between(score.low, score.high, score.metric)})"
        )
    for control in result.controls:
        terminal.line(
            f"control   {control['control']}, given as many seconds: {control['split']} "
            f"{words(control['metric'])} {measured(control['value'], control['metric'])}  "
            f"({between(control['low'], control['high'], control['metric'])})"
        )
    paths = {"bundle": result.bundle, "ensemble": result.ensemble, "report": result.report}
    for name, path in paths.items():
        if path is not None:
            terminal.line(f"{name:10} {path}")
