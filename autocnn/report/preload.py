"""What figures are drawn with, imported before the first one is asked for."""

from __future__ import annotations


def preload() -> None:
    """Import it, which takes a second or two; the last one is needed last."""
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import sklearn.ensemble  # noqa: F401
