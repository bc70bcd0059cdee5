"""Entries of BibTeX whose fields go together stay quiet; those at odds with themselves don't."""

from __future__ import annotations

import pytest

from detectors.hallucination import HallucinationDetector
from detectors.hallucination.bibtex import entries_in, title_spans
from detectors.hallucination.meetings import edition, misfit, registrant_is_strange
from tests.support.scoring import score

CITATION = "hallucination.citation"
NOVEMBER_2026 = 1_795_000_000.0

detector = HallucinationDetector()
detector.load()


def citation(answer: str, **fields: object) -> float:
    found = score(detector, answer, **{"event_time": NOVEMBER_2026, **fields}).scores
    return found.get(CITATION, 0.0)


def entry(kind: str = "inproceedings", key: str = "ref1", **fields: str) -> str:
    given = {
        "title": "Sparse Kernels for Long Sequences",
        "author": "Lindqvist, Maja and Oyelaran, Tunde and Ito, Kenji",
        "year": "2020",
    } | fields
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in given.items())
    return f"@{kind}{{{key},\n{lines}\n}}"


GOES_TOGETHER = {
    "ordinal of its year": entry(
        booktitle="Proceedings of the 37th International Conference on Machine Learning"
    ),
    "ordinal in words": entry(
        booktitle="Thirty-Fourth Conference on Neural Information Processing Systems"
    ),
    "volume of its year": entry(
        booktitle="Advances in Neural Information Processing Systems", volume="33"
    ),
    "met every other year": entry(booktitle="European Conference on Computer Vision"),
    "met that year": entry(booktitle="Proceedings of NAACL-HLT", year="2019"),
    "a workshop in between": entry(booktitle="ICCV Workshops", year="2020"),
    "an asian namesake": entry(booktitle="Asian Conference on Computer Vision", year="2019"),
    "preprint": entry("article", journal="arXiv preprint arXiv:2004.06320"),
    "preprint published later": entry(booktitle="ICLR", year="2021", eprint="2010.01234"),
    "its own DOI": entry(booktitle="Proceedings of CVPR", doi="10.1109/CVPR42600.2020.00975"),
    "the preprint's DOI": entry(booktitle="ICML", doi="10.48550/arXiv.2006.01234"),
    "address of its year": entry(
        booktitle="ICML", url="https://proceedings.mlr.press/v119/lindqvist20a.html"
    ),
    "key of its author": entry(key="lindqvist2020sparse", booktitle="ICLR"),
    "key of its title": entry(key="sparse2020", booktitle="ICLR"),
    "key of the preprint": entry(key="lindqvist2019sparse", booktitle="ICLR"),
    "a common name among others": entry(author="Smith, John and Oyelaran, Tunde"),
    "same surnames": entry(author="J. Lee and J. Lee and K. Lee", booktitle="ICML"),
    "others": entry(author="Lindqvist, Maja and others", booktitle="ICML"),
    "accents in TeX": entry(author="V{\\\"a}th, Dirk and Mol{\\'i}na, Eva", booktitle="ACL"),
    "pages cut short": entry("article", journal="Machine Learning", volume="109", pages="345--52"),
    "in quotation marks": '@article{a, title = "Random forests", author = "Breiman, Leo",'
    ' journal = "Machine Learning", volume = 45, year = 2001}',
    "a program": "@misc{x, title={Tools}, author={{The Tools Team}}, howpublished={GitHub}, year={2020}}",
}
AT_ODDS = {
    "ordinal of another year": entry(
        booktitle="Proceedings of the 35th International Conference on Machine Learning",
        year="2021",
    ),
    "ordinal in words": entry(
        booktitle="Thirty-Fourth Conference on Neural Information Processing Systems", year="2016"
    ),
    "volume of another year": entry(
        booktitle="Advances in Neural Information Processing Systems", volume="31", year="2022"
    ),
    "before it began": entry(booktitle="ICLR", year="2009"),
    "didn't meet": entry(booktitle="European Conference on Computer Vision", year="2021"),
    "didn't meet then": entry(booktitle="Proceedings of NAACL", year="2020"),
    "the venue's year": entry(booktitle="2017 IEEE Conference on Robotics and Automation (ICRA)"),
    "another's DOI": entry(booktitle="ICLR", doi="10.1109/ABC.2020.123456"),
    "younger arXiv id": entry("article", journal="arXiv preprint arXiv:2304.06320"),
    "address of another year": entry(
        booktitle="ICML", url="https://proceedings.mlr.press/v70/lindqvist17a.html"
    ),
    "key of another year": entry(key="lindqvist2012sparse", booktitle="ICML"),
    "stand-ins": entry(author="Alice Johnson and Bob Smith", booktitle="ICML"),
    "numbered stand-ins": entry(author="Author One and Author Two", booktitle="ICML"),
    "twice the same": entry(author="Ito, Kenji and Berg, Lena and Ito, Kenji", booktitle="ICML"),
    "backwards": entry("article", journal="Machine Learning", volume="109", pages="345--301"),
    "in the future": entry(booktitle="ICML", year="2031"),
}


