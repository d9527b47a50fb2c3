"""Option types for whole numbers that may also be given per axis or as a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError, core_schema

LARGEST = 1024
"""The largest kernel, stride, dilation or padding that the language takes."""


@dataclass(frozen=True)
class Sizes:
    """Marks `Annotated[..., Sizes(low, high)]`: a whole number, a list of them, or a word.

    `lists` holds the lengths a list may have: 2 is `[height, width]`, 4 `[top, bottom, left,
    right]`, whose numbers `crop` lets be as far below 0. `[k, k]` is kept as `k`.
    """

    low: int
    high: int = LARGEST
    lists: tuple[int, ...] = (2,)
    words: tuple[str, ...] = ()
    crop: bool = False

    @property
    def expected(self) -> str:
        """What is accepted, in words."""
        forms = [f"a whole number from {self.low} to {self.high}"]
        if 2 in self.lists:
            forms.append("[height, width]")
        if 4 in self.lists:
            crop = " (below 0 it crops)" if self.crop else ""
            forms.append(f"[top, bottom, left, right]{crop}")
        forms += [repr(word) for word in self.words]
        return forms[0] if len(forms) == 1 else f"{', '.join(forms[:-1])} or {forms[-1]}"

    def _parse(self, value: object) -> int | str | tuple[int, ...]:
        if isinstance(value, str) and value in self.words:
            return value
        if isinstance(value, list | tuple) and len(value) in self.lists:
            numbers = tuple(self._number(item, self._low(len(value))) for item in value)
            return numbers[0] if len(numbers) == 2 and numbers[0] == numbers[1] else numbers
        return self._number(value, self.low)

    def _low(self, length: int) -> int:
        """The least number in a list of this length."""
        return -self.high if self.crop and length == 4 else self.low

    def _number(self, value: object, low: int) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= self.high:
            return value
        raise PydanticCustomError("sizes", "expected {expected}", {"expected": self.expected})

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> Any:
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Any) -> dict[str, Any]:
        def number(low: int) -> dict[str, Any]:
            return {"type": "integer", "minimum": low, "maximum": self.high}

        forms = [number(self.low)]
        forms += [
            {
                "type": "array",
                "prefixItems": [number(self._low(length))] * length,
                "minItems": length,
                "maxItems": length,
            }
            for length in self.lists
        ]
        if self.words:
            forms.append({"enum": list(self.words)})
        return forms[0] if len(forms) == 1 else {"anyOf": forms}


Channels = Annotated[int, Sizes(1, 1_000_000, lists=())]
"""A number of channels or features."""


def _bias(value: object) -> object:
    if isinstance(value, bool) or value == "auto":
        return value
    raise PydanticCustomError("bias", "expected {expected}", {"expected": "true, false or 'auto'"})


Bias = Annotated[bool | Literal["auto"], BeforeValidator(_bias)]
"""Whether a bias is learned; `auto` is true exactly when no norm follows."""

Pair = int | tuple[int, int]
"""One number for both axes, or `(height, width)`."""


def pair(value: Pair) -> tuple[int, int]:
    """Spell `k` out as `(k, k)`."""
    return (value, value) if isinstance(value, int) else value
