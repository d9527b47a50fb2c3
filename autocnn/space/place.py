"""Where in a space something is compiled: its path and the names it may use."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autocnn.space.scope import Scope
from autocnn.space.term import join


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A path and a scope; no scope where neither holes nor expressions may stand."""

    path: str
    scope: Scope | None

    @property
    def names(self) -> Scope:
        """The scope, which must be there."""
        assert self.scope is not None
        return self.scope

    def below(self, part: str | int) -> Place:
        """The place of a part; a part without a name has the same path."""
        return replace(self, path=join(self.path, str(part)))

    def at_layer(self, shape: bool = True) -> Place:
        """This place with or without the shape names in scope."""
        return replace(self, scope=self.names.at_layer(shape))

    def within(self, scope: Scope | None) -> Place:
        """The same path with other names."""
        return replace(self, scope=scope)
