"""The architecture diagram as a table, held against the import statements."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import autocnn
from autocnn.training import measure_plan

ROOT = Path(autocnn.__file__).parent

# Which rooms of the package a room may import; all may import those of BELOW.
BELOW = {
    "errors", "registry", "interval", "pareto", "csv_text", "html_text", "fidelity_text",
    "whole_file",
}  # fmt: skip
TABLE = {
    **{name: set() for name in BELOW},
    "space": set(),
    "data": set(),
    "store": set(),
    "network": {"space"},
    "training": {"space", "network", "data"},
    "reuse": {"space", "network", "data", "training"},
    "search": {"space", "network", "data", "training", "store"},
    "report": {"store"},
    "dashboard": {"store", "report"},
    "closing": {"space", "training", "store", "search", "report", "reuse"},
    "controls": {"space", "store"},
    "api": {
        "closing",
        "controls",
        "space",
        "network",
        "data",
        "training",
        "store",
        "search",
        "report",
        "reuse",
    },
    "default_space": {"space", "network", "data", "training", "search"},
    "estimator": {"api", "default_space", "space", "data", "reuse"},
    "__main__": {"cli"},
    "cli": {
        "api",
        "default_space",
        "space",
        "network",
        "data",
        "training",
        "store",
        "search",
        "report",
        "dashboard",
        "reuse",
    },
}

# Which room alone may import a library.
OWNERS = {
    "optuna": {"search"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "plotly": {"report"},
    "dash": {"dashboard"},
    "flask": {"dashboard"},
    "werkzeug": {"dashboard"},
    "waitress": {"dashboard"},
    "typer": {"cli"},
    "rich": {"cli"},
    "simpleeval": {"space"},
    "yaml": {"space"},
    "jinja2": {"report"},
    "tensorboard": {"report"},
    "pyarrow": {"data"},
    "cleanlab": {"training"},
    "onnx": {"network"},
    "onnxruntime": {"network"},
    "onnxscript": {"network"},
    "torch": {"network", "data", "training", "search", "reuse", "cli"},
}


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Every module that a file imports, inside functions too, but not for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [f"autocnn.{alias.name}" for alias in node.names]
            found += names if node.module == "autocnn" else [str(node.module)]
    return found


FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_table(path: Path) -> None:
    here = room(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "autocnn" and len(parts) > 1 and parts[1] != "__version__":
            allowed = TABLE[here] | BELOW | {here}
            assert parts[1] in allowed, f"{here} may not import {module}"
        elif parts[0] in OWNERS:
            assert here in OWNERS[parts[0]], f"{here} may not import {module}"


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded after some code."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_import_autocnn_loads_nothing_heavy() -> None:
    heavy = {"torch", "optuna", "pandas", "numpy", "plotly", "sqlalchemy", "pydantic", "PIL"}
    assert not heavy & loaded_after("import autocnn")


def test_help_loads_nothing_heavy() -> None:
    heavy = {
        "torch",
        "optuna",
        "pandas",
        "numpy",
        "plotly",
        "sqlalchemy",
        "sklearn",
        "PIL",
        "dash",
    }
    code = "from autocnn.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not heavy & loaded_after(code)


def test_a_space_is_checked_and_costed_without_torch() -> None:
    code = f"""
from autocnn.api import load_space
from autocnn.space import elaborate, sample
from autocnn import network
space = load_space({str(ROOT.parent / "search_spaces" / "quickstart.yaml")!r})
candidate = elaborate(sample(space, 0), (1, 8, 8), 10)
network.table(candidate.architecture)
"""
    assert not {"torch", "pandas", "sqlalchemy", "optuna", "plotly"} & loaded_after(code)


def test_a_study_is_opened_without_torch_where_the_plan_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the coordinator is ready while its workers still import it."""
    monkeypatch.setenv("AUTOCNN_CACHE", str(tmp_path))
    measure_plan()
    code = f"""
import autocnn.search.run
from autocnn.api import load_space, open_data
from autocnn.search.opening import open_or_create
from autocnn.store import open_store
space = load_space({str(ROOT.parent / "search_spaces" / "quickstart.yaml")!r})
open_or_create(open_store("sqlite:///{tmp_path}/a.db"), space, open_data(space), new=False)
"""
    assert "torch" not in loaded_after(code)


def test_files_are_small() -> None:
    """A file over 300 lines is two ideas."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in ROOT.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert not long
