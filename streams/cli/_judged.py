"""What people said of records and incidents, and the verdicts that it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from streams.cli._found import incidents_in, read_incidents
from streams.cli._labels import labels_in
from streams.cli._verdicts import tried
from streams.config.settings import Settings
from streams.errors import OutwatchError, UsageError
from streams.labels.label import Label, read_labels
from streams.offline.backtest import Trial
from streams.offline.calibrate import from_false_alarms
from streams.offline.stored import Stored
from streams.records import Incident, VerdictBatch
from streams.rules.load import configured_rules, corrected, load_rules
from streams.rules.rule import RuleSet

_OPTIONS = (
    click.option("--labels", "label_files", multiple=True, metavar="FILE",
                 help="What people said of records: JSON lines or CSV."),
    click.option("--incidents", "incident_files", multiple=True, metavar="FILE",
                 help="Past incidents as people left them, in place of the topic."),
    click.option("--rules", type=click.Path(path_type=Path),
                 help="A rules file, in place of the configured one."),
    click.option("--since", metavar="TIME",
                 help="First event time: 2026-11-23T15:00, or back from now: 30d."),
)  # fmt: skip


def on_the_past(function: Any) -> Any:
    """Gives a command the options that say what it is tried on."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def chosen_rules(settings: Settings, rules: Path | None) -> RuleSet:
    """The rules of a file, or those in force. Raises `RulesError`."""
    from streams.scoring.signals import known_signals

    if rules is not None:
        chosen = load_rules(rules, known_signals(settings), "the file of --rules")
        return corrected(chosen, settings)
    return configured_rules(settings, known_signals(settings))


class Reader:
    """Reads the same verdicts again and again."""

    def __init__(
        self,
        settings: Settings,
        files: tuple[str, ...],
        since: float | None,
        deployment: str | None,
    ) -> None:
        if "-" in files:
            raise UsageError("Verdicts are read twice: give files, not standard input")
        self._settings = settings
        self._files = files
        self._since = since
        self._deployment = deployment

    def run(
        self, sets: list[RuleSet], look: Callable[[VerdictBatch], object] = lambda batch: None
    ) -> list[Trial]:
        """Sets of rules on them. Raises `UsageError` where there are none."""
        stored = Stored(self._deployment, self._since)
        trials = tried(self._settings, self._files, stored, sets, look)
        if not stored.read:
            raise UsageError("There are no verdicts that labels could be about")
        return trials


def past_incidents(settings: Settings, files: tuple[str, ...], *, offline: bool) -> list[Incident]:
    """Past incidents as people left them: of files, or else of the topic unless `offline`."""
    if files:
        return list(incidents_in(files).values())
    return [] if offline else list(read_incidents(settings).values())


def all_labels(
    settings: Settings, files: tuple[str, ...], past: list[Incident], *, offline: bool
) -> list[Label]:
    """All labels, one for each record and signal; a reviewer's word goes before a false alarm's."""
    found = [*labels_in(files).labels] if files else []
    if not offline:
        from streams.kafka.labels import label_messages

        try:
            found += read_labels(label_messages(settings)).labels
        except TimeoutError:
            raise OutwatchError("The labels couldn't be read: Kafka sent nothing") from None
    found += from_false_alarms(past)
    return list({(one.record, one.signal): one for one in reversed(found)}.values())[::-1]
