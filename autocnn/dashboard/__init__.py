"""The dashboard: a live page over a store, which it only reads."""

from autocnn.dashboard.server import serve

__all__ = ["serve"]
