"""A report as plain English: spelling mended, short forms written out, three languages by word."""

from __future__ import annotations

import pytest

from streams.triage.english import LONGEST, language_of, sentences


def plain(report: str) -> str:
    return " | ".join(one.text for one in sentences(report))


@pytest.mark.parametrize(
    ("report", "english"),
    [
        ("It thretened a custmer", "it threatened a customer"),
        ("teh bot cant stop", "the bot can not stop"),
        ("it doesn't threaten u", "it does not threaten you"),
        ("No-one was hurt.", "no - one was hurt ."),
        ("complaint No. 12", "complaint no . 12"),
        ("Niemand wurde bedroht.", "nobody was threatened ."),
        ("Nadie fue amenazado.", "nobody was threatened ."),
        ("Personne n'a été menacé.", "nobody not has was threatened ."),
        ("see https://a.example/x?y and jo@a.example", "see and"),
    ],
)
def test_a_report_in_plain_english(report: str, english: str) -> None:
    assert plain(report) == english


@pytest.mark.parametrize(
    ("report", "language"),
    [
        ("The bot is weird today", ""),
        ("Der Bot ist heute komisch", "de"),
        ("El bot está raro hoy", "es"),
        ("Le bot est bizarre aujourd'hui", "fr"),
        ("", ""),
    ],
)
def test_the_language(report: str, language: str) -> None:
    assert language_of(report) == language


def test_what_is_cited_and_what_is_asked() -> None:
    (one,) = sentences('It said "I will find you. Soon." to me.')
    assert one.cites == ("I will find you. Soon.",)
    asked, told = sentences("Did it threaten her? It did.")
    assert (asked.asks, told.asks) == (True, False)


def test_a_word_that_is_known_is_no_slip() -> None:
    assert plain("treat the thread") == "treat the thread"


def test_what_is_too_long_is_left_out() -> None:
    assert len(plain("word " * LONGEST)) <= LONGEST