@pytest.mark.parametrize("answer", GOES_TOGETHER.values(), ids=GOES_TOGETHER)
def test_fields_that_go_together_stay_quiet(answer: str) -> None:
    assert citation(answer) < 0.5
    assert citation(f"Here it is:\n```bibtex\n{answer}\n```\nAnything else?") < 0.5


@pytest.mark.parametrize("answer", AT_ODDS.values(), ids=AT_ODDS)
def test_fields_at_odds_fire(answer: str) -> None:
    assert citation(answer) > 0.5
    assert citation(" ".join(answer.split())) > 0.5


def test_an_unknown_venue_is_more_doubtful_and_does_not_fire() -> None:
    known = citation(entry(booktitle="Proceedings of the ICML"))
    unknown = citation(entry(booktitle="Conference on Advanced Sequence Kernels"))
    grand = citation(entry(booktitle="International Conference on Advanced Sequence Kernels"))
    assert known < unknown < 0.5
    assert known < grand < 0.5


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", 0),
        ("write to ann@example.org, {x}", 0),
        ("@dataclass{ class A", 0),
        ("@article{a, title={Un{clo}sed", 0),
        ("@article{a, title={One {Two} three}, year=2001}", 1),
        (entry() + "\n\n" + entry(key="b"), 2),
        ("@article{" * 500, 0),
    ],
)
def test_entries_are_read_whole(text: str, entries: int) -> None:
    assert len(list(entries_in(text))) == entries


def test_titles_are_those_of_the_field() -> None:
    text = f"Sure:\n{entry(booktitle='ICML')}\n"
    assert [text[a:b] for a, b in title_spans(text) or []] == ["Sparse Kernels for Long Sequences"]
    assert title_spans("1. Sparse Kernels for Long Sequences") is None


@pytest.mark.parametrize(
    ("name", "number"),
    [("35th", 35), ("Thirty-seventh Annual", 37), ("the Twentieth", 20), ("Fortieth", 40),
     ("First", 1), ("Twelfth", 12), ("Proceedings of ICML", None)],
)  # fmt: skip
def test_editions(name: str, number: int | None) -> None:
    assert edition(name) == number


@pytest.mark.parametrize(
    ("venue", "year"),
    [("58th Annual Meeting of the Association for Computational Linguistics", 2020),
     ("Thirty-Fourth AAAI Conference on Artificial Intelligence", 2020),
     ("29th International Joint Conference on Artificial Intelligence", 2020),
     ("16th European Conference on Computer Vision", 2020),
     ("26th ACM SIGKDD International Conference on Knowledge Discovery & Data Mining", 2020),
     ("43rd International ACM SIGIR Conference", 2020),
     ("23rd International Conference on Artificial Intelligence and Statistics", 2020),
     ("29th USENIX Security Symposium", 2020), ("52nd ACM Symposium on Theory of Computing", 2020)],
)  # fmt: skip
def test_editions_go_with_their_years(venue: str, year: int) -> None:
    assert misfit(venue, year) is None
    assert misfit(venue, year + 6)


def test_registrants_are_those_of_the_conference() -> None:
    assert registrant_is_strange("ICLR", "1109")
    assert not registrant_is_strange("ICLR", "48550")
    assert not registrant_is_strange("Journal of Sleep", "1109")


def test_a_line_of_a_list_is_held_to_its_conference_too() -> None:
    line = (
        "Lindqvist, M., & Ito, K. ({}). Sparse kernels. In Proceedings of the 35th International"
        " Conference on Machine Learning, pages 12–21."
    )
    assert citation(line.format(2018)) < 0.5
    assert citation(line.format(2023)) > 0.5


ODD = {
    "volume of thousands of figures": {"booktitle": "ICML", "volume": "9" * 5_000},
    "a long s in an ordinal": {"booktitle": "Thirty-\u017fecond ICML"},
    "an i without a dot in an ordinal": {"booktitle": "F\u0131fth ICML"},
    "an i without a dot in a round ordinal": {"booktitle": "S\u0131xtieth ICML"},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
def test_an_oddly_written_entry_is_judged_too(fields):
    assert citation(entry(doi="10.1109/1.2", **fields)) > 0.5
