"""`outwatch export`: verdicts as flat rows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from streams.cli._files import Lines
from streams.cli._progress import Doing
from streams.cli._say import say, say_json
from streams.cli._times import since_or_span
from streams.clock import SystemClock
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.words import count

if TYPE_CHECKING:
    from streams.export.verdicts import Chosen


@click.command("export")
@click.argument("files", nargs=-1)
@click.option("-o", "--out", default="-", show_default=True, metavar="PATH",
              help="File to write; - is standard output.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["parquet", "jsonl", "csv"]),
              help="Default: by the name of the file, JSON lines on standard output.")  # fmt: skip
@click.option("--since", metavar="TIME",
              help="First event time: 2026-11-23T15:00, or back from now: 24h.")  # fmt: skip
@click.option("--until", metavar="TIME", help="Event time to stop before, in the same forms.")
@click.option("--deployment", "deployments", multiple=True, help="Only this one; repeatable.")
@click.option("--ddl", type=click.Choice(["clickhouse"]),
              help="Only print the statement that makes a table for the rows.")  # fmt: skip
@click.option("--table", default="outwatch_verdicts", show_default=True, help="Its name for --ddl.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout at the end.")
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    out: str,
    form: str | None,
    since: str | None,
    until: str | None,
    deployments: tuple[str, ...],
    ddl: str | None,
    table: str,
    as_json: bool,
) -> None:
    """Export verdicts as Parquet, JSON lines or CSV: one row for each record scored.

    Reads the verdicts topic from the beginning, or from --since, to where it ends now; or FILES
    with its messages (JSON lines, also gzipped; - is standard input). Rows that workers
    published twice are written once. Times without a zone are UTC.
    """
    from streams.export.columns import clickhouse_ddl
    from streams.export.verdicts import Chosen, from_kafka
    from streams.export.writers import format_of, write

    if ddl is not None:
        say(clickhouse_ddl(table), nl=False)
        return
    if as_json and out == "-":
        raise UsageError("--json needs standard output for itself. Name a file with --out")
    now = SystemClock().now()
    chosen = Chosen(
        since=since_or_span("--since", since, now),
        until=since_or_span("--until", until, now),
        deployments=frozenset(deployments),
    )
    known = form or format_of(out)
    with Doing("exporting") as doing:

        def moved(done: int, total: int | None) -> None:
            doing.update("exporting", done, total)

        values = _lines(files, moved) if files else from_kafka(settings, chosen.since, moved)
        # What reads for it is closed whatever happens: an open client keeps the process alive.
        with closing(values):
            written = write(chosen.rows(values), out, known)  # type: ignore[arg-type]
    _tell(chosen, written, out, as_json)


def _lines(
    files: tuple[str, ...], moved: Callable[[int, int | None], None]
) -> Generator[bytes, None, None]:
    with Lines(files) as lines:
        for line in lines:
            if line.strip():
                yield line
                moved(lines.position, lines.size)


def _tell(chosen: Chosen, written: int, out: str, as_json: bool) -> None:
    told: dict[str, Any] = {
        "rows": written,
        "read": chosen.read,
        "repeated": chosen.repeated,
        "unreadable": chosen.unreadable,
        "out": out,
    }
    if as_json:
        say_json(told)
        return
    notes: Iterable[str] = (
        f"{count(written, 'row')} written of {chosen.read:,} read",
        f"{chosen.repeated:,} came twice" if chosen.repeated else "",
        f"{count(chosen.unreadable, 'message')} can't be read" if chosen.unreadable else "",
    )
    say("; ".join(note for note in notes if note), err=True)
