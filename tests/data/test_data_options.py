"""The `data` section: what it takes, what it refuses, what importing it costs."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from autocnn.data import DataOptions, Preprocessing

REFUSED = [
    {"source": ""},
    {"validation": 0.0},
    {"validation": 1.0},
    {"test": -0.1},
    {"test": 1.0},
    {"test": float("nan")},
    {"seed": -1},
    {"seed": 2**32},
    {"size": 1},
    {"size": 0},
    {"size": [8]},
    {"size": 5000},
    {"size": True},
    {"channels": 2},
    {"channels": 4},
    {"background": "teal"},
    {"background": [0, 0, 256]},
    {"max_value": 0.0},
    {"shape": [2, 8, 8]},
    {"shape": [1, 0, 8]},
    {"shape": [1, 8, 4097]},
    {"classes": 1},
    {"on_bad": "ignore"},
    {"sorce": "digits"},
]


@pytest.mark.parametrize("options", REFUSED, ids=str)
def test_refused(options):
    with pytest.raises(ValidationError):
        DataOptions.model_validate(options)


def test_round_trip():
    options = DataOptions.model_validate(
        {"source": "digits", "size": [8, 16], "background": "white", "shape": [3, 32, 32]}
    )
    assert options.size == (8, 16)
    assert options.background == (255, 255, 255)
    assert DataOptions.model_validate(options.to_json()) == options
    assert DataOptions.model_json_schema()["additionalProperties"] is False


def test_preprocessing_round_trip():
    preprocessing = Preprocessing(height=8, width=9, channels=3, background=(1, 2, 3))
    assert Preprocessing.model_validate(preprocessing.to_json()) == preprocessing
    assert preprocessing.shape == (3, 8, 9)


def test_importing_needs_no_heavy_library():
    program = (
        "import sys, autocnn.data;"
        "print(sorted({'torch', 'numpy', 'PIL', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"
