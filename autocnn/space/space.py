"""A space: the compiled document, its holes, its sections, and what makes it the same study."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from autocnn.errors import Problem, SpaceError
from autocnn.registry import Options
from autocnn.space.composer import compose
from autocnn.space.document import Mark, Node, from_plain, plain
from autocnn.space.hole import Hole
from autocnn.space.imports import import_named
from autocnn.space.language import Language
from autocnn.space.made_blocks import MadeBlocks
from autocnn.space.override import apply_overrides
from autocnn.space.program import ProgramCompiler
from autocnn.space.source import read_source
from autocnn.space.survey import Survey
from autocnn.space.term import Program
from autocnn.space.write import write_document

T = TypeVar("T", bound=Options)

CHANGEABLE = {"study": None, "budget": None, "search": ("workers", "executor")}
"""What may change between the runs of one study: whole sections, or some of their keys."""


@dataclass(frozen=True, eq=False)
class Space:
    """A loaded space; frozen.

    `text` is the document as it took effect, `document` the same as JSON values. `holes` are all
    that can be open, in walk order. `sections` are the validated options of the other keys.
    """

    name: str
    text: str
    file: str
    document: Mapping[str, Any]
    holes: tuple[Hole, ...]
    sections: Mapping[str, Options]
    notes: tuple[str, ...]
    language: Language
    program: Program

    @cached_property
    def _by_name(self) -> dict[str, Hole]:
        return {hole.name: hole for hole in self.holes}

    @cached_property
    def made_blocks(self) -> MadeBlocks:
        """What its blocks came to so far."""
        return MadeBlocks()

    def hole(self, name: str) -> Hole:
        """The hole of that name; raises KeyError."""
        return self._by_name[name]

    def section(self, kind: type[T]) -> T:
        """The section with options of that class."""
        return next(found for found in self.sections.values() if isinstance(found, kind))

    @property
    def is_candidate(self) -> bool:
        """Whether nothing is left open."""
        return not self.holes

    def identity(self) -> dict[str, Any]:
        """The canonical JSON of what a study searches.

        Sections have every option spelled out; name, budget and machinery are left out.
        """
        found = dict(self.document)
        found |= {key: options.to_json() for key, options in self.sections.items()}
        for key, names in CHANGEABLE.items():
            if names is None:
                found.pop(key, None)
            elif key in found:
                found[key] = {
                    name: value for name, value in found[key].items() if name not in names
                }
        return found

    @cached_property
    def digest(self) -> str:
        """The sha256 of the identity."""
        text = json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load_space(
    source: str | Path | Mapping[str, Any], language: Language, *, overrides: Sequence[str] = ()
) -> Space:
    """Read and compile a space: a file, a YAML text of more than one line, or a mapping.

    `overrides` are `path=value` strings. Modules under `imports` are imported if that is allowed,
    see `imports_allowed`. Raises SpaceError with every problem found.
    """
    file, text, root = _read(source)
    root = apply_overrides(root, overrides, language.sections)
    import_named(root)
    document = plain(root)
    if text is None or overrides:
        text = write_document(document)
    compiler = ProgramCompiler(language)
    program = compiler.compile(root)
    if program is None or compiler.problems:
        raise SpaceError(*_in_order(compiler.problems))
    survey = Survey(program)
    survey.run()
    if survey.problems:
        raise SpaceError(*_in_order(list(survey.problems.values())))
    return Space(
        name=document.get("study") or default_name(file),
        text=text,
        file=file,
        document=document,
        holes=tuple(survey.holes.values()),
        sections=compiler.sections,
        notes=program.notes,
        language=language,
        program=program,
    )


def default_name(file: str) -> str:
    """The file's stem, with `-` for what a study's name cannot hold."""
    return re.sub(r"[^\w .-]", "-", Path(file).stem)[:200] if file else "study"


def _read(source: str | Path | Mapping[str, Any]) -> tuple[str, str | None, Node]:
    """File and text, if there are such, and root of a source."""
    if isinstance(source, Mapping):
        try:
            return "", None, from_plain(source, Mark())
        except (TypeError, ValueError) as error:
            raise SpaceError(Problem("Y08", str(error))) from error
    if isinstance(source, str) and "\n" in source:
        return "", source, compose(source)
    file = str(source)
    text = read_source(Path(source))
    root = compose(text, file)
    return file, text, root


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, in the order of the text."""
    distinct = dict.fromkeys(problems)
    return sorted(distinct, key=lambda problem: (problem.file, problem.line, problem.column))
