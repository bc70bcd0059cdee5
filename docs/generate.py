"""Writes the reference pages from the code: those of `PAGES` below.

`python docs/generate.py` writes them, `--check` only says whether they are stale (exit code 1).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import playbook_page
import told

from streams.cli import main as outwatch
from streams.scoring.signals import signals_by_source
from streams.worker.metric_docs import metric_families

HERE = Path(__file__).parent
_MADE = "<!-- made by docs/generate.py; change the code, then run it -->\n"


def signals() -> str:
    """Every signal, of detectors and besides, with its meaning and default threshold."""
    parts = [
        "# Signals\n",
        _MADE,
        "What a [rule](rules.md) can be about: detectors' signals, people's feedback, and what goes"
        " wrong in monitoring itself. A score is in [0, 1], higher is worse; the threshold"
        " is where a record counts as positive by default. Signals of drift are features: only"
        " their distributions over windows mean anything.\n",
    ]
    for name, rows in signals_by_source().items():
        parts.append(f"## {name}\n\n| signal | meaning | threshold |\n| --- | --- | --- |")
        parts += [
            f"| `{row.name}` | {row.meaning} | {'' if row.feature else f'{row.threshold:g}'} |"
            for row in rows
        ]
        parts.append("")
    return "\n".join(parts)


def commands() -> str:
    """The help of every command."""
    parts = [
        "# Commands\n",
        _MADE,
        "Exit codes of all commands: 0 done, 1 failed, 2 something to correct first (one message"
        " on stderr says what and where), 130 interrupted. A worker also ends with 69 when its"
        " detectors can't score and 70 when it is stalled: start it again.\n",
    ]
    with click.Context(outwatch, info_name="outwatch") as top:
        for name, command in _all_commands(top):
            with click.Context(command, info_name=name, parent=top, max_content_width=98) as ctx:
                helped = "\n".join(line.rstrip() for line in command.get_help(ctx).splitlines())
            parts.append(f"## outwatch {name}\n\n<!-- not run: help -->\n```text\n{helped}\n```\n")
    return "\n".join(parts)


def _all_commands(top: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in outwatch.list_commands(top):
        command = outwatch.get_command(top, name)
        yield from _with_verbs(name, command or outwatch)


def _with_verbs(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for verb, below in command.commands.items():
        yield from _with_verbs(f"{name} {verb}", below)


def metrics() -> str:
    """Every metric of the worker, the pager, the results process and that for feedback."""
    parts = [
        "# Metrics\n",
        _MADE,
        "Served at `/metrics`: port 9464 of a worker, 9465 of the pager, 9466 of results, 9469 of"
        " feedback. What to do when one looks wrong: [the runbook](runbook.md).\n",
    ]
    families = [family for family in metric_families() if family.name.startswith("outwatch")]
    for process in dict.fromkeys(family.process for family in families):
        parts.append(
            f"## {process}\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |"
        )
        for family in families:
            if family.process == process:
                labels = ", ".join(f"`{label}`" for label in family.labels)
                parts.append(f"| `{family.name}` | {family.type} | {labels} | {family.help} |")
        parts.append("")
    return "\n".join(parts)


def clocks() -> str:
    """The clocks of the law."""
    return f"# Clocks\n\n{_MADE}\n{told.clocks()}"


def statements() -> str:
    """What each audience is told."""
    return f"# What to tell people\n\n{_MADE}\n{told.statements()}"


def playbooks() -> str:
    """What to do about each kind of incident."""
    return f"# Playbooks\n\n{_MADE}\n{playbook_page.playbooks()}"


PAGES = {
    "signals.md": signals,
    "commands.md": commands,
    "metrics.md": metrics,
    "clocks.md": clocks,
    "statements.md": statements,
    "playbooks.md": playbooks,
}


def main(arguments: list[str]) -> int:
    """Writes or checks all pages; the exit code."""
    stale = [
        name
        for name, make in PAGES.items()
        if not (HERE / name).exists() or (HERE / name).read_text("utf-8") != make()
    ]
    if arguments == ["--check"]:
        for name in stale:
            print(f"docs/{name} is stale: run python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(PAGES[name](), "utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
