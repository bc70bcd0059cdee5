"""What an earlier outwatch wrote is still read: snapshots, verdicts, incidents, dead letters,
settings and rules, from before the code was put into rooms.

Verdicts are those of the demo's records; the rules have one condition of each kind, and the
snapshots were taken after half of the verdicts.
"""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from streams.config.settings import Settings, load_settings
from streams.incidents.acts import drawn_up
from streams.records import DeadLetter, Incident, VerdictBatch
from streams.rules.load import load_rules
from streams.windows.windows import Windows
from streams.worker.snapshot_topic import Snapshot

FOLDER = Path(__file__).parent / "data" / "written_before"
AT = 1_767_226_000.0


def lines(name):
    return gzip.decompress((FOLDER / name).read_bytes()).splitlines()


def document(name):
    return json.loads(gzip.decompress((FOLDER / name).read_bytes()))


BATCHES = [msgspec.json.decode(line, type=VerdictBatch) for line in lines("verdicts.jsonl.gz")]


def counts(windows):
    return json.loads(msgspec.json.encode(windows.counts()))


@pytest.fixture
def windows():
    return Windows(load_rules(FOLDER / "rules.yaml"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("verdicts.jsonl.gz", VerdictBatch),
        ("incidents.jsonl.gz", Incident),
        ("dead.jsonl.gz", DeadLetter),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_messages_come_out_as_they_were(name, kind):
    for line in lines(name):
        assert json.loads(msgspec.json.encode(msgspec.json.decode(line, type=kind))) == json.loads(
            line
        )


def test_verdicts_are_counted_as_they_were(windows):
    for batch in BATCHES:
        windows.fold(batch)
    windows.flush(AT)
    assert counts(windows) == document("counts.json.gz")


def test_snapshots_go_on_as_if_nothing_had_happened(windows):
    snapshots = document("snapshots.json.gz")
    for deployment, snapshot in snapshots.items():
        windows.restore(deployment, snapshot.encode())
    before = {one.page_key for one in windows.open_incidents()}
    events = []
    for batch in BATCHES:
        windows.fold(batch)
        events += windows.evaluate(AT)
    events += windows.flush(AT)
    assert counts(windows) == document("counts.json.gz")
    assert before
    assert before <= {one.page_key for one in (*windows.open_incidents(), *events)}


def test_the_same_causes_open_the_same_incidents(windows):
    events = []
    for number, batch in enumerate(BATCHES):
        windows.fold(batch)
        events += windows.evaluate(AT + number)
    events += windows.flush(AT)
    old = [msgspec.json.decode(line, type=Incident) for line in lines("incidents.jsonl.gz")]

    def said(incidents):
        return {
            # How titles word their figures has changed since; which incidents there are hasn't.
            (one.title.rpartition(": ")[0], one.severity, one.group["deployment"])
            for one in incidents
            if one.change == "opened"
        }

    assert said(events) == said(old)


def test_settings_mean_what_they_meant():
    found = msgspec.to_builtins(load_settings(FOLDER / "config.yaml", {}))
    expected = json.loads((FOLDER / "settings.json").read_text())

    def holds(known, one):
        if isinstance(known, dict):
            return all(name in one and holds(value, one[name]) for name, value in known.items())
        return known == one

    assert holds(expected, found)
    assert isinstance(msgspec.convert(found, Settings), Settings)


def test_people_can_act_on_incidents_of_old_snapshots(windows):
    for deployment, snapshot in document("snapshots.json.gz").items():
        windows.restore(deployment, snapshot.encode())
    windows.evaluate(AT)
    incident = windows.open_incidents()[0]
    act = drawn_up(incident, "acknowledge", "a", "ada", AT)
    assert windows.act(act, AT) == "applied"
    (event,) = windows.evaluate(AT)
    assert (event.id, event.state, event.acts[0].act) == (incident.id, "acknowledged", act)


def test_what_is_known_of_snapshots_from_before_acts():
    old = {"deployment": "bot", "partition": 0, "writer": "w", "through": 5, "state": {}}
    assert msgspec.json.decode(json.dumps(old), type=Snapshot).acts == -1
