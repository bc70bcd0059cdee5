"""What the stories open when somebody else tells them.

    python -m tests.benchmarks.retold [NAME …]

Each story is played as `streams.demo.stories` plays its own, into the same ordinary traffic at the
same shares and the same pace, but with the 40 answers of `tests/detectors/data/retold/stories`, which were written by
somebody who had seen neither the detectors nor the stories. `training-data` and `customer-data`
hold no planted canary there. Printed are the playbooks that open, and after how many affected
answers the first did. Nothing is ever learned from these texts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import msgspec

from streams.demo import stories
from streams.demo.samples import START, Timed
from streams.demo.stories.check import settings_for
from streams.offline.backtest import run
from streams.offline.replay import score_lines, verdicts_of
from streams.records import VerdictBatch
from streams.rules.load import default_rules
from streams.rules.values import seconds
from streams.scoring.scorer import Scorer, ScoringOptions

_AFTER = 60.0
"""Seconds of ordinary traffic behind a story at least."""
RETOLD = Path(__file__).parents[1] / "detectors/data/retold/stories"


def retold(name: str) -> stories.Story:
    """A story with its answers told by another author, all 40, so that it lasts for longer."""
    rows = [json.loads(line) for line in (RETOLD / f"{name}.jsonl").read_text("utf-8").splitlines()]
    story = stories.load(name)
    answers = tuple(
        stories.StoryAnswer(ask=row["prompt"], answer=_plain(row["text"])) for row in rows
    )
    lasts = seconds(story.lasts) * len(rows) / len(story.answers)
    return msgspec.structs.replace(story, answers=answers, lasts=f"{lasts:.0f}s")


def _plain(text: str) -> str:
    """Without what the stories would take for a placeholder of theirs."""
    return text.replace("{{", "{ {")


@contextmanager
def _told(name: str) -> Iterator[None]:
    story = retold(name)
    length = max(stories.LENGTH, seconds(story.starts) + seconds(story.lasts) + _AFTER)
    each = round(stories.ORDINARY_EACH * length / stories.LENGTH)
    with (
        mock.patch.object(stories, "load", return_value=story),
        mock.patch.object(stories, "LENGTH", length),
        mock.patch.object(stories, "ORDINARY_EACH", each),
    ):
        yield


def scored(name: str, folder: Path) -> tuple[list[Timed], list[VerdictBatch]]:
    """The stream of a retold story, and its verdicts."""
    settings = settings_for(name, folder)
    scorer = Scorer(ScoringOptions.from_settings(settings))
    with _told(name):
        lines = stories.stream(name)
    told = [line.line(START) for line in lines]
    chunks = score_lines(told, settings, scorer=scorer)
    return lines, [batch for chunk in chunks for batch in verdicts_of(chunk)]


def main() -> None:
    """Prints what each story opens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=stories.names())
    names = parser.parse_args().names
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            lines, batches = scored(name, Path(folder))
            (trial,) = run(batches, [default_rules()])
            own = [line for line in lines if line.data["record_id"].startswith(f"{name}-")]
            playbook = stories.load(name).playbook
            told = []
            opens = False
            for one in trial.opened:
                incident = one.incident
                after = sum(START + line.offset <= one.found for line in own)
                due = incident.playbook == playbook
                opens |= due
                rules = ", ".join(rule.rule for rule in incident.rules)
                told.append(
                    f"    {'' if due else 'also '}{incident.playbook} ({incident.severity}) on"
                    f" {incident.group.get('deployment')} after {after} of {len(own)}: {rules}"
                )
            right += opens
            print(f"{name}: {'opens' if opens else 'DOES NOT OPEN'} {playbook}", *told, sep="\n")
    print(f"{right} of {len(names)} open their incident")


if __name__ == "__main__":
    main()
