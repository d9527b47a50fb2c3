"""`autocnn data` on a folder with faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finished_study import Command
from PIL import Image


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for index in range(10):
            noise = np.random.default_rng(10 * label + index).integers(0, 256, (8, 8), np.uint8)
            Image.fromarray(noise).save(tmp_path / "photos" / name / f"{index}.png")
    return tmp_path / "photos"


@pytest.mark.slow
def test_a_good_folder_with_a_sheet_and_labels(autocnn: Command, photos: Path) -> None:
    pytest.importorskip("cleanlab", reason="cleanlab is not installed")
    sheet = photos.parent / "sheet.html"
    said = autocnn("data", photos, "--labels", "--sheet", sheet)
    assert said.code == 0
    assert "modes: 20 L" in said.out
    assert "doubtful labels: " in said.out
    assert f"pictures: {sheet}" in said.out
    assert sheet.read_text().count("<figure>") >= 20


def test_a_bad_folder_and_what_is_left_of_it(autocnn: Command, photos: Path) -> None:
    (photos / "dog" / "cut.png").write_bytes((photos / "dog" / "1.png").read_bytes()[:60])
    (photos / "cat" / "again.png").write_bytes((photos / "dog" / "1.png").read_bytes())
    table = photos.parent / "clean.csv"
    said = autocnn("data", photos, "--labels", "--clean", table)
    assert said.code == 3
    assert "  cat/again.png = dog/1.png" in said.out
    assert "labels were not looked at: the problems below come first" in said.out
    assert f"cleaned table: autocnn search --data csv:{table}" in said.out
    assert "dog/cut.png: truncated [D06]" in said.err
    for source, more, text in (
        (photos, [], "--force replaces it"),
        (f"csv:{table}", [], "is the source itself"),
        (f"csv:{table}", ["--force"], "is the source itself"),
    ):
        said = autocnn("data", source, "--clean", table, *more)
        assert said.code == 2
        assert text in said.err
    said = autocnn("data", f"csv:{table}", "--json")
    assert (said.code, said.json["images"], said.json["copies"]) == (0, 19, 0)
    elsewhere = photos.parent / "lists" / "clean.csv"
    elsewhere.parent.mkdir()
    said = autocnn("data", photos, "--clean", elsewhere)
    assert f"--set data.root={photos}" in said.out
    said = autocnn("data", elsewhere, "--set", f"data.root={photos}", "--json")
    assert (said.code, said.json["images"]) == (0, 19)
