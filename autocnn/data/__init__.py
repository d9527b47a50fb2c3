"""Images and labels: from a source to parts mapped from a cache, and augmentation in batches."""

from autocnn.data.audit_report import Audit, Suspect
from autocnn.data.auditing import audit
from autocnn.data.augment import AUGMENTATIONS, Augmentation
from autocnn.data.dataset import Dataset
from autocnn.data.opening import from_arrays, open_data
from autocnn.data.options import DataOptions
from autocnn.data.part import Part
from autocnn.data.preprocessing import Preprocessing

__all__ = [
    "AUGMENTATIONS",
    "Audit",
    "Augmentation",
    "DataOptions",
    "Dataset",
    "Part",
    "Preprocessing",
    "Suspect",
    "audit",
    "from_arrays",
    "open_data",
]
