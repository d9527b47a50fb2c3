"""`autocnn train`: one network, trained fully."""

from __future__ import annotations

import shlex
import time as clock
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.data import Dataset
    from autocnn.space import Candidate, Space
    from autocnn.training import Plan, Point


def train(
    candidate: Annotated[
        Path,
        typer.Argument(metavar="CANDIDATE", help="YAML without open holes, such as best.yaml."),
    ],
    *,
    data: options.Data = None,
    time: options.Time = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1)] = 0,
    output: options.Out = None,
    force: options.Force = False,
    sets: options.Sets = None,
    check_determinism: Annotated[
        bool,
        typer.Option(
            "--check-determinism",
            help="Only train an epoch twice and in two parts, and compare all bits.",
        ),
    ] = False,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train one network fully and write its bundle, measured on the validation part.

    The test part is not read; `autocnn evaluate` does that. The same command continues a training
    that was interrupted, after the last whole epoch. With --check-determinism no bundle is
    written, and it exits with 1 where bits differ.

    Example: autocnn train best.yaml --data fashion-mnist -o fashion_classifier
    """
    from autocnn.api import load_space
    from autocnn.cli.determinism import check_determinism as same_bits
    from autocnn.cli.exits import INTERRUPTED, SOME_FAILED, TERMINATED, Terminated
    from autocnn.cli.loading import Loading
    from autocnn.cli.network import show_network
    from autocnn.cli.numbers import seconds_of
    from autocnn.network import table
    from autocnn.reuse.folder import refuse_existing
    from autocnn.training import measure_plan, read_weights

    started = clock.monotonic()
    terminal = Terminal(json, quiet, verbose)
    space = load_space(candidate, overrides=sets or [])
    refuse_holes(space)
    target = output or Path(f"{space.name}-bundle")
    refuse_existing(target, force=force or check_determinism)
    seconds = None if time is None else seconds_of(time)
    with Loading(terminal) as loading:
        dataset = open_for(space, data, loading)
        plan = measure_plan(progress=loading)
    for note in dataset.notes:
        terminal.note(note)
    chosen = candidate_of(space, dataset)
    if not quiet:
        show_network(terminal, table(chosen.architecture))
    deadline = None if seconds is None else started + seconds
    metric: str = space.sections["objectives"].metric  # type: ignore[attr-defined]
    if check_determinism:
        if not same_bits(terminal, chosen, dataset, plan, seed, metric):
            raise typer.Exit(SOME_FAILED)
        return
    checkpoint = checkpoint_of(target, chosen, dataset, plan, seed, metric)
    try:
        images = _train(terminal, chosen, dataset, plan, seed, deadline, checkpoint, metric)
    except (KeyboardInterrupt, Terminated) as signal:
        asked = {"--data": data, "--time": time, "--seed": seed, "--output": output}
        terminal.note(f"interrupted; continue with: {_again(candidate, asked, sets, force)}")
        code = INTERRUPTED if isinstance(signal, KeyboardInterrupt) else TERMINATED
        raise typer.Exit(code) from None
    weights = read_weights(checkpoint)
    _finish(terminal, chosen, dataset, plan, weights, images, seed, target, metric, force=force)
    checkpoint.unlink(missing_ok=True)


def _again(
    candidate: Path, asked: Mapping[str, object], sets: list[str] | None, force: bool
) -> str:
    """The command that continues."""
    words = ["autocnn", "train", str(candidate)]
    for option, value in asked.items():
        words += [option, str(value)] if value else []
    for assignment in sets or []:
        words += ["--set", assignment]
    return shlex.join([*words, *(["--force"] if force else [])])


def refuse_holes(space: Space) -> None:
    """Raise SpaceError with every hole that is still open."""
    from autocnn.errors import Problem, SpaceError

    if space.holes:
        text = "this hole is open; a candidate leaves nothing open"
        raise SpaceError(
            *(
                Problem("Y08", text, hole.name, hole.file, hole.line, hole.column)
                for hole in space.holes
            )
        )


def open_for(space: Space, source: str | None, loading: object) -> Dataset:
    """The data to train on; with `data: {shape}` they are brought to that shape."""
    from autocnn.api import data_options
    from autocnn.data import open_data
    from autocnn.default_space import absolute_source
    from autocnn.errors import Problem, SpaceError

    chosen = data_options(space)
    changes: dict[str, object] = {}
    if source is not None:
        changes["source"] = absolute_source(source)
    elif chosen.source is None:
        raise SpaceError(Problem("Y30", "names no data source; give --data", "data", space.file))
    if chosen.shape is not None:
        channels, *size = chosen.shape
        changes |= {"channels": channels, "size": tuple(size), "shape": None}
    base = Path(space.file).parent if space.file else Path.cwd()
    return open_data(chosen.model_copy(update=changes), base=base, progress=loading)  # type: ignore[arg-type]


def candidate_of(space: Space, dataset: Dataset) -> Candidate:
    """The network of a space without holes for these data; raises SpaceError."""
    from autocnn.api import data_options
    from autocnn.errors import Problem, SpaceError
    from autocnn.space import Infeasible, elaborate, fill_values

    wanted = data_options(space).classes
    if wanted not in (None, len(dataset.classes)):
        text = f"the network is for {wanted} classes, the data have {len(dataset.classes)}"
        raise SpaceError(Problem("Y30", text, "data.classes", space.file))
    made = elaborate(fill_values(space, {}), dataset.shape, len(dataset.classes))
    if isinstance(made, Infeasible):
        raise SpaceError(made.problem)
    return made


def _train(
    terminal: Terminal,
    candidate: Candidate,
    dataset: Dataset,
    plan: Plan,
    seed: int,
    deadline: float | None,
    checkpoint: Path,
    metric: str,
) -> int:
    """Train to the end, or on from the checkpoint, which every epoch renews; the images seen."""
    from autocnn.cli.numbers import clock as minutes
    from autocnn.cli.numbers import measured, words
    from autocnn.errors import NoTrialSucceeded
    from autocnn.training import train as training

    epoch = len(dataset.train)
    epochs = candidate.training.epochs  # type: ignore[attr-defined]
    images = _progress(checkpoint)
    if images:
        text = f"goes on after epoch {images / epoch:.3g} of {epochs}, where it was interrupted"
        terminal.note(f"{text} (remove {checkpoint} to start over)")
    shown = dict.fromkeys(("val_accuracy", metric))
    for point in training(
        candidate,
        dataset,
        seed=seed,
        horizon=epochs * epoch,
        until=epochs * epoch,
        evaluate_at=[epoch * (index + 1) for index in range(epochs)],
        plan=plan,
        start=checkpoint if images else None,
        deadline=deadline,
        objective=metric,
    ):
        if point.reason == "non-finite":
            checkpoint.unlink(missing_ok=True)
            raise NoTrialSucceeded("the loss was not finite; a lower learning rate may help")
        _save(point, checkpoint)
        images = point.images
        terminal.note(
            f"epoch {point.epoch:.3g}/{epochs}  train loss "
            f"{measured(point.metrics.get('train_loss'), 'loss')}  "
            + "".join(
                f"{words(name)} {measured(point.metrics.get(name), name)}  " for name in shown
            )
            + minutes(point.seconds)
        )
    return images


def checkpoint_of(
    target: Path, candidate: Candidate, dataset: Dataset, plan: Plan, seed: int, metric: str
) -> Path:
    """Where this training leaves its checkpoint: beside the bundle, under a name of its own.

    Another network, other data, another seed, plan or objective have another name.
    """
    from autocnn.data.cache import digest

    key = digest([candidate.digest, dataset.fingerprint, plan.to_json(), seed, metric])
    return target.with_name(f"{target.name}-{key[:12]}.pt")


def _progress(checkpoint: Path) -> int:
    """The images that a checkpoint has seen; 0 where there is none that can be read."""
    from pickle import UnpicklingError

    from autocnn.training.checkpoint import read_checkpoint

    try:
        return int(read_checkpoint(checkpoint)["images"])
    except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError):
        return 0


def _save(point: Point, checkpoint: Path) -> None:
    from autocnn.errors import Problem, SpaceError

    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        point.save(checkpoint)
    except OSError as error:
        text = f"cannot write the checkpoint: {error.strerror or error}"
        raise SpaceError(Problem("A13", text, str(checkpoint))) from error


def _finish(
    terminal: Terminal,
    candidate: Candidate,
    dataset: Dataset,
    plan: Plan,
    weights: Mapping[str, Tensor],
    images: int,
    seed: int,
    target: Path,
    metric: str,
    *,
    force: bool,
) -> None:
    from autocnn.cli.numbers import between, measured, words
    from autocnn.reuse import Measure, save_bundle
    from autocnn.search.environment import environment
    from autocnn.search.measure import score_of
    from autocnn.training import evaluate

    part = dataset.validation
    found = evaluate(candidate, weights, part, dataset, plan)
    score = score_of(found, part, metric)
    measures = [Measure(split="validation", **given) for given in score.measured()]
    provenance = {
        "command": "train",
        "seed": seed,
        "source": dataset.source,
        "data": dataset.fingerprint,
        "images": images,
        "environment": environment(),
    }
    save_bundle(
        target, candidate, weights, dataset, metrics=measures, provenance=provenance, force=force
    )
    terminal.document({"bundle": target, "metrics": [measure.to_json() for measure in measures]})
    terminal.line(
        f"validation accuracy {measured(score.value, 'accuracy')}  (95 % Wilson interval over "
        f"{score.images:,} images: {between(score.low, score.high, 'accuracy')})"
    )
    for measure in measures[1:]:
        terminal.line(
            f"validation {words(measure.metric)} {measured(measure.value, measure.metric)}"
        )
    terminal.line(f"bundle {target}")
