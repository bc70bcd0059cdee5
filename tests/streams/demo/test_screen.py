"""The demo's view: figures that add up, and a screen that fits the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from streams.demo.screen import SIGNALS, View, render, sparkline
from streams.records import Incident, Severity, VerdictBatch, VerdictRow

NOTES = ("look further", "Ctrl-C ends the demo")


def view() -> View:
    return View("127.0.0.1:41315", NOTES, 1000.0)


def batch(first: int, scores: list[dict[str, float]], deployment: str = "bot") -> VerdictBatch:
    return VerdictBatch(
        deployment=deployment,
        topic="llm.outputs",
        partition=0,
        first_offset=first,
        last_offset=first + len(scores) - 1,
        judged=[["pii.any", "secrets.any", "toxicity.toxicity"]],
        rows=[
            VerdictRow(offset=first + n, record_id=f"r{first + n}", event_time=1000.0, scores=score)
            for n, score in enumerate(scores)
        ],
    )


def incident(number: int, **fields: object) -> Incident:
    values: dict[str, object] = {
        "id": f"inc-{number}",
        "page_key": f"inc-{number}",
        "revision": 1,
        "change": "opened",
        "state": "open",
        "severity": "high",
        "playbook": "toxicity",
        "title": f"Insulting answers on bot {number}: 41 % of 212 answers in 5 min, limit 30 %",
        "summary": "",
        "group": {"deployment": "bot"},
        "first_seen": 1000.0 + number,
        "last_seen": 1001.0 + number,
        "window_seconds": 60.0,
        "rules": [],
    }
    return Incident(**(values | fields))  # type: ignore[arg-type]


def screen(shown: View, width: int, height: int, now: float = 1010.0) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, color_system=None)
    console.print(render(shown, now, width, height))
    return out.getvalue().splitlines()


def test_totals_add_up() -> None:
    shown = view()
    shown.produced, shown.dead = 10, 1
    shown.fold(batch(0, [{}] * 6), 1001.0, False)
    assert shown.waiting == 3
    assert shown.totals() == "10 produced = 6 scored + 1 dead-lettered + 3 waiting"


def test_what_others_produce_is_counted_apart() -> None:
    shown = view()
    shown.produced, shown.dead, shown.feedback_produced = 10, 1, 2
    shown.fold(batch(0, [{}] * 12), 1001.0, False)
    assert shown.totals().startswith(
        "10 produced + 3 by others = 12 scored + 1 dead-lettered + 0 waiting"
    )
    shown.arrived, shown.feedback_arrived = 17, 5
    assert shown.totals() == (
        "10 produced + 7 by others = 12 scored + 1 dead-lettered + 4 waiting; feedback: 0 of 5 read"
    )
    # Its own on their way aren't others'.
    shown.produced = 20
    assert (shown.others, shown.waiting) == (0, 7)


def test_verdicts_published_twice_count_once() -> None:
    shown = view()
    for _ in range(2):
        shown.fold(batch(0, [{}] * 6), 1001.0, False)
    shown.fold(batch(4, [{}] * 6), 1001.0, False)
    assert shown.scored == 10


def test_feedback_is_counted_apart() -> None:
    shown = view()
    shown.feedback_produced = 5
    shown.fold(batch(0, [{}] * 4), 1001.0, True)
    assert (shown.scored, shown.feedback) == (0, 4)
    assert "feedback: 4 of 5 read" in shown.totals()


def test_shares_are_of_what_could_be_judged_lately() -> None:
    shown = view()
    shown.fold(batch(0, [{"pii.any": 0.9}] * 10), 1001.0, False)
    shown.fold(batch(10, [{"pii.any": 0.9}, {"pii.any": 0.5}, {}, {}]), 1040.0, False)
    ((name, _, records, rate, shares),) = shown.figures(1041.0)
    assert (name, records) == ("bot", 14)
    assert rate == pytest.approx(4 / 30)
    assert shares == {
        "personal": 0.25, "secrets": 0.0, "ungrounded": None, "citations": None, "toxic": 0.0
    }  # fmt: skip


def test_throughput_is_by_second() -> None:
    shown = view()
    shown.fold(batch(0, [{}] * 3), 1008.2, False)
    shown.fold(batch(3, [{}] * 5), 1009.9, False)
    assert shown.per_second(1010.5)[-3:] == [0, 3, 5]
    assert sum(shown.per_second(1100.0)) == 0


def test_a_line_says_that_somebody_has_it() -> None:
    shown = view()
    assert [one.partition(": ")[0] for one in shown.change(incident(1))] == [
        f"opened high toxicity {shown.short(incident(1))}"
    ]
    taken = incident(1, revision=2, change="updated", state="acknowledged")
    (told,) = shown.change(taken)
    assert told.startswith("updated, acknowledged high toxicity ")


def test_a_new_incident_is_told_with_how_to_acknowledge_it() -> None:
    shown = View("broker", NOTES, 1000.0, "/tmp/demo/outwatch incident")
    opened, acknowledge = shown.change(incident(1, id="inc-abcd1"))
    assert opened.startswith("opened high toxicity inc-abcd: ")
    assert acknowledge == "acknowledge: /tmp/demo/outwatch incident ack inc-abcd"
    assert len(shown.change(incident(1, id="inc-abcd1", revision=2, change="updated"))) == 1
    over = incident(2, id="inc-ffff2", state="resolved", change="resolved")
    assert len(shown.change(over)) == 1
    assert len(view().change(incident(1))) == 1


@pytest.mark.parametrize(
    ("severities", "named"),
    [
        (("high", "high"), 2),
        (("critical", "high"), 1),
        (("critical", "critical", "high"), 2),
        (("low", "high", "low"), 2),
    ],
)
def test_the_worst_that_nobody_has_is_named(severities: tuple[Severity, ...], named: int) -> None:
    shown = View("broker", NOTES, 1000.0, "outwatch incident")
    for number, severity in enumerate(severities, 1):
        shown.change(incident(number, id=f"inc-abcd{number}", severity=severity))
    taken = incident(9, id="inc-abcd9", severity="critical", state="acknowledged")
    shown.change(taken)
    assert shown.foot()[0] == f"ack: outwatch incident ack inc-abcd{named}"


def test_each_incident_stands_with_its_short_id() -> None:
    shown = view()
    for number in (1, 2):
        shown.change(incident(number, id=f"inc-abcd{number}"))
    shown.change(incident(3, id="inc-ffff3", state="false_alarm"))
    text = "\n".join(screen(shown, 80, 24))
    for id_ in ("inc-abcd1", "inc-abcd2", "inc-ffff"):
        assert f" {id_} " in text


def test_how_to_acknowledge_ends_with_the_last_that_nobody_has() -> None:
    shown = View("broker", NOTES, 1000.0, "/tmp/demo/outwatch incident")
    assert shown.foot() == NOTES
    for number in (1, 2):
        shown.change(incident(number, id=f"inc-abcd{number}"))
        shown.change(incident(number, id=f"inc-abcd{number}", revision=2, change="updated"))
    assert shown.foot() == ("ack: /tmp/demo/outwatch incident ack inc-abcd2", *NOTES)
    shown.change(incident(2, id="inc-abcd2", revision=3, state="acknowledged", change="updated"))
    shown.change(incident(1, id="inc-abcd1", revision=3, state="resolved", change="resolved"))
    assert shown.foot() == NOTES


def test_newer_revisions_replace_older_ones() -> None:
    shown = view()
    shown.change(incident(1, revision=2, change="resolved", state="resolved"))
    shown.change(incident(1))
    assert [i.state for i in shown.standing()] == ["resolved"]


def test_withdrawn_incidents_are_not_shown() -> None:
    shown = view()
    shown.change(incident(1))
    shown.change(incident(1, revision=2, change="withdrawn", state="withdrawn"))
    assert shown.standing() == []
    assert "none yet" in "\n".join(screen(shown, 80, 24))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60), (60, 20)])
@pytest.mark.parametrize("incidents", [0, 3, 40])
def test_the_screen_fits(width: int, height: int, incidents: int) -> None:
    shown = view()
    for name in ("support-bot", "search-assistant", "hr-helper", "code-helper", "writing-coach"):
        shown.fold(batch(0, [{"pii.any": 0.9}] * 4, name), 1005.0, False)
    for number in range(incidents):
        shown.change(incident(number))
    lines = screen(shown, width, height)
    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert lines[-1].startswith(NOTES[-1][: width - 1])


@pytest.mark.parametrize("width", [80, 100])
def test_every_column_can_be_read(width: int) -> None:
    shown = view()
    shown.fold(batch(0, [{}], "search-assistant"), 1005.0, False)
    text = "\n".join(screen(shown, width, 24))
    for column in ("search-assistant", "answers", *SIGNALS):
        assert column in text


def test_the_newest_incidents_are_on_top_and_the_rest_counted() -> None:
    shown = view()
    for number in range(40):
        shown.change(incident(number))
    text = "\n".join(screen(shown, 100, 24))
    assert "bot 39" in text
    assert "bot 0:" not in text
    assert "earlier" in text


def test_a_title_cannot_paint_the_screen() -> None:
    shown = view()
    shown.change(incident(1, title="[red]odd[/red] \x1b[31m title"))
    text = "\n".join(screen(shown, 100, 24))
    assert "[red]odd[/red]" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("values", "bars"), [([], ""), ([0, 0], "▁▁"), ([1, 1], "██"), ([0, 7, 14], "▁▄█")]
)
def test_bars(values: list[int], bars: str) -> None:
    assert sparkline(values) == bars
