"""The plan of this machine, measured once and then read from a file, without torch."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from autocnn.data.cache import default_cache
from autocnn.training.plan import Plan


def measure_plan(cache: Path | None = None) -> Plan:
    """The fastest plan for one thread of this machine, measured in some seconds.

    It is kept in `cache` (default: the user's cache folder, or the environment's
    AUTOCNN_CACHE) under the processor's name and the versions of torch and numba. A kept plan
    that cannot be read is measured again; a folder that cannot be written is no failure.
    """
    path = (cache or default_cache()) / f"plan-{_machine()}.json"
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError):
        from autocnn.training.measuring import measure

        plan = measure()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(plan.to_json()), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        pass
    return plan


def _machine() -> str:
    """The processor and the versions of torch and numba, as part of a file's name."""
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
