"""Settings of the process that make training on the CPU faster and change no result."""

from __future__ import annotations

import ctypes
import platform

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Parameters of glibc's mallopt."""

LARGEST = 2**30
KEPT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let glibc keep freed activations for the next step; returns whether it will.

    By default it hands large blocks back to the system, and every step pays thousands of page
    faults to get them again.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(MMAP_THRESHOLD, LARGEST)) and bool(mallopt(TRIM_THRESHOLD, KEPT))
