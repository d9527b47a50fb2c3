"""The group that an image's path names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autocnn.data.files import printable
from autocnn.errors import DataError, Problem


def compile_groups(expression: str) -> re.Pattern[str]:
    """Read `data.groups`; raises DataError if it is no regular expression."""
    try:
        return re.compile(expression)
    except re.error as error:
        text = f"not a regular expression: {error}"
        raise DataError(Problem("D25", text, "data.groups")) from error


def find_keys(
    pattern: re.Pattern[str], names: Sequence[str], problems: list[Problem]
) -> tuple[str, ...]:
    """What the pattern finds in each name: its parentheses joined, or all that matches.

    Names in which it finds nothing become problems.
    """
    keys = []
    for name in names:
        match = pattern.search(name)
        if match is None:
            text = f"data.groups {pattern.pattern!r} finds no group in this path"
            problems.append(Problem("D25", text, printable(name)))
            continue
        keys.append("/".join(part or "" for part in match.groups() or (match[0],)))
    return tuple(keys)
