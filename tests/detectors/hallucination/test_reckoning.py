"""Figures that answer a question: those that follow from the documents, and those that don't."""

from __future__ import annotations

import pytest

from detectors._text.words import stem
from detectors.hallucination import HallucinationDetector
from detectors.hallucination.answering import apart
from detectors.hallucination.grounding import Index
from detectors.hallucination.reckoning import asks_for_figure, figures_in, reckon
from tests.support.scoring import score

UNGROUNDED = "hallucination.ungrounded"

detector = HallucinationDetector()
detector.load()

TABLE = """Years ended 30 September
 | 2019 | 2018 | 2017
Boats | $ 1,452.4 | $ 1,146.2 | $ 1,036.9
Rafts | 44.1 | 56.7 | 70.8
Total sales | $1,496.5 | $1,202.9 | $1,107.7
Of 240 orders 18 were sent back. The yard has three cranes, and the hall holds 1,500 people."""

FOLLOWS = [
    ("What was the change in total sales from 2018 to 2019?", "293.6"),
    ("What was the change in total sales from 2018 to 2019?", "$293.6 million"),
    ("By how much per cent did sales of boats grow in 2019?", "26.71%"),
    ("What was the percentage change in rafts in 2019?", "-22.22%"),
    ("What is the average of sales of rafts in 2018 and 2019?", "50.4"),
    ("What is the average of sales of rafts over the three years?", "57.2"),
    ("What is the ratio of boats to rafts in 2019?", "32.9"),
    ("What share of orders was sent back?", "7.5%"),
    ("How many orders weren't sent back?", "222"),
    ("How much were total sales in 2019?", "$1,496.5 million"),
    ("How much were total sales in 2019?", "They were 1496.5."),
]
DOES_NOT = [
    ("What was the change in total sales from 2018 to 2019?", "287.3"),
    ("By how much per cent did sales of boats grow in 2019?", "41.88%"),
    ("What is the average of sales of rafts over the three years?", "61.9"),
    ("What share of orders was sent back?", "11.3%"),
    ("How much were total sales in 2019?", "$1,946.5 million"),
    ("How many orders weren't sent back?", "231"),
]


@pytest.mark.parametrize(("question", "answer"), FOLLOWS)
def test_figures_that_follow_are_let_through(question: str, answer: str) -> None:
    assert score(detector, answer, context=(TABLE,), prompt=question).scores[UNGROUNDED] < 0.4


@pytest.mark.parametrize(("question", "answer"), DOES_NOT)
def test_figures_that_do_not_follow_fire(question: str, answer: str) -> None:
    assert score(detector, answer, context=(TABLE,), prompt=question).scores[UNGROUNDED] > 0.5


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "What was the change in total sales?",
            "It fell by 293.6 because of the strike in Bremen.",
        ),
        ("Who founded the yard?", "Harald Quistorp, in 293.6"),
    ],
)
def test_what_else_an_answer_claims_is_judged_still(question: str, answer: str) -> None:
    assert score(detector, answer, context=(TABLE,), prompt=question).scores[UNGROUNDED] > 0.4


def test_a_small_number_may_have_been_counted_where_one_asks_how_many() -> None:
    index = Index([TABLE])
    counted = reckon("7", "How many boats were there?", index)
    assert counted is not None
    assert (counted.follows, counted.may_be) == (False, True)
    measured = reckon("7", "How much did it grow?", index)
    assert measured is not None
    assert (measured.follows, measured.may_be) == (False, False)


LEAFLET = """The ferry costs 25 euros, and 20 euros for pupils. Tickets may be given back within 14
days. A card is for three people. Dogs, cats and goats are carried too."""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much does the ferry cost?", "45 euros"),
        ("How much does the ferry cost?", "It costs 22.50 euros."),
        ("How many days do I have to give a ticket back?", "10 days"),
        ("How many people is a card for?", "5"),
        ("What is the price for pupils?", "15 euros"),
    ],
)
def test_what_the_documents_give_otherwise_neither_follows_nor_was_counted(
    question: str, answer: str
) -> None:
    found = reckon(answer, question, Index([LEAFLET]))
    assert found is None or (found.follows, found.may_be) == (False, False)


def test_what_the_documents_only_name_may_have_been_counted() -> None:
    found = reckon("4", "How many animals are carried?", Index([LEAFLET]))
    assert found is not None
    assert (found.follows, found.may_be) == (False, True)


def test_among_very_many_figures_nothing_follows_for_sure() -> None:
    rows = [f"row {n} | {n * n % 997} | {n * 37 % 991} | {n * 61 % 983}" for n in range(10, 190)]
    index = Index(["\n".join(rows)])
    for answer in ("412", "1,503", "12.37%"):
        found = reckon(answer, "What was the change?", index)
        assert found is not None
        assert (found.follows, found.may_be) == (False, True)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Who built it?", "293.6"), ("How much was it?", "A lot"), ("How much was it?", "5 " * 200)],
)
def test_nothing_is_reckoned_without_a_question_for_figures(question: str, answer: str) -> None:
    assert reckon(answer, question, Index([TABLE])) is None


@pytest.mark.parametrize(
    ("text", "amounts"),
    [("$ 1,452.4 and (3.5)%", [1452.4, 3.5]), ("12 per cent of 1,000,000", [12.0, 1e6]),
     ("v1.2.3, B52 and 3rd", []), ("−4.5 or -2", [4.5, 2.0]), ("", [])],
)  # fmt: skip
def test_figures_are_read_whole(text: str, amounts: list[float]) -> None:
    assert [one.amount for one in figures_in(text)] == amounts


@pytest.mark.parametrize(
    ("question", "asks"),
    [("How much did it cost?", True), ("What was the growth in 2019?", True),
     ("What percentage is that?", True), ("Who won?", False), ("Where is the share kept?", True)],
)  # fmt: skip
def test_questions_for_figures(question: str, asks: bool) -> None:
    assert asks_for_figure(question) is asks


def test_an_answer_stands_apart_from_what_was_asked() -> None:
    index = Index([TABLE])
    asked = frozenset(map(stem, ("sales", "rafts")))
    near, far = (apart(said, asked, index, {}) for said in ("44.1", "240"))
    assert near is not None
    assert far is not None
    assert near < far
    assert apart("Bremen", asked, index, {}) is None
    assert apart("44.1", frozenset(), index, {}) is None
