"""Data sets that Hugging Face's `datasets` wrote with `save_to_disk`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.sources.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa

SAVED = ("dataset_dict.json", "state.json")


class Arrow(Columns):
    """A folder of `.arrow` files, or one such folder for each part."""

    form = "arrow"

    @staticmethod
    def find(path: Path) -> list[tuple[str, Path]]:
        folders = [path] if (path / "state.json").exists() else sorted(path.iterdir())
        return [
            ("all" if folder == path else folder.name, file)
            for folder in folders
            if folder.is_dir()
            for file in sorted(folder.glob("*.arrow"))
        ]

    @staticmethod
    def is_saved(path: Path) -> bool:
        """Whether a folder is one that `save_to_disk` wrote."""
        return any((path / name).is_file() for name in SAVED)

    def open(self, file: Path) -> tuple[pa.Schema, list[int], Any]:
        import pyarrow as pa

        batches = pa.ipc.open_stream(pa.memory_map(str(file))).read_all().to_batches()
        schema = pa.ipc.open_stream(pa.memory_map(str(file))).schema

        def load(piece: int, column: str) -> Any:
            return batches[piece].column(column)

        return schema, [batch.num_rows for batch in batches], load
