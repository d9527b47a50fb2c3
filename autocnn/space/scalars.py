"""Plain YAML scalars as the core schema of YAML 1.2 reads them."""

from __future__ import annotations

import math
import re

Value = None | bool | int | float | str
"""What a scalar of a document stands for."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Value] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip

LARGEST = 2**63 - 1


class ScalarError(ValueError):
    """A number that no option can hold."""


def resolve(text: str) -> Value:
    """The value of an unquoted scalar: `1e-4` is a float, `on` and `1:30` strings, `010` ten.

    Raises ScalarError for `.nan`, `.inf`, floats that overflow and integers beyond 64 bits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _bounded(text, 10)
    if _OCTAL.fullmatch(text):
        return _bounded(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _bounded(text[2:], 16)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ScalarError(f"{text} is too large for a number; expected a finite one")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(f"expected a finite number, got {text}")
    return text


def _bounded(digits: str, base: int) -> int:
    number = int(digits, base) if len(digits) <= 70 else LARGEST + 1
    if abs(number) > LARGEST:
        shown = digits if len(digits) <= 40 else f"a number of {len(digits)} digits"
        raise ScalarError(f"expected a whole number of at most 64 bits, got {shown}")
    return number
