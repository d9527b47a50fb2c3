"""The result of a search in use: bundles, prediction and evaluation."""

from autocnn.reuse.bundle import Bundle, load_bundle, save_bundle
from autocnn.reuse.document import BundleDocument, Measure

__all__ = ["Bundle", "BundleDocument", "Measure", "load_bundle", "save_bundle"]
