"""One network trained fully, from its first step to its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.data import Dataset
    from autocnn.space import Candidate
    from autocnn.training import Plan, Point


@dataclass(frozen=True, eq=False)
class Fit:
    """What is trained on what and how, and where its bundle goes.

    `metric` is the objective, `provenance` what the bundle says of where it comes from beside what
    every training knows, `weights` what the training begins with, by name.
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

    def run(self, deadline: float | None, again: str) -> None:
        """Train, on from the checkpoint if there is one, and write the bundle.

        `deadline` is in seconds of time.monotonic, `again` the command that continues after an
        interruption. Raises NoTrialSucceeded where the loss is not finite, and typer.Exit.
        """
        from autocnn.cli.exits import INTERRUPTED, TERMINATED, Terminated
        from autocnn.training import read_weights

        checkpoint = self.checkpoint
        try:
            images = self._train(deadline, checkpoint)
        except (KeyboardInterrupt, Terminated) as signal:
            self.terminal.note(f"interrupted; continue with: {again}")
            code = INTERRUPTED if isinstance(signal, KeyboardInterrupt) else TERMINATED
            raise typer.Exit(code) from None
        self._finish(read_weights(checkpoint), images)
        checkpoint.unlink(missing_ok=True)

    @property
    def checkpoint(self) -> Path:
        """Where this training leaves its checkpoint: beside the bundle, under a name of its own.

        Another network, other data, another seed, plan, objective or start have another name.
        """
        from autocnn.data.cache import digest
        from autocnn.training.state import weights_digest

        parts = [self.candidate.digest, self.dataset.fingerprint, self.plan.to_json()]
        begin = [weights_digest(self.weights)] if self.weights else []
        key = digest([*parts, self.seed, self.metric, *begin])
        return self.target.with_name(f"{self.target.name}-{key[:12]}.pt")

    def _train(self, deadline: float | None, checkpoint: Path) -> int:
        """Train to the end; each epoch renews the checkpoint. Returns the images seen."""
        from autocnn.cli.numbers import clock as minutes
        from autocnn.cli.numbers import measured, words
        from autocnn.errors import NoTrialSucceeded
        from autocnn.training import train

        epoch = len(self.dataset.train)
        epochs = self.candidate.training.epochs  # type: ignore[attr-defined]
        done = _progress(checkpoint)
        images = done or 0
        if done is not None:
            text = (
                f"goes on after epoch {images / epoch:.3g} of {epochs}, where it was interrupted"
            )
            self.terminal.note(f"{text} (remove {checkpoint} to start over)")
        shown = dict.fromkeys(("val_accuracy", self.metric))
        for point in train(
            self.candidate,
            self.dataset,
            seed=self.seed,
            horizon=epochs * epoch,
            until=epochs * epoch,
            evaluate_at=[epoch * (index + 1) for index in range(epochs)],
            plan=self.plan,
            start=None if done is None else checkpoint,
            deadline=deadline,
            objective=self.metric,
            weights=self.weights,
        ):
            if point.reason == "non-finite":
                checkpoint.unlink(missing_ok=True)
                raise NoTrialSucceeded("the loss was not finite; a lower learning rate may help")
            _save(point, checkpoint)
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

    def _finish(self, weights: Mapping[str, Tensor], images: int) -> None:
        """Evaluate the weights on validation and write the bundle."""
        from autocnn.cli.numbers import between, measured, words
        from autocnn.reuse import Measure, save_bundle
        from autocnn.search.environment import environment
        from autocnn.search.measure import score_of
        from autocnn.training import evaluate

        terminal, dataset = self.terminal, self.dataset
        part = dataset.validation
        found = evaluate(self.candidate, weights, part, dataset, self.plan)
        score = score_of(found, part, self.metric)
        measures = [Measure(split="validation", **given) for given in score.measured()]
        provenance = {
            **self.provenance,
            "seed": self.seed,
            "source": dataset.source,
            "data": dataset.fingerprint,
            "images": images,
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
        terminal.line(
            f"validation accuracy {measured(score.value, 'accuracy')}  (95 % Wilson interval over "
            f"{score.images:,} images: {between(score.low, score.high, 'accuracy')})"
        )
        for measure in measures[1:]:
            terminal.line(
                f"validation {words(measure.metric)} {measured(measure.value, measure.metric)}"
            )
        terminal.line(f"bundle {self.target}")


def _progress(checkpoint: Path) -> int | None:
    """The images that a checkpoint has seen; None where there is none that can be read."""
    from pickle import UnpicklingError

    from autocnn.training.checkpoint import read_checkpoint

    try:
        return int(read_checkpoint(checkpoint)["images"])
    except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError):
        return None


def _save(point: Point, checkpoint: Path) -> None:
    from autocnn.errors import Problem, SpaceError

    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        point.save(checkpoint)
    except OSError as error:
        text = f"cannot write the checkpoint: {error.strerror or error}"
        raise SpaceError(Problem("A13", text, str(checkpoint))) from error
