"""What is measured by torch and by ONNX Runtime: one thread's time, which grows with the batch."""

from __future__ import annotations

import pytest
import torch

from autocnn.network import LAYERS
from autocnn.space import Architecture
from autocnn.training.latency import Runtime, latency

LAYER = {"conv": {"channels": 16, "norm": "rms"}}  # which cannot be traced for ONNX


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_many_images_take_longer_than_one(runtime: Runtime) -> None:
    if runtime == "onnx":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    architecture = Architecture((3, 16, 16), (LAYERS.parse(LAYER),))
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    assert 0 < latency(architecture, 1, runtime) < latency(architecture, 64, runtime)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
