"""The GPUs that this process may use, and the plan for training on one."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from autocnn.training.plan import KINDS, Plan

DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""One of these is there on a Linux whose GPU torch could use: NVIDIA's, AMD's, in WSL."""

VISIBLE = "CUDA_VISIBLE_DEVICES"


def gpu_count() -> int:
    """How many GPUs torch can use.

    Nothing is put into the memory of one. Where there is no driver, torch is not imported.
    """
    if sys.platform == "linux" and not any(Path(path).exists() for path in DRIVERS):
        return 0
    import torch

    # Both only ask the driver; what needs a context, such as a tensor, would cost each process
    # some hundred MB of the GPU's memory.
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def visible_gpu(number: int) -> str:
    """What `CUDA_VISIBLE_DEVICES` must be for a process that shall see only one of the GPUs.

    They are counted from 0 within those that this process sees, and again from the first one
    after the last.
    """
    number %= gpu_count()
    listed = os.environ.get(VISIBLE)
    return listed.split(",")[number].strip() if listed else str(number)


def gpu_plan() -> Plan:
    """The plan for a GPU: bfloat16 where the first one computes in it, else float32."""
    import torch

    # Without emulation, which would be slower than float32 and is tried out with a tensor.
    low = torch.cuda.is_bf16_supported(including_emulation=False)
    precision = "bfloat16" if low else "float32"
    return Plan.model_validate({**dict.fromkeys(KINDS, precision), "device": "cuda"})


def release_gpu() -> None:
    """Give back what a training, which may have wanted too much, has left in a GPU's memory."""
    import torch

    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        gc.collect()  # a traceback may hold a network
        torch.cuda.empty_cache()
