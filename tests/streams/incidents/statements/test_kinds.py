"""Kinds of incidents: every playbook has its sentences, and each is found by what it is."""

from __future__ import annotations

import pytest

from streams.incidents.statements.banned import banned
from streams.incidents.statements.glossary import glossary, kind_named, known_words, term_named
from streams.incidents.statements.kinds import OTHER, kind_of, kinds
from streams.records import RuleFigures
from streams.rules.load import default_rules
from tests.support.reading import grade, syllables
from tests.support.told_incident import incident


def figures(signal: str) -> RuleFigures:
    return RuleFigures(
        rule="r",
        condition="rate_above",
        signal=signal,
        value=1.0,
        threshold=0.5,
        records=1,
        above=1,
        window_start=0.0,
        window_end=1.0,
    )


def test_each_playbook_of_the_default_rules_has_sentences() -> None:
    assert {rule.playbook for rule in default_rules().rules} <= set(kinds())


def test_each_default_rule_is_of_a_kind_of_its_own_by_its_signal_too() -> None:
    for rule in default_rules().rules:
        strange = incident("our-own-book", rules=[figures(rule.signal)])
        assert kind_of(strange) != OTHER, rule.signal
        usual = kind_of(incident(rule.playbook, rules=[figures(rule.signal)]))
        assert usual in (rule.playbook, kind_of(strange)), rule.id


@pytest.mark.parametrize(
    ("playbook", "signals", "kind"),
    [
        ("persona", ["persona.existential"], "existential"),
        ("persona", ["persona.aggression"], "hostility"),
        ("persona", ["persona.existential", "persona.sassiness"], "persona"),
        ("jailbreak", ["harm.illegal"], "harm-illegal"),
        ("jailbreak", ["jailbreak.success", "harm.illegal"], "jailbreak"),
        ("hallucination-rate", ["hallucination.citation"], "invented-sources"),
        ("hallucination-rate", ["hallucination.unconfirmed"], "unconfirmed-sources"),
        (
            "hallucination-rate",
            ["hallucination.citation", "hallucination.unconfirmed"],
            "invented-sources",
        ),
        ("hallucination-rate", [], "hallucination-rate"),
        ("threat", ["toxicity.threat"], "threat"),
        ("my-book", ["toxicity.threat"], "threat"),
        ("my-book", ["toxicity.insult"], "toxicity"),
        ("my-book", ["pii.any", "pii.credit_card"], "personal-data-leak"),
        ("my-book", ["pii.any", "secrets.any"], OTHER),
        ("my-book", ["acme.new"], OTHER),
        ("", [], OTHER),
    ],
)
def test_the_kind_is_that_of_all_its_rules(playbook: str, signals: list[str], kind: str) -> None:
    assert kind_of(incident(playbook, rules=[figures(one) for one in signals])) == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("threatens a user", "threat"),
        ("falls in love", "romance"),
        ("becomes existential", "existential"),
        ("leaks", "personal-data-leak"),
        ("invents", "hallucination-rate"),
        ("insults", "toxicity"),
        ("sells for $1", "unauthorised-commitment"),
        ("jailbreak", "jailbreak"),
        ("Persona-Drift", "persona"),
        ("haiku mode", "format-takeover"),
    ],
)
def test_a_kind_is_found_by_what_people_call_it(word: str, kind: str) -> None:
    found = kind_named(word)
    assert found is not None
    assert found[0] == kind


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("hallucinating", "hallucination"),
        ("prompt injection", "prompt injection"),
        ("ADVERSARIAL", "adversarial"),
        ("drift", "drift"),
        ("leakage in embeddings", "leakage in embeddings"),
        ("embeddings", "leakage in embeddings"),
        ("temperature", "temperature"),
        ("red-team", "red team"),
    ],
)
def test_a_word_is_explained(word: str, term: str) -> None:
    found = term_named(word)
    assert found is not None
    assert found.term == term


def test_no_word_means_two_things_of_one_sort() -> None:
    assert term_named("no such word") is None
    assert kind_named("no such word") is None
    for names in (
        [w for one in glossary().values() for w in (one.term, *one.known_as)],
        [w for name, one in kinds().items() for w in (name, *one.known_as)],
    ):
        plain = [one.casefold().replace("-", " ") for one in names]
        assert sorted({one for one in plain if plain.count(one) > 1}) == []
    assert set(names) <= set(known_words())


def test_explanations_are_as_plain_as_statements() -> None:
    for one in glossary().values():
        text = " ".join((one.means, one.for_us, one.ask))
        assert grade(text) <= 9, one.term
        assert not banned(f"{text} {one.say}"), one.term
        # Nobody is helped by one foreign word for another.
        assert one.term.casefold() not in one.say.casefold()
    for name, kind in kinds().items():
        assert set(kind.terms) <= set(glossary()), name
        texts = (kind.risk, kind.advice, *kind.decide, *kind.legal, *kind.never)
        for text in texts:
            assert text[0].isupper(), text
            assert text[-1] in ".?!", text
        # It follows "that" and "whether".
        assert kind.what[0].islower(), name
        assert kind.what[-1] not in ".?!", name
        # Only an incident has numbers.
        assert not any(letter.isdigit() for letter in " ".join((kind.what, *texts))), name


@pytest.mark.parametrize(
    "text",
    [
        "The AI decided to reply.",
        "The model has just decided that.",
        "It went rogue.",
        "The bot hallucinated a refund.",
        "We take your privacy very seriously.",
        "We take the security of our users seriously.",
        "This is unprecedented.",
        "It is regrettable.",
        "There is no\nevidence that anybody was harmed.",
        "This was an isolated case.",
        "A small number of users met it.",
        "It was a glitch.",
        "It will never happen again.",
        "We will tell you shortly.",
    ],
)
def test_what_is_banned(text: str) -> None:
    assert banned(text)


@pytest.mark.parametrize(
    "text",
    [
        "We have confirmed that answers of our AI assistant held insults.",
        "The team decided to switch it off.",
        "We know of 12 users so far.",
        "Evidence is kept.",
    ],
)
def test_what_is_not_banned(text: str) -> None:
    assert banned(text) == []


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("answers", 2),
        ("people", 2),
        ("confirmed", 2),
        ("everything", 4),
        ("language", 2),
        ("serious", 3),
        ("created", 3),
        ("changed", 1),
        ("sources", 2),
        ("idea", 3),
        ("something", 2),
        ("authority", 4),
    ],
)
def test_syllables_as_they_are_spoken(word: str, number: int) -> None:
    assert syllables(word) == number


def test_a_hard_text_has_a_high_grade() -> None:
    assert grade("The cat sat on the mat. It was a sunny day.") < 2
    law = "The controller shall without undue delay communicate the personal data breach to the"
    assert grade(f"{law} supervisory authority competent in accordance with the regulation.") > 14
