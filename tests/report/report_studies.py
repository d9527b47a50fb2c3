"""Studies that the report's tests look at, written through the store's own API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from autocnn.api import language
from autocnn.network import table, totals
from autocnn.space import Candidate, read_candidate
from autocnn.store import (
    ArchitectureRow,
    ArtifactRow,
    DecisionRow,
    FinalRow,
    Hold,
    NewStudy,
    NewTrial,
    ProgressRow,
    Store,
)

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028`${alert(2)}` \"' &amp; {{ 7*7 }}"
CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", HOSTILE)
SHAPE = (1, 28, 28)
EPOCH = 6000


@cache
def candidate(width: int = 16, blocks: int = 2) -> Candidate:
    """A small network with a skip, a projected skip, branches and a block that repeats."""
    conv = {"channels": width, "norm": "batch"}
    plain = {"residual": {"body": [{"conv": conv}, {"conv": conv}], "activation": "relu"}}
    down = {"residual": {"body": [{"conv": conv | {"channels": 2 * width, "stride": 2}}]}}
    paths: list[list[Any]] = [
        [{"conv": conv | {"kernel": 1}}],
        [{"conv": conv | {"kernel": 1}}, {"conv": conv}],
        [{"pool": {"kind": "max", "kernel": 3, "stride": 1, "padding": 1}}],
        [],
    ]
    block = {"group": {"name": "mixer", "layers": [{"branches": {"paths": paths}}]}}
    head: list[Any] = ["global_pool", {"dropout": {"rate": 0.2}}]
    head += [{"linear": {"units": len(CLASSES), "activation": "none"}}]
    return read_candidate(
        {
            "data": {"shape": list(SHAPE), "classes": len(CLASSES)},
            "architecture": [{"conv": conv}, *[plain] * blocks, down, block, {"se": {}}, *head],
            "training": {"epochs": 4},
        },
        language(),
    )


def architecture_row(width: int = 16, blocks: int = 2) -> ArchitectureRow:
    made = candidate(width, blocks).architecture
    rows = table(made)
    return ArchitectureRow(
        digest=made.digest, shape=made.shape, layers=made.to_json(), table=rows, **totals(rows)
    )


def new_study(store: Store, name: str = "fashion", **changes: Any) -> str:
    """Create a study and return its id."""
    values: dict[str, Any] = {
        "name": name,
        "space": f"study: {name}\ndata: {{source: fashion-mnist}}\n# {HOSTILE}\n",
        "identity": {"data": {"source": "fashion-mnist"}},
        "digest": "5" * 64,
        "settings": {
            "objectives": {"val_accuracy": "maximize", "val_loss": None},
            "budget": {"time": 1800.0, "trials": None, "epochs": None, "images": None},
        },
        "data_fingerprint": "f" * 64,
        "data": {
            "source": "fashion-mnist",
            "classes": list(CLASSES),
            "shape": list(SHAPE),
            "counts": {"train": [675] * 8, "validation": [75] * 8, "test": [125] * 8},
            "images": {"train": 5400, "validation": 600, "test": 1000},
            "notes": ["two images are equal"],
        },
        "environment": {
            "python": "3.11.7",
            "torch": "2.13.0",
            "cpu": {"model": "Xeon", "cores": 2},
        },
        "plan": {"threads": 1},
        "seed": 7,
    }
    return store.create_study(NewStudy(**values | changes)).id


def add_trial(hold: Hold, number: int, value: float, **changes: Any) -> None:
    """A trial with four evaluation points that climb to `value`, its best."""
    optimizer = "sgd" if number % 3 else "adamw"
    size = (8 + 8 * (number % 3), 1 + number % 2)
    made = candidate(*size)
    values: dict[str, Any] = {
        "architecture.0.conv.width": 8 + 8 * (number % 3),
        "architecture.1.times": 1 + number % 2,
        "training.optimizer": optimizer,
        f"training.optimizer.{optimizer}.lr": 0.01 * 1.3 ** (number % 11),
        "training.augment": HOSTILE if number % 4 == 0 else "none",
    }
    hold.add_trial(
        NewTrial(
            number=number,
            values=values,
            architecture=architecture_row(*size),
            candidate=made.to_json(),
            candidate_digest=made.digest,
            horizon=4 * EPOCH,
            seed=number,
        )
    )
    hold.update_trial(number, state="running", worker="0", device="cpu")
    for epoch in range(1, 5):
        reached = value * (1 - 0.4**epoch) / (1 - 0.4**4)
        hold.add_progress(
            number,
            ProgressRow(
                images=epoch * EPOCH,
                epoch=float(epoch),
                metrics={
                    "train_loss": 1 / epoch,
                    "val_loss": 1 - reached,
                    "val_accuracy": reached,
                },
                lr=0.1,
                seconds=2.0 * epoch,
                images_per_second=3000.0,
            ),
        )
    end: dict[str, Any] = {
        "state": "completed",
        "images": 4 * EPOCH,
        "seconds": 8.0,
        "best_value": value,
        "best_epoch": 4.0,
        "best_images": 4 * EPOCH,
        "last_value": value,
    }
    hold.update_trial(number, **end | changes)


def confusion() -> list[list[int]]:
    """1,000 test images, 125 of each of eight classes; shirts are hard."""
    matrix = [[0] * 8 for _ in range(8)]
    for true in range(8):
        wrong = 3 + 4 * true % 9
        matrix[true][true] = 125 - wrong
        matrix[true][(true + 2) % 8] = wrong - 2
        matrix[true][(true + 5) % 8] = 2
    return matrix


def full_study(store: Store, trials: int = 24) -> None:
    """A finished study with every kind of trial, finals, warnings and hostile names."""
    study = new_study(store)
    with store.hold(study) as hold:
        hold.heartbeat(581.2)
        for number in range(trials):
            early = {"state": "stopped", "reason": "rung", "images": EPOCH}
            add_trial(
                hold,
                number,
                0.76 + 0.04 * (number % 3) + 0.07 * ((number * 7) % 23) / 23,
                **early if number % 5 else {},
            )
            full = (("promote", EPOCH), ("complete", 4 * EPOCH)) if number % 5 == 0 else ()
            rule = {"trial": number, "by": "asha", "threshold": 0.3, "rivals": number}
            rows = [
                DecisionRow(action=action, rung=rung, **rule)
                for action, rung in (("pause", EPOCH), *full)
            ]
            hold.update_trial(number, decisions=rows)
        ends = (
            ("infeasible", "shape", "conv: kernel 7 is larger than its input 4x4"),
            ("infeasible", "constraint", "params 1,200,000 over 1,000,000"),
            ("infeasible", "constraint", "params 2,200,000 over 1,000,000"),
            ("failed", "non-finite", f"loss became nan at step 12 {HOSTILE}"),
            ("duplicate", "duplicate", "equal to trial 3"),
            ("waiting", None, ""),
        )
        for number, (state, reason, detail) in enumerate(ends, start=trials):
            hold.add_trial(
                NewTrial(number=number, values={}, state=state, reason=reason, detail=detail)
            )
        hold.update_trial(1, state="paused", reason="not-promoted")
        best = {"trial": 13, "metric": "accuracy", "interval": "wilson", "images": 24_000}
        for seed, value in ((1, 0.885), (2, 0.893)):
            hold.add_final(
                FinalRow(
                    seed=seed,
                    split="validation",
                    value=value,
                    low=value - 0.026,
                    high=value + 0.023,
                    seconds=61.0,
                    **best,
                )
            )
        details = {"confusion": confusion()}
        hold.add_final(
            FinalRow(
                seed=1,
                split="test",
                value=0.935,
                low=0.918,
                high=0.949,
                seconds=70.0,
                details=details,
                **best,
            )
        )
        add_pictures(store, hold)
        hold.add_event("warning", f"worker 1 was lost {HOSTILE}")
        hold.add_event("info", "finals began")
        hold.set_study(state="finished", phase="done")


def add_pictures(store: Store, hold: Hold) -> None:
    """Pictures of the winner: one mistake, and three images to choose from."""

    def image(index: int, true: str, predicted: str) -> dict[str, Any]:
        return {"index": index, "true": true, "predicted": predicted, "probability": 0.9,
                "image": tile(60 + 20 * index), "cam": tile(200 - 20 * index)}  # fmt: skip

    others = [image(2, "shirt", "shirt"), image(3, "shirt", "coat"), image(4, "coat", "coat")]
    content = {"images": [image(7, "coat", HOSTILE)], "others": others}
    content |= {"kernels": tile(30), "field": tile(90), "maps": [{"layer": "0", "image": tile(9)}]}
    (store.folder / "pictures.json").write_text(json.dumps(content), "utf-8")
    file = {"path": "pictures.json", "bytes": 1, "sha256": "0" * 64}
    hold.add_artifact(ArtifactRow(kind="pictures", **file))


def tile(shade: int) -> str:
    """A picture as a data URL: a square in one shade of gray with a darker corner."""
    picture = Image.new("L", (96, 96), shade)
    picture.paste(shade // 2, (0, 0, 40, 40))
    file = BytesIO()
    picture.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def empty(hold: Hold) -> None:
    pass


def one_unfinished(hold: Hold) -> None:
    hold.add_trial(NewTrial(number=0, values={"width": 3}, state="waiting"))
    hold.update_trial(0, state="running")


def one_trial(hold: Hold) -> None:
    add_trial(hold, 0, 0.8)
    hold.set_study(phase="bundle")


def all_failed(hold: Hold) -> None:
    for number in range(3):
        hold.add_trial(
            NewTrial(
                number=number,
                values={"width": number},
                state="failed",
                reason="bug",
                detail="ValueError: no",
            )
        )
    hold.set_study(state="finished")


def running(hold: Hold) -> None:
    for number in range(5):
        add_trial(hold, number, 0.7 + 0.01 * number)
    hold.add_trial(NewTrial(number=5, values={"new": True}, state="waiting"))


def equal_values(hold: Hold) -> None:
    for number in range(4):
        add_trial(hold, number, 0.5)
    hold.set_study(state="interrupted")


SEVERAL = {"settings": {"objectives": {"val_accuracy": "maximize", "params": "minimize"}}}
MOMENTS: dict[str, tuple[Callable[[Hold], None], dict[str, Any]]] = {
    "empty": (empty, {}),
    "one trial": (one_trial, {}),
    "all failed": (all_failed, {}),
    "several objectives": (running, SEVERAL),
    "running": (running, {}),
}
"""What is written into a study at some moment of its life, and how the study differs."""


def new_store(folder: Path) -> Store:
    from autocnn.store import open_store

    return open_store(f"sqlite:///{folder / 'autocnn.db'}")
