"""Claims about hours, prices, terms and steps: what stands, what is new, what is contrary."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.hallucination.borne_out import Verdict
from detectors.hallucination.clauses import Documents
from detectors.hallucination.conflicts import against
from detectors.hallucination.grounding import Index
from detectors.hallucination.register import instructs

POOL = (
    "The pool is open Monday to Friday from 9:00 to 20:00 and on Saturday from 10:00 to 18:00. It "
    "is closed on Sundays. Adults pay £6.80 and pensioners £4.20. Last admission is 45 minutes "
    "before closing. Do not run on the wet tiles. Lockers are free. Guests may bring one visitor "
    "only with consent. The season lasts from 3 to 17 August.",
)
documents = Documents(Index(POOL))


def unlike(words: Sequence[str]) -> list[float]:
    return [0.0] * len(words)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("On weekdays you can swim until eight in the evening.", Verdict.BORNE_OUT),
        ("On Saturdays it doesn't open until ten.", Verdict.BORNE_OUT),
        ("It is shut on Sundays.", Verdict.BORNE_OUT),
        ("On weekdays be in by 19:15.", Verdict.BORNE_OUT),
        ("The lockers cost nothing.", Verdict.BORNE_OUT),
        ("The season is about two weeks long.", Verdict.BORNE_OUT),
        ("Both together come to £11.00.", Verdict.OPEN),
        ("Adults pay £8.60.", Verdict.OPEN),
        ("On Saturdays it closes at 20:00.", Verdict.REFUTED),
        ("It is open on Sundays.", Verdict.REFUTED),
        ("It is open every day.", Verdict.REFUTED),
        ("You can run on the wet tiles.", Verdict.REFUTED),
        ("Ask for Penelope at the desk.", Verdict.OPEN),
        ("There are also slides, saunas, fountains and a restaurant.", Verdict.OPEN),
        ("Guests may always bring one visitor.", Verdict.REFUTED),
        ("I swim there on Saturdays.", Verdict.OPEN),
    ],
)
def test_claims(claim: str, verdict: Verdict) -> None:
    assert against(claim, documents, "Tell me about the pool.", unlike) is verdict


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ("Three adults pay £20.40.", "What do 3 adults pay?"),
        ("That is £2.60 less than the £6.80 for adults.", "What do pensioners save?"),
    ],
)
def test_what_follows_from_figures_and_the_question_stands(claim: str, question: str) -> None:
    assert against(claim, documents, question, unlike) is Verdict.BORNE_OUT


def test_likeness_makes_a_word_known() -> None:
    claim = "There are slides, saunas, fountains and a restaurant."
    assert against(claim, documents, "", lambda words: [1.0] * len(words)) is Verdict.BORNE_OUT


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_any_text_is_taken(claim: str, document: str, question: str) -> None:
    found = against(claim, Documents(Index([document])), question, unlike)
    assert found in (Verdict.BORNE_OUT, Verdict.OPEN, Verdict.REFUTED)


INSTRUCTING = {
    "hours and prices": list(POOL),
    "steps": [
        "Hold the button on the back until the light flashes. Open the app. Tap the plus sign. "
        "Enter your password."
    ],
    "two sentences": ["The shop is open Monday to Friday, 9:00 to 18:00. A repair costs 25 euros."],
    "an order": [
        "Order ORD-20931 was placed on 4 May and had two items. It was shipped on 6 May. The total "
        "was €89.70 and it was paid by card."
    ],
    "german": [
        "Das Büro ist montags von 8 bis 12 Uhr geöffnet. Ein Reisepass kostet 70 Euro. Bringen Sie "
        "ein Foto mit."
    ],
}
TELLING = {
    "encyclopaedia": [
        "The Augusta Canal was built in 1845 to supply Augusta with water from the Savannah River. "
        "William Phillips led the works. It was enlarged in 1875 under Olmstead."
    ],
    "news": [
        "Mayor Ellen Brook said on Monday that Fairview had lost 40 % of its jobs. The council "
        "became involved after Carter Mills was closed. Residents had protested for two weeks."
    ],
    "business": [
        "Sales rose to $1.65 billion in the quarter. We expect costs to rise by 4 %. You can see "
        "that on slide 6."
    ],
    "one fact": ["Hiking is a long walk on trails in the countryside."],
    "nothing": [""],
}


@pytest.mark.parametrize("texts", INSTRUCTING.values(), ids=INSTRUCTING.keys())
def test_documents_that_instruct(texts: list[str]) -> None:
    assert instructs([passage.text for passage in Index(texts).passages])


@pytest.mark.parametrize("texts", TELLING.values(), ids=TELLING.keys())
def test_documents_that_tell(texts: list[str]) -> None:
    assert not instructs([passage.text for passage in Index(texts).passages])
