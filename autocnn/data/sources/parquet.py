"""Parquet files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.sources.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa


class Parquet(Columns):
    """One `.parquet` file or a folder of them, such as `data/train-00000-of-00002.parquet`.

    The first word of a file's name, or its folder, says which part it belongs to.
    """

    form = "parquet"

    @staticmethod
    def find(path: Path) -> list[tuple[str, Path]]:
        from autocnn.data.sources.folder import PART_FOLDERS

        if path.is_file():
            return [("all", path)]
        found = []
        for file in sorted(path.rglob("*.parquet")):
            first = re.split(r"[^A-Za-z]", file.stem)[0]
            folder = file.parent.name if file.parent.name.lower() in PART_FOLDERS else "all"
            found.append((first if first.lower() in PART_FOLDERS else folder, file))
        return found

    def open(self, file: Path) -> tuple[pa.Schema, list[int], Any]:
        import pyarrow.parquet as pq

        opened = pq.ParquetFile(file, memory_map=True)
        rows = [
            opened.metadata.row_group(piece).num_rows for piece in range(opened.num_row_groups)
        ]

        def load(piece: int, column: str) -> Any:
            return opened.read_row_group(piece, columns=[column]).column(column)

        return opened.schema_arrow, rows, load
