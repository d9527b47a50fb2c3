"""What a study was run with: versions, machine and commit."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import autocnn
from autocnn.search.cores import allowed_cores

PACKAGES = ("torch", "optuna", "numpy", "pandas", "sqlalchemy", "pillow")


def environment() -> dict[str, Any]:
    """JSON with the versions of autocnn and what it stands on, the machine, and the commit."""
    return {
        "autocnn": autocnn.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "processor": processor(),
        "cores": len(allowed_cores()),
    }


def processor() -> str:
    """The model name of the CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def commit() -> str | None:
    """The commit of the checkout that autocnn runs from, or None outside one."""
    folder = Path(autocnn.__file__).parent.parent
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
