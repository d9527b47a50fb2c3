"""An architecture as readable PyTorch source that needs nothing of autocnn."""

from autocnn.network.source.module_text import Addition, module_text

__all__ = ["Addition", "module_text"]
