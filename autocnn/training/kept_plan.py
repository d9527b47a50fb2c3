"""The plan of this machine, measured once and then read from a file, without torch."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from autocnn.data.cache import default_cache
from autocnn.training.gpus import gpu_count, gpu_plan
from autocnn.training.plan import Plan
from autocnn.whole_file import write_whole

WORTH = 300.0
"""Seconds of training from which on compiled loops are worth compiling."""


def measure_plan(
    cache: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
    seconds: float = math.inf,
) -> Plan:
    """The plan for the GPUs of this machine, or the fastest one for a thread if there is none.

    For GPUs nothing is measured or kept. For a thread it takes about 15 seconds. Most of them go
    into compiling; where no plan is kept and fewer `seconds` than WORTH will be trained, two
    suffice for a plan without compiled loops, which is not kept. Else it is kept in `cache`
    (default: the user's cache folder, or the environment's AUTOCNN_CACHE) for this processor, this
    torch and this installation, whose compiled loops are kept with it. A kept plan that cannot be
    read is measured again; a folder that cannot be written is no failure. `progress` hears that it
    is being measured.
    """
    if gpu_count():
        return gpu_plan()
    path = (cache or default_cache()) / f"plan-{_machine()}-{_sources()}.json"
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError):
        from autocnn.training.measuring import measure

        if progress is not None:
            progress("measuring how this machine trains fastest", 0.0)
        plan = measure(loops=seconds >= WORTH)
    if seconds < WORTH:
        return plan
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(plan.to_json()).encode())
    except OSError:
        pass
    return plan


def _sources() -> str:
    """A name for the sources of the compiled loops, as long as what was compiled serves."""
    sources = sorted((Path(__file__).parent / "kernels").glob("*.py"))
    state = [(str(source), source.stat().st_mtime_ns) for source in sources]
    return hashlib.blake2b(repr(state).encode(), digest_size=4).hexdigest()


def _machine() -> str:
    """The processor and the versions of torch and numba."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        found = {key.strip(): value.strip() for key, value in fields.items()}
        parts = [found.get(key, "") for key in ("model name", "cpu family", "model", "stepping")]
        name = " ".join(parts)
    except OSError:
        pass
    text = f"{name} torch {version('torch')} numba {version('numba')}"
    return "".join(letter if letter.isalnum() else "-" for letter in text).lower()
