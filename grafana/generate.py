"""Writes the dashboards: `python -m grafana.generate`; with `--check` it only says what is stale.

The JSON files are what Grafana and the Helm chart read; change the Python, not them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana.boards import detection, incident, overview, pipeline

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = {
    "overview": overview.build,
    "incident": incident.build,
    "detectors": detection.build,
    "pipeline": pipeline.build,
}


def dashboards() -> dict[str, str]:
    """The text of each file, by its name."""
    return {
        f"{name}.json": json.dumps(build(), indent=2, sort_keys=True) + "\n"
        for name, build in BOARDS.items()
    }


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of files that differ from what would be written, or that nobody writes."""
    wanted = dashboards()
    there = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(
        name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)
    )


def main() -> int:
    """The exit code: 1 where `--check` finds something stale."""
    parser = argparse.ArgumentParser(description="Writes grafana/dashboards/*.json.")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    if parser.parse_args().check:
        old = stale()
        for name in old:
            sys.stderr.write(f"{FOLDER / name} is stale: run `make dashboards`\n")
        return bool(old)
    FOLDER.mkdir(exist_ok=True)
    for name in stale():
        (FOLDER / name).unlink(missing_ok=True)
    for name, text in dashboards().items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
