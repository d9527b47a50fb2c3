"""The report of a study as one HTML page, and the diagram of an architecture as SVG."""

from autocnn.report.drawing import diagram
from autocnn.report.page import write_report

__all__ = ["diagram", "write_report"]
