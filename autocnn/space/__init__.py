"""The language of spaces: load, fill, elaborate, check and write."""

from autocnn.space.candidate import Architecture, Candidate
from autocnn.space.check import Check, check
from autocnn.space.count import count
from autocnn.space.difference import difference
from autocnn.space.elaborate import elaborate
from autocnn.space.fill import Filled, fill, fill_values
from autocnn.space.hole import Hole
from autocnn.space.imports import allow_imports, imports_allowed
from autocnn.space.infeasible import Infeasible
from autocnn.space.inverse import values_of
from autocnn.space.language import Language
from autocnn.space.layer import Counts, Layer, Part, Shape, ShapeError
from autocnn.space.read_candidate import read_candidate
from autocnn.space.sample import fillings, sample
from autocnn.space.schema import json_schema
from autocnn.space.space import Space, load_space
from autocnn.space.write import write_candidate

__all__ = [
    "Architecture",
    "Candidate",
    "Check",
    "Counts",
    "Filled",
    "Hole",
    "Infeasible",
    "Language",
    "Layer",
    "Part",
    "Shape",
    "ShapeError",
    "Space",
    "allow_imports",
    "check",
    "count",
    "difference",
    "elaborate",
    "fill",
    "fill_values",
    "fillings",
    "imports_allowed",
    "json_schema",
    "load_space",
    "read_candidate",
    "sample",
    "values_of",
    "write_candidate",
]
