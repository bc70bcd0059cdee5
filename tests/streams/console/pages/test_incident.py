from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pytest
from kafka.errors import KafkaTimeoutError

from streams.console.feed import Standing
from streams.errors import OutwatchError
from streams.incidents.statements.phase import AUDIENCES
from streams.kafka.acts import NoAnswer
from streams.kafka.send import NotSent
from streams.place import Place
from streams.records import ActKind, Incident, PageNote
from tests.support.console import NOW, Room, batch, incident
from tests.support.hostile_texts import TEXTS, filled, problems
from tests.support.told_incident import PRIVATE

PAGE = "/incident/inc-1"


def act(made: Room, client: Any, kind: str, **fields: str) -> Any:
    """Sends a form of the page as it is now, unless `fields` say otherwise."""
    given = {
        "csrf": fields.get("csrf") or made.csrf(client, PAGE),
        "incident": "inc-1",
        "revision": str(made.incident().revision),
    }
    return client.post(f"/acts/{kind}", data=given | fields)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_it_is_told_in_the_words_of_an_audience(made: Room, audience: str) -> None:
    made.put(incident("personal-data-leak"))
    with made.browser() as client:
        text = client.get(f"{PAGE}?for={audience}").text
    said = text[text.index('id="said"') : text.index('id="signal"')]
    names = [one for one in PRIVATE.values() if one in said]
    assert bool(names) is (audience in ("engineer", "legal"))


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({"state": "open", "resolved_at": None}, True),
        ({"severity": "high"}, True),
        ({"severity": "critical"}, True),
        ({"severity": "low"}, False),
        ({"state": "withdrawn"}, False),
        ({"merged_into": "inc-2"}, False),
    ],
)
def test_what_nobody_looked_at_can_be_acknowledged(
    made: Room, fields: dict[str, Any], offered: bool
) -> None:
    given: dict[str, Any] = {
        "state": "resolved",
        "severity": "high",
        "resolved_at": NOW - 60,
        "acts": [],
    }
    made.put(incident("drift", **given | fields))
    with made.browser() as client:
        text = client.get("/incident/inc-1").text
    assert ("data-acknowledge" in text) is offered


@pytest.mark.parametrize(
    ("unwatched", "words"), [("", ""), ("all", "no longer watched"), ("changed", "change of rules")]
)
def test_what_a_change_of_rules_ended_can_be_resolved(
    made: Room, unwatched: str, words: str
) -> None:
    given: dict[str, Any] = {"state": "resolved", "resolved_at": NOW - 60, "acts": []}
    made.put(incident("drift", **given, unwatched=unwatched))
    with made.browser() as client:
        text = client.get(PAGE).text
        assert words in text
        assert ('id="f-resolve"' in text) is bool(unwatched)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/incident/inc-none", "Not found"),
        ("/postmortem/inc-none", "Not found"),
        ("/contain/inc-none", "Not found"),
        ("/nowhere", "Not here"),
    ],
)
def test_what_isnt_there_to_be_looked_at_is_called_so(made: Room, path: str, heading: str) -> None:
    with made.browser() as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert f"<h1>{heading}</h1>" in answer.text


def test_a_form_that_is_refused_has_done_nothing(made: Room) -> None:
    made.put(incident("drift"))
    with made.browser() as client:
        assert "<h1>Nothing was done</h1>" in act(made, client, "note", revision="x").text


def test_an_id_that_led_there_leads_there(made: Room) -> None:
    made.put(incident("drift", id="inc-0", replaced_by="inc-1", state="withdrawn"))
    made.put(incident("drift"))
    with made.browser() as client:
        assert "inc-0 goes on as inc-1." in client.get("/incident/inc-0").text
        assert client.get("/incident/inc-nope").status_code == 404
        assert client.get("/incident/a%2Fb%22%3E").status_code == 404


def test_the_signal_is_drawn_with_its_limit_and_marks(made: Room) -> None:
    made.put(incident("drift", revision=3))
    for minute in range(-40, 1):
        made.put(
            batch(
                *[0.9] * 3,
                0.1,
                signal=made.incident().rules[0].signal,
                at=NOW + minute * 60,
                first=1_000 + minute * 10,
                row=lambda _, m=minute: {"model_version": "new" if m > -15 else "old"},
            )
        )
    with made.browser() as client:
        act(made, client, "acknowledge")
        text = client.get(PAGE).text
    assert 'class="line"' in text
    assert "model version new" in text
    assert "model version old" not in text
    assert "acknowledged by dana" in text


