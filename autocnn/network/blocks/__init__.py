"""The blocks that ship with autocnn, each a few lines of the language in a file of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files


class ShippedBlocks(Mapping[str, str]):
    """Block name -> YAML text (`parameters` and `layers`), read when asked for, sorted by name."""

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise KeyError(name)
        return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")

    def __contains__(self, name: object) -> bool:
        return any(name == known for known in self)

    def __iter__(self) -> Iterator[str]:
        names = (entry.name for entry in files(__package__).iterdir())
        return iter(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


BLOCKS: Mapping[str, str] = ShippedBlocks()
