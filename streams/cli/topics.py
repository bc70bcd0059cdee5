"""`outwatch topics`: creates and lists the topics."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli._say import say, say_json
from streams.cli._verbs import Verbs
from streams.config.settings import Settings
from streams.inert import every, line


@click.group("topics", cls=Verbs)
def command() -> None:
    """Create or list the topics."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def create(settings: Settings, as_json: bool) -> None:
    """Create the topics that are missing.

    Can be run again at any time: what is there is left as it is, and what differs from the
    design is named with the remedy. Partitions and replication come from the settings.
    Exit code 1 when a topic couldn't be created.
    """
    from streams.kafka.connect import admin_client
    from streams.kafka.topics import create_topics

    if settings.kafka.embedded:
        say("The embedded broker makes topics by itself, when they are first used.")
        return
    with admin_client(settings) as admin:
        results = create_topics(admin, settings)
    if as_json:
        say_json(results)
    else:
        for result in every(results, line):
            say(f"{result.result:<8} {result.name}")
            if result.problem:
                say(f"         {result.problem}\n         {result.remedy}")
            for difference in result.differences:
                say(
                    f"         {difference.what} is {difference.found}, not {difference.wanted}. "
                    f"{difference.remedy}"
                )
    if any(result.result == "failed" for result in results):
        sys.exit(1)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@click.pass_obj
def list_topics(settings: Settings, as_json: bool) -> None:
    """List the topics with what they hold and how long they keep it."""
    from streams.kafka.connect import admin_client
    from streams.kafka.topics import topic_states

    with admin_client(settings) as admin:
        states = topic_states(admin, settings)
    if as_json:
        say_json(states)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("topic", "partitions", "kept", "records", "end offsets", ""):
        table.add_column(column, justify="left" if column in ("topic", "kept", "") else "right")
    for state in every(states, line):
        if not state.present:
            table.add_row(Text(state.name), "", "", "", "", "missing: outwatch topics create")
            continue
        differs = ", ".join(difference.what for difference in state.differences)
        table.add_row(
            Text(state.name),
            str(state.partitions),
            Text(kept(state.configs)),
            f"{state.records:,}",
            " ".join(map(str, state.end_offsets)),
            Text(f"differs: {differs}" if differs else ""),
        )
    Console().print(table)


def kept(configs: dict[str, str]) -> str:
    """How long a topic keeps its records, in words."""
    policy = configs.get("cleanup.policy", "?")
    if policy == "compact":
        return "newest of each key"
    retention = configs.get("retention.ms", "")
    if not retention.lstrip("-").isdigit():
        return "?"
    if int(retention) < 0:
        return "for ever"
    hours = int(retention) / 3_600_000
    amount, unit = (hours / 24, "day") if hours >= 24 else (hours, "hour")
    return f"{amount:g} {unit}{'' if amount == 1 else 's'}"