class TestActs:
    KINDS: tuple[tuple[ActKind, dict[str, str], str], ...] = (
        ("acknowledge", {}, "acknowledged"),
        ("contain", {"text": "rolled back"}, "contained"),
        ("resolve", {"text": "fixed"}, "resolved"),
        ("false_alarm", {"reason": "expected"}, "false_alarm"),
        ("note", {"text": "a test"}, "open"),
        ("assign", {"assignee": "bo"}, "open"),
        ("severity", {"severity": "low"}, "open"),
        ("aware", {"clock": "gdpr-33", "text": "seen"}, "open"),
        ("set_aside", {"clock": "gdpr-33", "text": "no people"}, "open"),
        ("statement_sent", {"clock": "gdpr-33", "text": "to them"}, "open"),
    )

    @pytest.mark.parametrize(("kind", "fields", "state"), KINDS, ids=[k for k, _, _ in KINDS])
    def test_each_is_sent_and_said(
        self, made: Room, kind: ActKind, fields: dict[str, str], state: str
    ) -> None:
        made.put(incident("personal-data-leak", state="open", acts=[]))
        with made.browser() as client:
            answer = act(made, client, kind, **fields)
        assert answer.status_code == 200, answer.text
        assert [(one.kind, one.actor) for one in made.acts] == [(kind, "dana")]
        assert made.incident().state == state
        assert 'class="done"' in answer.text
        assert [one["what"] for one in made.written_down()] == [kind]

    def test_a_merger_says_into_which(self, made: Room) -> None:
        made.put(incident("drift"), incident("drift", id="inc-2", page_key="inc-2"))
        with made.browser() as client:
            act(made, client, "merge", into="inc-2")
        assert made.acts[0].into == "inc-2"

    def test_no_merger_across_deployments(self, made: Room) -> None:
        made.put(incident("drift"), incident("drift", id="inc-2", group={"deployment": "other"}))
        with made.browser() as client:
            assert "another deployment" in act(made, client, "merge", into="inc-2").text
        assert made.acts == []

    def test_a_stale_one_is_refused_with_what_changed(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            before = made.incident().revision
            act(made, client, "resolve", text="mended")
            answer = act(made, client, "false_alarm", reason="expected", revision=str(before))
        assert answer.status_code == 409
        assert f"since revision {before}, dana resolved it" in answer.text
        assert [one.kind for one in made.acts] == ["resolve"]
        assert [one["what"] for one in made.written_down()] == [
            "resolve",
            "false_alarm",
            "false_alarm refused",
        ]

    def test_by_the_figures_is_a_severity_to_choose(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            act(made, client, "severity", severity="by-figures", text="the figures know")
        assert [one.computed for one in made.acts] == [True]

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("resolve", {"text": "Rolled back to <atlas-6b>"}),
            ("false_alarm", {"reason": "expected", "text": "a load test"}),
            ("assign", {"assignee": "bo"}),
        ],
    )
    def test_a_refused_one_keeps_what_was_filled_in(
        self, made: Room, kind: str, fields: dict[str, str]
    ) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            before = made.incident().revision
            act(made, client, "severity", severity="low", text="it is less")
            answer = act(made, client, kind, revision=str(before), **fields)
            assert answer.status_code == 409
            assert 'href="/incident/inc-1"' in answer.text
            form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
            form |= dict(re.findall(r'name="(\w+)" rows="6">([^<]*)<', answer.text))
            again = {name: html.unescape(value) for name, value in form.items()}
            assert again.items() >= fields.items()
            assert again["revision"] == str(made.incident().revision)
            assert client.post(f"/acts/{kind}", data=again).status_code == 200
        assert [one.kind for one in made.acts] == ["severity", kind]

    def test_one_that_holds_what_is_private_can_be_put_right(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            answer = act(made, client, "note", text="it leaked ada@real-mail.example to bo")
        assert answer.status_code == 400
        assert ">it leaked ada@real-mail.example to bo</textarea>" in answer.text

    def test_somebody_goes_on_before_the_feed_has_their_act(self, made: Room) -> None:
        made.put(incident("drift", acts=[], state="open"))
        made.behind = True
        with made.browser() as client:
            for kind in ("acknowledge", "contain", "resolve"):
                assert act(made, client, kind, text="so it is").status_code == 200
        assert made.incident().state == "resolved"

    def test_one_sent_twice_counts_once(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            once = {"text": "one", "act": "a" * 32}
            act(made, client, "note", **once)
            answer = act(made, client, "note", **once)
        assert "It counted already" in answer.text
        assert len(made.acts) == 1

    @pytest.mark.parametrize(
        ("kind", "fields", "status", "said"),
        [
            ("false_alarm", {"reason": "none of them"}, 400, "needs a reason"),
            ("note", {"text": ""}, 400, "Nothing was sent"),
            ("note", {"text": "x" * 2_001}, 400, "Nothing was sent"),
            ("note", {"text": "it leaked ada@real-mail.example"}, 400, "looks"),
            ("acknowledge", {"revision": ""}, 400, "which revision"),
            ("acknowledge", {"revision": "-1"}, 400, "which revision"),
            ("acknowledge", {"revision": "9" * 30}, 400, "which revision"),
            ("acknowledge", {"revision": "900"}, 400, "no revision 900"),
            ("acknowledge", {"incident": "inc-none"}, 404, "no such incident"),
            ("reopen", {}, 409, "isn&#39;t over"),
            ("merge", {"into": "inc-1"}, 400, "itself"),
            ("merge", {}, 400, "into which"),
            ("severity", {"severity": "<b>"}, 400, "Choose a severity"),
            ("severity", {"severity": ""}, 400, "Choose a severity"),
            ("severity", {}, 400, "Choose a severity"),
            ("contain", {"text": ""}, 400, "how it was contained"),
            ("contain", {"text": " \n"}, 400, "how it was contained"),
            ("contain", {}, 400, "how it was contained"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, made: Room, kind: str, fields: dict[str, str], status: int, said: str
    ) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            answer = act(made, client, kind, **fields)
        assert answer.status_code == status
        assert said in answer.text
        assert made.acts == []

    @pytest.mark.parametrize(
        ("failure", "status", "said"),
        [
            (NotSent("Kafka is away. Start it"), 503, "Kafka is away. Start it."),
            (KafkaTimeoutError("secret"), 503, "so nothing was done"),
            (OutwatchError("refused"), 503, "refused."),
            (NoAnswer("no worker"), 200, "counts as soon as a worker answers"),
        ],
    )
    def test_what_sending_says_is_told(
        self, made: Room, failure: Exception, status: int, said: str
    ) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            made.fails = failure
            answer = act(made, client, "acknowledge")
        assert answer.status_code == status
        assert said in answer.text
        assert "secret" not in answer.text

    def test_kafka_away_refuses_them(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            token = made.csrf(client, PAGE)
            made.standing = Standing(away_since=NOW - 60, why="gone")
            assert 'action="/acts/' not in client.get(PAGE).text
            answer = act(made, client, "acknowledge", csrf=token)
        assert answer.status_code == 503
        assert "since 2026-09-21 14:12:20 UTC" in answer.text
        assert made.acts == []

    def test_what_cant_be_written_down_isnt_done(self, made: Room) -> None:
        made.put(incident("drift"))
        with made.browser() as client:
            token = made.csrf(client, PAGE)
            made.audit.mkdir()
            assert act(made, client, "acknowledge", csrf=token).status_code == 503
        assert made.acts == []

    def test_nobody_can_be_told_what_wasnt_done(self, made: Room) -> None:
        """What came of an act stands in the address, so only our own pages can write it."""
        made.put(incident("drift"))
        with made.browser() as client:
            text = client.get(f"{PAGE}?done=All+is+well").text
        assert "All is well" not in text


def test_a_step_is_ticked_by_a_note(made: Room) -> None:
    made.put(incident("personal-data-leak"))
    with made.browser() as client:
        before = client.get(PAGE).text
        note = before[before.index('name="text" value="Step done: ') + 19 :].split('"')[0]
        act(made, client, "note", text=note.replace("&#39;", "'"))
        after = client.get(PAGE).text
    assert "✓ done by <bdi>dana</bdi>" in after
    assert before.count("Step done: ") > after.count('value="Step done: ')


def test_what_the_pager_did_is_in_the_timeline(made: Room) -> None:
    made.put(incident("drift"))
    made.put(
        PageNote(kind="step", page_key="inc-1", incident="inc-1", at=NOW - 60, roles=["on-call"])
    )
    with made.browser() as client:
        assert "step 1 of the escalation for on-call" in client.get(PAGE).text


class TestOriginals:
    PLACE = Place("llm.outputs", 3, 1842)
    TEXT = "<script>alert(1)</script> ada's own words \u202e"

    def ask(self, made: Room, place: str = "llm.outputs/3/1842") -> Any:
        with made.browser() as client:
            data = {"csrf": made.csrf(client, PAGE), "place": place, "incident": "inc-1"}
            return client.post("/original", data=data)

    def test_one_is_shown_inert_and_that_is_written_down(self, made: Room) -> None:
        made.put(incident("drift"))
        made.originals[self.PLACE] = self.TEXT.encode()
        answer = self.ask(made)
        assert "ada&#39;s own words" in answer.text
        assert "<script>alert" not in answer.text
        assert "\u202e" not in answer.text
        (line,) = made.written_down()
        assert (line["who"], line["what"], line["about"]) == (
            "dana",
            "looks at an original",
            "llm.outputs/3/1842",
        )
        assert "own words" not in made.audit.read_text()

    def test_none_is_shown_that_cant_be_written_down(self, made: Room) -> None:
        made.put(incident("drift"))
        made.originals[self.PLACE] = self.TEXT.encode()
        made.audit.mkdir()
        answer = self.ask(made)
        assert answer.status_code == 503
        assert "own words" not in answer.text

    @pytest.mark.parametrize(
        ("place", "status"),
        [
            ("llm.outputs/3/1843", 404),
            ("llm.verdicts/0/1", 403),
            ("elsewhere/0/1", 403),
            ("nonsense", 400),
            ("", 400),
        ],
    )
    def test_others_are_refused(self, made: Room, place: str, status: int) -> None:
        made.put(incident("drift"))
        assert self.ask(made, place).status_code == status


class TestPostMortem:
    def test_it_is_read_and_downloaded(self, made: Room) -> None:
        made.put(incident("personal-data-leak"))
        with made.browser() as client:
            shown = client.get("/postmortem/inc-1")
            file = client.get("/postmortem/inc-1/file")
        assert "<h1>" in shown.text
        assert "<table>" in shown.text
        assert file.headers["content-disposition"].startswith("attachment")
        assert file.text.startswith("# ")

    def test_nobodys_markup_is_in_it(self, made: Room) -> None:
        made.put(
            incident(
                "drift", title="<img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](/x)"
            )
        )
        with made.browser() as client:
            text = client.get("/postmortem/inc-1").text
        written = text[text.index('class="written"') :]
        assert "<img" not in written
        assert "<a " not in written[: written.index("</article>")]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(
    "path", [PAGE, "/", "/search?q=inc", "/contain/inc-1", "/postmortem/inc-1"]
)
def test_whatever_an_incident_holds_is_inert(made: Room, text: str, path: str) -> None:
    text = text.encode("utf-8", "replace").decode()[:40_000]
    one = filled(Incident, text)
    for name, value in {
        "id": "inc-1", "page_key": "inc-1", "state": "open", "severity": "high",
        "replaced_by": None, "merged_into": None, "replaces": [], "merged": [],
    }.items():  # fmt: skip
        setattr(one, name, value)
    made.put(one)
    with made.browser() as client:
        answer = client.get(path)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    found = [one for one in problems(answer.text) if one != "a forged line"]
    assert found == []


def test_a_megabyte_of_text_is_cut(made: Room) -> None:
    made.put(incident("drift", title="x" * 1_000_000, summary="y" * 1_000_000))
    with made.browser() as client:
        for path in (PAGE, "/"):
            assert len(client.get(path).content) < 300_000


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_it_began_with_stands_under_what_happened_for_on_call(
    made: Room, audience: str
) -> None:
    told = incident("personal-data-leak")
    assert told.started_by is not None
    began = msgspec.structs.replace(told.started_by, excerpt="the [name] of it <b>")
    made.put(msgspec.structs.replace(told, started_by=began))
    with made.browser() as client:
        text = client.get(f"{PAGE}?for={audience}").text
    said = text[text.index('id="said"') : text.index('id="signal"')]
    assert ("the [name] of it &lt;b&gt;" in said) is (audience == "engineer")
    if audience == "engineer":
        assert said.index("[name]") < said.index("What is so")
        assert "What it began with, masked" in said


def test_where_the_first_record_has_no_excerpt_another_is_shown(made: Room) -> None:
    told = incident("personal-data-leak")
    assert told.started_by is not None
    bare = msgspec.structs.replace(told.started_by, excerpt="")
    another = msgspec.structs.replace(bare, excerpt="another")
    with made.browser() as client:
        for revision, (evidence, shown) in enumerate(
            (([bare, another], True), ([bare], False), ([], False)), told.revision
        ):
            changes = {"started_by": bare, "evidence": evidence, "revision": revision}
            made.put(msgspec.structs.replace(told, **changes))
            text = client.get(PAGE).text
            assert ("A record of it, masked" in text) is shown
            assert ('id="quoted"' in text) is shown


def test_the_evidence_stands_before_the_steps_and_links_lead_to_all_parts(made: Room) -> None:
    made.put(incident("personal-data-leak"))
    with made.browser() as client:
        text = client.get(PAGE).text
    assert text.index('id="evidence"') < text.index('id="todo"')
    jumps = re.findall(r'href="#([a-z]+)"', text[text.index('class="jump') :])
    assert "evidence" in jumps
    assert all(f'id="{one}"' in text for one in jumps)
