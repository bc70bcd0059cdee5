"""Prints how many reports of tables, named on the command line, are judged right, and as what."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from streams.triage.fit import rows
from streams.triage.judge import judge
from streams.triage.likeness import VERDICTS


def measured(reports: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How many reports of each verdict, the first of a pair, are judged to be what."""
    return Counter((verdict, judge(report).verdict) for verdict, report in reports)


def right(counted: Counter[tuple[str, str]]) -> int:
    """How many are judged right."""
    return sum(number for (wanted, got), number in counted.items() if wanted == got)


def printed(counted: Counter[tuple[str, str]]) -> str:
    """The figures as lines: how many are right, and for each verdict what was judged instead."""
    lines = [f"judged right: {right(counted)} of {counted.total()}"]
    for wanted in VERDICTS:
        judged = ", ".join(f"{counted[wanted, got]} {got}" for got in VERDICTS)
        lines.append(f"{wanted}: judged {judged}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Reads the tables, and prints a line for each verdict: what its reports are judged to be."""
    sys.stdout.write(printed(measured(rows(map(Path, sys.argv[1:])))))


if __name__ == "__main__":
    main()
