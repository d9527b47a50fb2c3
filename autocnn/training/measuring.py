"""Find the fastest plan for this machine by a short measurement."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import get_args

import torch
from torch import Tensor, nn

from autocnn.training.plan import KINDS, Loops, Plan, Precision
from autocnn.training.precision import arithmetic, follow

IMAGES, SIZE = 64, 14
ROUNDS = 15
GAIN = 1.1
"""How much faster bfloat16 must be, since float32 is more exact."""

LAYERS: Mapping[str, tuple[int, int, int, int]] = {
    "stem": (1, 32, 3, 1),
    "conv": (32, 32, 3, 1),
    "pointwise": (64, 64, 1, 1),
    "grouped": (64, 64, 3, 4),
    "depthwise": (64, 64, 3, 64),
    "linear": (256, 256, 1, 1),
}
"""What stands for a kind: channels in and out, kernel, groups."""


def measure(loops: bool = True) -> Plan:
    """The fastest precisions and, if asked for, loops for one thread.

    The number of threads is set and restored.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            plan = Plan(**{kind: _precision(kind) for kind in KINDS})  # type: ignore[arg-type]
            if not (loops and plan.low):
                return plan
            return plan.model_copy(update={"loops": _loops()})
    finally:
        torch.set_num_threads(threads)


def _precision(kind: str) -> Precision:
    """The precision in which a forward and backward pass of such a layer is faster."""
    low = Plan(**dict.fromkeys(KINDS, "bfloat16"))  # type: ignore[arg-type]
    mixed = low.model_copy(update={kind: "float32"})
    x = _input(kind)
    best = _best(
        bfloat16=partial(_pass, _layer(kind, low), x, low),
        float32=partial(_pass, _layer(kind, mixed), x, mixed),
    )
    return "bfloat16" if best["bfloat16"] * GAIN < best["float32"] else "float32"


def _loops() -> Loops:
    """The loops that are fastest on maps; compiles ours, which then are kept on disk."""
    plans = {loops: Plan(conv="bfloat16", loops=loops) for loops in get_args(Loops)}
    x = _input("conv")
    best = _best(**{loops: partial(_pass, _maps(plan), x, plan) for loops, plan in plans.items()})
    return min(plans, key=best.__getitem__)


def _best(**runs: Callable[[], float]) -> dict[str, float]:
    """The least seconds of each run. They take turns, so that other load disturbs little."""
    best = dict.fromkeys(runs, float("inf"))
    for turn in range(ROUNDS):
        for name, run in runs.items():
            took = run()
            if turn:
                best[name] = min(best[name], took)
    return best


def _maps(plan: Plan) -> nn.Module:
    """A network of all that the loops do."""
    channels, out, kernel, _ = LAYERS["conv"]
    return follow(
        nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(channels, out, kernel, padding=1, bias=False),
        ),
        plan,
    )


def _layer(kind: str, plan: Plan) -> nn.Module:
    channels, out, kernel, groups = LAYERS[kind]
    if kind == "linear":
        return follow(nn.Linear(channels, out), plan)
    return follow(
        nn.Conv2d(channels, out, kernel, padding=kernel // 2, groups=groups, bias=False), plan
    )


def _input(kind: str) -> Tensor:
    channels = LAYERS[kind][0]
    if kind == "linear":
        x = torch.randn(IMAGES, channels)
    else:
        x = torch.randn(IMAGES, channels, SIZE, SIZE).to(memory_format=torch.channels_last)
    return x.to(torch.bfloat16).requires_grad_(kind != "stem")


def _pass(layer: nn.Module, x: Tensor, plan: Plan) -> float:
    """Seconds of one forward and backward pass between layers of low precision."""
    began = time.perf_counter()
    with arithmetic(plan):
        y = layer(x)
    y.backward(torch.ones_like(y))
    return time.perf_counter() - began
