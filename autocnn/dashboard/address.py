"""What the addresses of the dashboard mean: pages, ids and options, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from autocnn.store.words import TRIAL_STATES

MOST = 4
"""Trials or studies that are compared side by side at the most."""

STUDY = "[0-9a-f]{32}"
NUMBER = "[0-9]{1,7}"
SEVERAL = rf"{NUMBER}(-{NUMBER}){{1,{MOST - 1}}}"
PATHS = {
    "studies": "/",
    "comparison": rf"/compare/(?P<studies>{STUDY}(-{STUDY}){{1,{MOST - 1}}})",
    "study": rf"/study/(?P<studies>{STUDY})",
    "trial": rf"/study/(?P<studies>{STUDY})/trial/(?P<trials>{NUMBER})",
    "trials": rf"/study/(?P<studies>{STUDY})/trials/(?P<trials>{SEVERAL})",
}
"""Page -> its path as a regular expression; ids are joined by dashes."""

SWITCHES = r"[a-z-]{1,60}(\.[a-z-]{1,60}){0,9}"
TEXT = r"[^\x00-\x1f]{1,100}"
STUDY_OPTIONS = {
    "view": "[a-z]{1,20}",
    "on": SWITCHES,
    "state": "|".join(TRIAL_STATES),
    "sort": "-?(number|state|value|last|epoch|params|macs|seconds)",
    "page": "[1-9][0-9]{0,6}",
    "find": TEXT,
    "pick": rf"{NUMBER}(\.{NUMBER}){{0,{MOST - 1}}}",
}
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "studies": {"pick": rf"{STUDY}(\.{STUDY}){{0,{MOST - 1}}}"},
    "study": STUDY_OPTIONS,
    "trial": {"on": SWITCHES, "class": "all|[0-9]{1,4}", "find": TEXT},
    "trials": {"on": SWITCHES},
}
"""Page -> what may stand behind its question mark, with the form of each value."""


class NotFound(ValueError):
    """No page has such an address."""


class BadOption(ValueError):
    """A page has such an address, but not with such options."""


@dataclass(frozen=True)
class Address:
    """One page with the studies, trials and options that it is about."""

    page: str = "studies"
    studies: tuple[str, ...] = ()
    trials: tuple[int, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str, query: str = "") -> Address:
        """Read a path and what follows its question mark; raises NotFound and BadOption."""
        for page, form in PATHS.items():
            if found := re.fullmatch(form, path, re.ASCII):
                ids = {"studies": "", "trials": ""} | found.groupdict()
                numbers = dict.fromkeys(int(one) for one in ids["trials"].split("-") if one)
                studies = dict.fromkeys(one for one in ids["studies"].split("-") if one)
                options = _options(page, query.removeprefix("?"))
                return cls(page, tuple(studies), tuple(numbers), options)
        raise NotFound(path)

    @property
    def picked(self) -> tuple[str, ...]:
        """What is picked for a comparison."""
        return tuple(filter(None, self.options.get("pick", "").split(".")))

    def toggled(self, one: str) -> Address:
        """The same page with one more or one less picked."""
        rest = [other for other in self.picked if other != one]
        picked = rest if one in self.picked else [*self.picked, one]
        return self.with_options(pick=".".join(picked))

    def with_options(self, **changes: str) -> Address:
        """The same page with other options; an empty one is left out."""
        options = {**self.options, **changes}
        return replace(self, options={name: value for name, value in options.items() if value})

    def __str__(self) -> str:
        studies, trials = "-".join(self.studies), "-".join(map(str, self.trials))
        path = {
            "studies": "/",
            "comparison": f"/compare/{studies}",
            "study": f"/study/{studies}",
            "trial": f"/study/{studies}/trial/{trials}",
            "trials": f"/study/{studies}/trials/{trials}",
        }[self.page]
        return f"{path}?{urlencode(self.options)}" if self.options else path


def _options(page: str, query: str) -> dict[str, str]:
    """The options of a page from a query; each at most once, known and of its form."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query),
                          errors="strict", max_num_fields=20)  # fmt: skip
    except ValueError as error:
        raise BadOption(query) from error
    forms, found = OPTIONS.get(page, {}), dict(pairs)
    if len(found) < len(pairs):
        raise BadOption(query)
    for name, value in found.items():
        if name not in forms or not re.fullmatch(forms[name], value):
            raise BadOption(name)
    return found
