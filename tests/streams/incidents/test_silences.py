"""What a silence hides, and what it never does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.incidents.silences import (
    LONGEST_S,
    fits,
    hidden_by,
    hides,
    parse_matcher,
    problem,
    read_silence,
    state_of,
    written,
)
from streams.records import Incident, RuleFigures, Silence
from tests.streams.paging.conftest import build


def figures(rule: str) -> RuleFigures:
    return RuleFigures(
        rule=rule, condition="count", signal="a.x", value=1.0, threshold=0.0, records=1, above=1,
        window_start=0.0, window_end=1.0,
    )  # fmt: skip


def incident(*rules: str, **changes: Any) -> Incident:
    return build(rules=[figures(rule) for rule in rules or ("leaks",)], **changes)


def silence(*matchers: str, **changes: Any) -> Silence:
    given = {
        "silence_id": "s",
        "author": "ada",
        "reason": "v43 rolls out",
        "at": 100.0,
        "starts_at": 100.0,
        "ends_at": 200.0,
    } | changes
    return Silence(matchers=[parse_matcher(one) for one in matchers], **given)


@pytest.mark.parametrize(
    ("matchers", "fit"),
    [
        (["deployment=support-bot"], True),
        (["deployment=support"], False),
        (["deployment=~support-.*"], True),
        (["deployment=~support"], False),
        (["deployment!=other"], True),
        (["deployment!~support.*"], False),
        (["kind=secret-leak"], True),
        (['kind="secret-leak"'], True),
        (["kind=~.*-leak", "severity=high"], True),
        (["kind=~.*-leak", "severity=low"], False),
        (["rule=leaks"], True),
        (["rule=~leak.*"], True),
        (["rule!=leaks"], False),
        (["incident=inc-1"], True),
        (["incident=inc-0"], True),
        (["incident=inc-2"], False),
    ],
)
def test_matchers_are_those_of_amtool(matchers: list[str], fit: bool) -> None:
    assert fits(silence(*matchers), incident(replaces=["inc-0"])) is fit


def test_another_rule_that_nobody_silenced_is_news() -> None:
    two = incident("leaks", "canary")
    assert not fits(silence("rule=leaks"), two)
    assert not fits(silence("rule!=canary"), two)
    assert fits(silence("rule=~leaks|canary"), two)
    assert not fits(silence("rule=leaks"), build())


@pytest.mark.parametrize(
    ("matchers", "critical", "hidden"),
    [
        (["kind=secret-leak"], False, False),
        (["incident=inc-1"], False, False),
        (["rule=leaks"], False, False),
        (["incident=inc-1"], True, True),
        (["rule=leaks"], True, True),
        # A pattern is no name, whoever sent it.
        (["rule=~leaks"], True, False),
        (["kind=secret-leak"], True, False),
        (["rule!=canary", "kind=secret-leak"], True, False),
    ],
)
def test_what_is_critical_is_hidden_by_name_only(
    matchers: list[str], critical: bool, hidden: bool
) -> None:
    one = silence(*matchers, critical=critical)
    assert hides(one, incident(severity="critical"), 150.0) is hidden


def test_it_has_a_beginning_and_an_end() -> None:
    one = silence("kind=secret-leak")
    expected = {99.9: "pending", 100.0: "active", 199.9: "active", 200.0: "expired"}
    for now, state in expected.items():
        assert state_of(one, now) == state
        assert hides(one, incident(), now) is (state == "active")
    longer = silence("kind=secret-leak", silence_id="t", ends_at=300.0)
    assert hidden_by([longer, one], incident(), 150.0) == longer


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": " "}, "reason"),
        ({"author": ""}, "who silences"),
        ({"matchers": []}, "from 1 to"),
        ({"matchers": [parse_matcher("deployment=~.*")]}, "hide everything"),
        ({"matchers": [parse_matcher("deployment!=x")]}, "hide everything"),
        ({"ends_at": 99.0}, "ends before"),
        ({"ends_at": 100.0 + LONGEST_S + 1}, "90 days"),
        ({"ends_at": float("inf")}, "a time"),
        ({"critical": True}, "by name only"),
        ({"reason": "mail jo@corp.example"}, "an e-mail address"),
        ({"reason": "x" * 501}, "500"),
        ({"silence_id": ""}, "no id"),
    ],
)
def test_a_silence_that_cannot_be_is_refused(changes: dict[str, Any], says: str) -> None:
    good = silence("kind=secret-leak")
    assert problem(good) == ""
    assert says in problem(msgspec.structs.replace(good, **changes))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind", "is written"),
        ("playbok=x", "can't be on that"),
        ("rul=x", "Did you mean rule?"),
        ("rule=~[", "no regular expression"),
        ("rule=" + "x" * 201, "200"),
    ],
)
def test_a_matcher_with_a_mistake_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", "[?]")):
        parse_matcher(text)


def test_it_is_told_from_acts() -> None:
    one = silence("kind=secret-leak")
    assert read_silence(msgspec.json.encode(one)) == one
    assert read_silence(b'{"act_id": "a", "silence_id": 1}') is None
    assert read_silence(b"poison") is None
    assert read_silence(None) is None
    assert [written(parse_matcher(text)) for text in ("rule=~a|b", 'kind!="x y"')] == [
        'rule=~"a|b"',
        'kind!="x y"',
    ]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (silence("deployment=jo@corp.example"), "what it matches"),
        (silence("incident=4539542274725285"), "what it matches"),
        (silence("kind=drift", author="card 4539542274725285"), "its author's name"),
        (silence("kind=drift", reason="the password is swordfish"), "its reason"),
    ],
    ids=["deployment", "incident", "author", "reason"],
)
def test_no_silence_carries_what_is_private(given: Silence, where: str) -> None:
    wrong = problem(given)
    assert wrong.startswith(where)
    assert not any(word in wrong for word in ("corp", "4539", "swordfish"))


def test_an_author_may_be_an_address() -> None:
    assert problem(silence("kind=drift", author="jo@corp.example")) == ""
