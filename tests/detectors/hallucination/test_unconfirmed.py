"""Sources that nothing which the model was given has: counted, and said no more of than that."""

from __future__ import annotations

import pytest

from detectors.base import Batch, Message, Record
from detectors.hallucination import HallucinationDetector
from detectors.hallucination.unconfirmed import SIGNAL

NAMED = {
    "a paper": "Sleep debt adds up (Okonjo, R., & Valtari, M. (2017). Sleep debt in shift work."
    " Journal of Applied Physiology, 122(3), 410-418).",
    "a DOI": "The effect was first measured in 2015, see doi:10.1016/j.jbiomech.2015.04.012.",
    "a preprint": "The method is described in arXiv:1904.11234 and works on small graphs.",
    "a ruling": "The court held so in Harlan v. Meridian Freight, 512 F.3d 217 (7th Cir. 2008).",
    "a book": "All of this is in the handbook (ISBN 978-3-16-148410-0), chapter four.",
    "a study by its number": "Two cups a day are fine (PMID: 23456789), at least for adults.",
}
NONE = {
    "no source": "Two cups a day are fine for most adults, and for some even three.",
    "a standard": "HTTP/2 was defined in RFC 7540 and replaced by RFC 9113.",
    "a weakness": "Upgrade at once: CVE-2021-44228 is being exploited.",
    "a page": "Opening hours are at https://museum.city.org/visit.",
    "a price": "That's 10.5 euros a month, billed on the 1st (see page 3).",
    "code": "Import it with `from journal import Review` and call `Review(2019)`.",
}


def score(output: str, **fields: object) -> tuple[float, list[str]]:
    """The score, and the texts of what was found."""
    detector = HallucinationDetector()
    detector.load()
    [found] = detector.score(Batch([Record(record_id="r", output=output, **fields)]))  # type: ignore[arg-type]
    spans = [one for one in found.findings if one.signal == SIGNAL]
    assert all("nothing that the model was given" in one.reason for one in spans)
    return found.scores[SIGNAL], [output[one.start : one.end] for one in spans]


@pytest.mark.parametrize("answer", NAMED.values(), ids=NAMED)
def test_a_source_that_was_not_given_counts(answer: str) -> None:
    found, spans = score(answer)
    assert 0.1 < found < 0.5
    assert len(spans) == 1


@pytest.mark.parametrize("answer", NONE.values(), ids=NONE)
def test_what_is_no_source_does_not(answer: str) -> None:
    assert score(answer) == (0.0, [])


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(
            {"context": ("Measured in doi:10.1016/j.jbiomech.2015.04.012.",)}, id="papers"
        ),
        pytest.param({"prompt": "What is 10.1016/J.JBIOMECH.2015.04.012 about?"}, id="prompt"),
        pytest.param({"system_prompt": "Cite 10.1016/j.jbiomech.2015.04.012."}, id="system"),
        pytest.param(
            {"messages": (Message("user", "I read 10.1016/j.jbiomech.2015.04.012."),)}, id="before"
        ),
    ],
)
def test_what_the_model_was_given_is_confirmed(fields: dict[str, object]) -> None:
    assert score(NAMED["a DOI"], **fields) == (0.0, [])


def test_what_the_model_said_before_confirms_nothing() -> None:
    said = (Message("assistant", NAMED["a DOI"]), Message("user", "And where?"))
    assert score(NAMED["a DOI"], messages=said)[0] > 0


def test_more_sources_score_higher_and_each_is_shown() -> None:
    one = score(NAMED["a preprint"])[0]
    two, spans = score(f"{NAMED['a preprint']}\n{NAMED['a ruling']}")
    all_six, every = score("\n".join(NAMED.values()))
    assert one < two < all_six < 1.0
    assert (len(spans), len(every)) == (2, 6)


def test_parts_of_one_reference_are_one_source() -> None:
    whole = (
        "1. Okonjo, R. (2017). Sleep debt in shift work. Journal of Applied Physiology, 122(3),"
        " 410-418. doi:10.1152/japplphysiol.00123.2017"
    )
    assert len(score(whole)[1]) == 1
