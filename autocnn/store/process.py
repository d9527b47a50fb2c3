"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process that no later one can be taken for.

    `machine` tells apart what pids mean something to each other: one boot of one kernel and one
    pid namespace (two containers may share a host name). `started` is in clock ticks since boot,
    empty where the system does not tell.
    """

    host: str
    machine: str
    pid: int
    started: str


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    status = _status(pid)
    return Process(platform.node(), _machine(), pid, status[1] if status else "")


def is_alive(process: Process) -> bool | None:
    """Whether it lives; None when it belongs to another machine. A zombie does not live."""
    if process.machine != _machine():
        return None
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    status = _status(process.pid)
    if status is None:
        return True
    state, started = status
    return state not in "ZX" and process.started in ("", started)


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _status(pid: int) -> tuple[str, str] | None:
    """State letter and start time from /proc, where there is one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]
