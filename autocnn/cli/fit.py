"""One network trained fully, from its first step to its bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from autocnn.cli.terminal import Terminal
from autocnn.errors import NoTrialSucceeded, Problem, SpaceError, out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.data import Dataset
    from autocnn.search.job import Progressed
    from autocnn.search.settings import SearchOptions
    from autocnn.space import Candidate
    from autocnn.training import Plan, Point

LEFT = 1.0
"""Seconds for what comes after the training."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What is trained on what and how, and where its bundle goes.

    `metric` is the objective, `provenance` what the bundle says of where it comes from beside what
    every training knows, `weights` what the training begins with, by name. As many workers as the
    `options` of a search say train it; without options, or from given weights, this process does.
    """

    terminal: Terminal
    candidate: Candidate
    dataset: Dataset
    plan: Plan
    seed: int
    metric: str
    target: Path
    force: bool
    provenance: Mapping[str, object]
    weights: Mapping[str, Tensor] | None = None
    options: SearchOptions | None = None

    def run(self, deadline: float | None, again: str) -> None:
        """Train, on from the checkpoint if there is one, and write the bundle.

        `deadline` is in seconds of time.monotonic; the schedule follows the time then. `again` is
        the command that continues after an interruption. Raises NoTrialSucceeded where the loss
        is not finite, memory runs out or the time is over before the first step, and typer.Exit.
        """
        from autocnn.cli.exits import INTERRUPTED, TERMINATED, Terminated
        from autocnn.training import read_weights
        from autocnn.training.training_part import batch_warning

        if warning := batch_warning(self.candidate, len(self.dataset.train)):
            self.terminal.note(warning)
        checkpoint = self.checkpoint
        try:
            images = self._train(deadline, checkpoint)
        except (KeyboardInterrupt, Terminated) as signal:
            self.terminal.note(f"interrupted; continue with: {again}")
            code = INTERRUPTED if isinstance(signal, KeyboardInterrupt) else TERMINATED
            raise typer.Exit(code) from None
        except Exception as error:
            if not out_of_memory(error):
                raise
            text = "memory ran out; a smaller `training.batch_size` or smaller images need less"
            raise NoTrialSucceeded(text) from error
        if not images:
            checkpoint.unlink(missing_ok=True)
            raise NoTrialSucceeded("no time was left for a single step; give more --time")
        self._finish(read_weights(checkpoint), images)
        checkpoint.unlink(missing_ok=True)

    @property
    def checkpoint(self) -> Path:
        """Where this training leaves its checkpoint: beside the bundle, under a name of its own.

        Another network, other data, another seed, plan, objective, start or number of workers
        have another name.
        """
        from autocnn.data.cache import digest
        from autocnn.training.state import weights_digest

        parts = [self.candidate.digest, self.dataset.fingerprint, self.plan.to_json()]
        begin = [weights_digest(self.weights)] if self.weights else []
        key = digest([*parts, self.seed, self.metric, self.workers, *begin])
        return self.target.with_name(f"{self.target.name}-{key[:12]}.pt")

    @property
    def workers(self) -> int:
        """How many processes train it; other numbers give other weights."""
        from autocnn.search.full_training import workers_for

        if self.options is None or self.weights:
            return 1
        return workers_for(self.candidate, len(self.dataset.train), self.options, self.plan)

    def _train(self, deadline: float | None, checkpoint: Path) -> int:
        """Train to the end; each epoch renews the checkpoint. Returns the images seen."""
        from autocnn.cli.numbers import clock as minutes
        from autocnn.cli.numbers import measured, words
        from autocnn.training import recipe_of

        epoch = len(self.dataset.train)
        epochs = recipe_of(self.candidate).epochs
        done = _progress(checkpoint)
        images = done or 0
        if done is not None:
            text = (
                f"goes on after epoch {images / epoch:.3g} of {epochs}, where it was interrupted"
            )
            self.terminal.note(f"{text} (remove {checkpoint} to start over)")
        shown = dict.fromkeys((f"val_{self.dataset.task.metric}", self.metric))
        for point in self._points(deadline, checkpoint, done):
            if point.reason == "non-finite":
                checkpoint.unlink(missing_ok=True)
                raise NoTrialSucceeded("the loss was not finite; a lower learning rate may help")
            if "pretrain_loss" in point.metrics:
                loss = measured(point.metrics["pretrain_loss"], "loss")
                self.terminal.note(f"pretraining  loss {loss}  {minutes(point.seconds)}")
                continue
            images = point.images
            self.terminal.note(
                f"epoch {point.epoch:.3g}/{epochs}  train loss "
                f"{measured(point.metrics.get('train_loss'), 'loss')}  "
                + "".join(
                    f"{words(name)} {measured(point.metrics.get(name), name)}  " for name in shown
                )
                + minutes(point.seconds)
            )
        return images

    def _points(
        self, deadline: float | None, checkpoint: Path, done: int | None
    ) -> Iterator[Point | Progressed]:
        """The end of each epoch, after the checkpoint was renewed."""
        from autocnn.search.full_training import train_together
        from autocnn.training import recipe_of, train

        epoch = len(self.dataset.train)
        images = epoch * recipe_of(self.candidate).epochs
        common: dict[str, Any] = {
            "seed": self.seed,
            "until": images,
            "horizon": images if deadline is None else None,
            "evaluate_at": tuple(range(epoch, images + 1, epoch)),
            "deadline": None if deadline is None else deadline - LEFT,
            "objective": self.metric,
        }
        start = None if done is None else checkpoint
        if self.workers > 1:
            given = (self.candidate, self.dataset, self.plan, self.workers)
            with _beside(checkpoint) as folder:
                for reached in train_together(*given, folder, start, done or 0, **common):
                    Path(reached.checkpoint).replace(checkpoint)
                    yield reached
            return
        common |= {"plan": self.plan, "start": start, "weights": self.weights}
        for point in train(self.candidate, self.dataset, full=True, **common):
            if point.reason != "non-finite":
                _save(point, checkpoint)
            yield point

    def _finish(self, weights: Mapping[str, Tensor], images: int) -> None:
        """Evaluate the weights on validation and write the bundle."""
        from autocnn.cli.numbers import score_lines
        from autocnn.reuse import Measure, save_bundle
        from autocnn.search.environment import environment
        from autocnn.search.measure import score_of
        from autocnn.training import evaluate

        terminal, dataset = self.terminal, self.dataset
        part = dataset.validation
        found = evaluate(self.candidate, weights, part, dataset, self.plan)
        score = score_of(found, dataset.classes, self.metric)
        measures = [Measure(split="validation", **given) for given in score.measured()]
        provenance = {
            **self.provenance,
            "seed": self.seed,
            "source": dataset.source,
            "data": dataset.fingerprint,
            "images": images,
            "workers": self.workers,
            "environment": environment(),
        }
        save_bundle(
            self.target,
            self.candidate,
            weights,
            dataset,
            metrics=measures,
            provenance=provenance,
            force=self.force,
        )
        terminal.document(
            {"bundle": self.target, "metrics": [measure.to_json() for measure in measures]}
        )
        for line in score_lines("validation", score):
            terminal.line(line)
        terminal.line(f"bundle {self.target}")


def _progress(checkpoint: Path) -> int | None:
    """The images that a checkpoint has seen; None where there is none that can be read."""
    from pickle import UnpicklingError

    from autocnn.training.checkpoint import read_checkpoint

    try:
        return int(read_checkpoint(checkpoint)["images"])
    except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError):
        return None


@contextmanager
def _beside(checkpoint: Path) -> Iterator[Path]:
    """A temporary folder on the same disk; raises SpaceError where none can be made."""
    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        made = TemporaryDirectory(dir=checkpoint.parent, prefix=f".{checkpoint.stem}-")
    except OSError as error:
        raise _unwritable(checkpoint, error) from error
    with made as folder:
        yield Path(folder)


def _save(point: Point, checkpoint: Path) -> None:
    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        point.save(checkpoint)
    except OSError as error:
        raise _unwritable(checkpoint, error) from error


def _unwritable(checkpoint: Path, error: OSError) -> SpaceError:
    text = f"cannot write the checkpoint: {error.strerror or error}"
    return SpaceError(Problem("A13", text, str(checkpoint)))
