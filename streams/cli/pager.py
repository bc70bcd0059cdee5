"""`outwatch pager`: tells people of incidents."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from streams.cli._process import log_to_stderr, stopped_by_signals
from streams.cli._say import say, say_json
from streams.config.settings import Settings
from streams.errors import UsageError
from streams.inert import every, line

if TYPE_CHECKING:
    from streams.paging.contact import Contact


@click.command("pager")
@click.option("--check", is_flag=True, help="Only check the receivers' configuration.")
@click.option("--test", is_flag=True, help="Only send each receiver a test page, and resolve it.")
@click.option("--only", multiple=True, metavar="NAME", help="This receiver (may be repeated).")
@click.option(
    "--hold",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    help="Seconds until a test page is resolved.",
)
@click.option("--json", "as_json", is_flag=True, help="With --check or --test: JSON on stdout.")
@click.pass_obj
def command(
    settings: Settings, check: bool, test: bool, only: tuple[str, ...], hold: float, as_json: bool
) -> None:
    """Tell people of incidents, until stopped.

    Receivers come from the settings: `pager.receivers`, or `pager.terminal` and
    `pager.webhook_url`. Each keeps its own place in the incidents topic, so one that is down
    delays no other; what it missed it is told as it then stands. A page that a receiver
    refuses ends on the dead-letter topic and in a counter. Those that the contacts file names
    (`pager.contacts`) are told by it: who is on call, and who is next. SIGTERM and Ctrl-C finish
    the delivery in hand. Serves /metrics, /ready and /live.

    --check and --test need no Kafka. Exit code 1 when a receiver isn't as it should be.
    """
    if check:
        _check(settings, only, as_json)
        return
    from streams.paging.configured import contacts

    everybody = contacts(settings.pager)
    told = _only(everybody, only)
    if test:
        _test(told, hold, as_json)
        return
    if as_json:
        raise UsageError("--json goes with --check or --test")
    from streams.paging.bridge import run

    log_to_stderr(settings)
    if not run(settings, told, stopped_by_signals(), configured=everybody):
        sys.exit(1)


def _only(told: Sequence[Contact], names: tuple[str, ...]) -> list[Contact]:
    known = [contact.name for contact in told]
    for name in names:
        if name not in known:
            raise UsageError(f"no receiver is named {name}. There are: {', '.join(known)}")
    return [contact for contact in told if not names or contact.name in names]


def _check(settings: Settings, only: tuple[str, ...], as_json: bool) -> None:
    from streams.doctor.pager import check_contacts, check_pager

    labels = {f"receiver {name}" for name in only}
    checks = [*check_pager(settings), *check_contacts(settings)]
    found = [one for one in checks if not only or one.name in labels]
    if only and len(found) < len(labels):
        raise UsageError("--only names no receiver of the settings. `--check` alone lists them")
    if as_json:
        say_json(found)
    else:
        for one in every(found, line):
            say(f"{one.status:<5}{one.name:<28} {one.found}")
            if one.remedy:
                say(f"{'':<34}→ {one.remedy}")
    sys.exit(1 if any(one.status == "fail" for one in found) else 0)


def _test(told: Sequence[Contact], hold: float, as_json: bool) -> None:
    from streams.paging.trial import send_trial

    results = []
    for result in send_trial(told, hold):
        results.append(result)
        if not as_json:
            word = "ok" if result.delivered else "fail"
            answer = line(result.answer) or "sent"
            say(f"{word:<5}{line(result.receiver):<28} {result.action}: {answer}")
    if as_json:
        say_json(results)
    sys.exit(0 if all(result.delivered for result in results) else 1)
