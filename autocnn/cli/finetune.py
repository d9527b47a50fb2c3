"""`autocnn finetune`: a trained network, trained on for other images."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.reuse.start import Start


def finetune(
    start: Annotated[
        Path,
        typer.Argument(
            metavar="START", help="A bundle, or the YAML of a network whose weights --weights has."
        ),
    ],
    *,
    data: Annotated[
        str,
        typer.Option("--data", metavar="SOURCE", help="The images: digits, a folder, ..."),
    ],
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="FILE", help="Weights as safetensors, for a YAML."),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="YAML that says how FILE names its layers."),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE", help="YAML whose `training` is the recipe."),
    ] = None,
    time: options.Time = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1)] = 0,
    output: options.Out = None,
    force: options.Force = False,
    sets: options.Sets = None,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Go on training a network for other images and write its bundle.

    Images are brought to the size and channels that the network knows. Its last layer is new
    unless the classes are the same. First that layer learns alone, then all of them, the early
    ones more slowly: `--set training.frozen_epochs=6`, `--set training.early_rate=0.1`. Data that
    it was trained on are split as they were then.

    Example: autocnn finetune studies/fashion/bundle --data photos/ -o photo_classifier
    """
    from autocnn.api import load_space
    from autocnn.cli.fit import Fit
    from autocnn.cli.loading import Loading
    from autocnn.cli.network import show_network
    from autocnn.cli.numbers import seconds_of
    from autocnn.cli.train import again, candidate_of, data_options, open_for, refuse_holes
    from autocnn.default_space import absolute_source
    from autocnn.network import table
    from autocnn.reuse.finetune import finetuning, first_weights, like_start
    from autocnn.reuse.folder import refuse_existing
    from autocnn.reuse.own_data import own_parts
    from autocnn.search.objectives import Objectives
    from autocnn.training import measure_plan

    started = clock.monotonic()
    terminal = Terminal(json, quiet, verbose)
    target = output or Path(f"{start.stem}-finetuned")
    refuse_existing(target, force=force)
    deadline = None if time is None else started + seconds_of(time)
    begin = _start(start, weights, names)
    training = None if recipe is None else _training(recipe)
    parts = own_parts(begin.provenance, absolute_source(data))
    space = load_space(finetuning(begin, training, parts), overrides=sets or [])
    refuse_holes(space)
    with Loading(terminal) as loading:
        dataset = like_start(begin, open_for(space, data, loading))
        plan = measure_plan(progress=loading)
    for note in dataset.notes:
        terminal.note(note)
    if parts is not None:
        terminal.note("the network knows these data: they are split as in its training")
    candidate = candidate_of(space, dataset)
    known = first_weights(begin, candidate, dataset)
    if not quiet:
        show_network(terminal, table(candidate.architecture))
    new = sorted(set(begin.weights) - set(known))
    terminal.note(f"new: {', '.join(new)}" if new else "all layers go on, the last one too")
    asked: dict[str, object] = {
        "--data": data,
        "--weights": weights,
        "--map": names,
        "--recipe": recipe,
    }
    asked |= {"--time": time, "--seed": seed, "--output": output}
    metric = space.section(Objectives).metric
    flags = {"--force": force, "--allow-imports": allow_imports}
    provenance = {
        "command": "finetune",
        "start": str(start),
        "weights": begin.sha256,
        "data_options": data_options(space, data).meaning(defaults=False),
    }
    fit = Fit(terminal, candidate, dataset, plan, seed, metric, target, force, provenance, known)
    fit.run(deadline, again("finetune", start, asked, sets, flags))


def _start(start: Path, weights: Path | None, names: Path | None) -> Start:
    """The bundle, or the network of a YAML with its weights."""
    from autocnn.api import language
    from autocnn.errors import Problem, SpaceError
    from autocnn.reuse.layer_map import read_layer_map
    from autocnn.reuse.start import start_of_bundle, start_of_weights
    from autocnn.space import read_candidate

    if start.is_dir():
        if weights is not None or names is not None:
            text = "is a bundle, which has its own weights: leave out --weights and --map"
            raise SpaceError(Problem("", text, str(start)))
        return start_of_bundle(start)
    if weights is None:
        text = "is no bundle; a YAML needs --weights FILE.safetensors"
        raise SpaceError(Problem("A01", text, str(start)))
    known = None if names is None else read_layer_map(names)
    return start_of_weights(read_candidate(start, language()), weights, known)


def _training(file: Path) -> Mapping[str, Any]:
    """The `training` section of a YAML file."""
    from autocnn.errors import Problem, SpaceError
    from autocnn.space.composer import compose
    from autocnn.space.document import plain
    from autocnn.space.source import read_source

    document: Any = plain(compose(read_source(file), str(file)))
    found = document.get("training") if isinstance(document, Mapping) else None
    if not isinstance(found, Mapping):
        raise SpaceError(Problem("Y08", "has no section `training`", str(file)))
    return found
