"""What is known of the past: verdicts, incidents as people left them, and what people said."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from streams.config.settings import Settings
from streams.console.desk import Desk
from streams.console.sources import Sources
from streams.console.tasks import Task
from streams.errors import OutwatchError, UsageError
from streams.labels.label import Label, Scored, Scores, read_labels
from streams.offline.backtest import Trial, run
from streams.offline.calibrate import from_false_alarms
from streams.offline.stored import Stored
from streams.records import Incident
from streams.rules.lens import Lenses
from streams.rules.rule import RuleSet
from streams.windows.baselines import load_baselines

log = logging.getLogger(__name__)

MOST_INCIDENTS = 20_000
QUEUE = ".queue"
"""How the name of a review queue ends."""

_incidents = msgspec.json.Decoder(Incident)


class Past(msgspec.Struct, frozen=True):
    """What was read: trials of sets of rules, the labelled records, how many records of which
    stretch of event time, and how many labels have no verdict."""

    trials: list[Trial]
    scored: list[Scored]
    records: int
    first: float
    last: float
    missing: int

    @property
    def seconds(self) -> float:
        """How much event time was read."""
        return self.last - self.first


def queues_folder(settings: Settings) -> Path:
    """Where review queues lie."""
    kept = settings.console.queues
    return (Path(kept) if kept else Path(settings.state_dir) / "queues").expanduser()


def queue_files(settings: Settings) -> list[Path]:
    """The queues, the newest first."""
    folder = queues_folder(settings)
    try:
        found = [one for one in folder.iterdir() if one.name.endswith(QUEUE) and one.is_file()]
        return sorted(found, key=lambda one: (-one.stat().st_mtime, one.name))
    except OSError:
        return []


def past_incidents(desk: Desk, since: float | None) -> list[Incident]:
    """Incidents seen since a time, as people left them; the newest."""
    rows = desk.store.rows(
        "SELECT message FROM incidents WHERE last_seen >= ? ORDER BY last_seen DESC LIMIT ?",
        since or 0.0,
        MOST_INCIDENTS,
    )
    return [_incidents.decode(row["message"]) for row in rows]


def labels(desk: Desk, sources: Sources, past: Sequence[Incident]) -> list[Label]:
    """One for each record and signal: out of the queues' files, else from the topic of feedback,
    else from false alarms. Without Kafka those of the topic are missing, which the log says."""
    lines: list[bytes] = []
    for queue in queue_files(desk.settings):
        path = queue.with_name(f"{queue.name}.labels.jsonl")
        if path.is_file():
            lines += path.read_bytes().split(b"\n")
    found = [*read_labels(lines).labels]
    try:
        found += read_labels(sources.labels()).labels
    except OutwatchError as wrong:
        log.warning("labels of the topic are missing: %s", wrong)
    found += from_false_alarms(past)
    return list({(one.record, one.signal): one for one in reversed(found)}.values())[::-1]


def tried(
    desk: Desk,
    sources: Sources,
    task: Task,
    sets: Sequence[RuleSet],
    rules: RuleSet,
    said: Sequence[Label],
    since: float | None,
    deployment: str | None = None,
) -> Past:
    """Sets of rules on the verdicts since a time, by the code of a backtest; labelled records have
    the scores as `rules` see them.

    Raises `OutwatchError`, also where there are no verdicts.
    """
    stored, scores = Stored(deployment, since), Scores(said)
    seen = Lenses(rules.exclusions, rules.maps).seen
    baselines = load_baselines(desk.settings)
    with closing(sources.verdicts(since, task.moved)) as lines:
        trials = run(stored.batches(lines), sets, baselines, lambda batch: scores.look(seen(batch)))
    if not stored.read:
        raise UsageError("there are no verdicts in that time. Choose a longer one")
    return Past(
        trials=trials,
        scored=scores.found,
        records=stored.read,
        first=stored.first or 0.0,
        last=stored.last or 0.0,
        missing=scores.missing,
    )
