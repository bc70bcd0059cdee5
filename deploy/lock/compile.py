"""Resolves every extra in one run and writes the locks: names, versions and hashes only.

Faust pins click below what other packages would take, so everything is resolved together
(`all.txt`); the smaller locks are parts of that one answer. Versions that are locked stay as long
as they fit; `--upgrade` takes the newest of all. Needs `uv` on the path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent / "pyproject.toml"
_USED = ["ner", "notify", "export", "registry", "oncall", "evidence", "console"]
_TESTED = [*_USED, "demo", "train", "dev", "build"]
LOCKS = {
    "all": [*_TESTED, "toxicity", "train-encoder"],
    "dev": _TESTED,
    "image": [*_USED, "build"],
    "demo": ["ner", "demo", "console", "build"],
}


def compile_lock(name: str, extras: list[str], constraint: Path | None) -> None:
    """Writes one lock. Raises `CalledProcessError` when there is no solution."""
    command = ["uv", "pip", "compile", str(PROJECT), "--quiet", "--universal", "--generate-hashes"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--no-header", "--no-annotate"]
    command += [part for extra in extras for part in ("--extra", extra)]
    command += ["--constraint", str(constraint)] if constraint else []
    subprocess.run([*command, "--output-file", str(HERE / f"{name}.txt")], check=True)  # noqa: S603


def main() -> int:
    """Compiles all locks, the widest first."""
    widest = HERE / "all.txt"
    if "--upgrade" in sys.argv[1:]:
        widest.unlink(missing_ok=True)
    for name, extras in LOCKS.items():
        compile_lock(name, extras, None if name == "all" else widest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
