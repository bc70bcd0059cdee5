"""The plan of the house: which room may import which, and that the map of it is true."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib

import pytest

from tests.support.kafka_broker import ROOT

PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def lint(folder, *options):
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", *options],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_no_import_breaks_a_contract():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-1_000:]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("streams/intake/decode.py", "import streams.worker.detect"),
        ("streams/records.py", "import streams.errors, streams.config.settings"),
        ("streams/windows/windows.py", "import kafka"),
        ("streams/incidents/build.py", "import httpx"),
        ("detectors/base.py", "import streams.errors"),
        ("detectors/pii/detector.py", "import detectors.secrets"),
        ("detectors/_text/words.py", "import detectors.persona"),
    ],
    ids=lambda value: value.replace("/", "."),
)
def test_the_contracts_notice(tmp_path, module, line):
    """An import that must not be is put into a copy."""
    for tree in ("streams", "detectors"):
        for source in (ROOT / tree).rglob("*.py"):
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    assert lint(tmp_path).returncode == 1


def test_the_page_shows_the_layers_as_they_are_checked():
    layers = next(one for one in CONTRACTS["contracts"] if one["id"] == "rooms")["layers"]
    shown = re.search(
        r"<!-- layers -->\n+(?:<!-- not run: .*-->\n)?```text\n(.*?)```", TEXT, re.DOTALL
    )
    assert shown, "docs/architecture.md shows no layers"
    assert shown[1].splitlines() == [layer.replace(":", "|") for layer in layers]


OPENED = re.findall(r"`(\w+)(?:\.(\w+))?` in \[[\w.]+\]\(\.\./([\w/]+)\.py\)", TEXT)


@pytest.mark.parametrize(("name", "member", "module"), OPENED, ids=lambda value: value or "-")
def test_what_to_open_first_is_there(name, member, module):
    found = getattr(importlib.import_module(module.replace("/", ".")), name, None)
    assert found is not None or name == "BUILT_IN"
    if member:
        assert callable(getattr(found, member))


def test_the_page_names_a_function_for_every_step():
    assert len(OPENED) >= 10


@pytest.mark.parametrize(
    "path", sorted({*re.findall(r"`((?:streams|detectors|tests|docs|deploy)/[\w./-]*)`", TEXT)})
)
def test_every_place_that_the_page_names_is_there(path):
    assert (ROOT / path).exists()


def public(path):
    """What an `__init__` or module promises in `__all__`."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


PACKAGES = sorted(
    path for tree in ("streams", "detectors") for path in (ROOT / tree).rglob("__init__.py")
)


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_what_a_package_promises_is_there_documented_and_all(path):
    name = ".".join(path.parent.relative_to(ROOT).parts)
    package = importlib.import_module(name)
    assert (package.__doc__ or "").strip(), "a package says what is in it"
    promised = public(path) or []
    for one in promised:
        found = getattr(package, one)
        if callable(found) or isinstance(found, type):
            assert (found.__doc__ or "").strip(), f"{one} says nothing of itself"
    taken = {
        alias.asname or alias.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ImportFrom)
        and node.module
        and node.module.split(".")[0] in ("streams", "detectors")
        for alias in node.names
    }
    made = {
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    shown = {one for one in taken if not one.startswith("_")}
    if promised:
        assert {one for one in shown | made if not one.startswith("_")} <= set(promised)
