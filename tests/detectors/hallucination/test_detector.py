from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detectors
from detectors._linear.model_file import BrokenModel
from detectors._text.words import number_in, stem
from detectors.base import Batch, Message, Record, Scores
from detectors.hallucination import HallucinationDetector, models
from detectors.hallucination.grounding import POOLED_FEATURES, Index
from tests.support.scoring import score

UNGROUNDED = "hallucination.ungrounded"
CITATION = "hallucination.citation"
AUGUST_2025 = 1_754_000_000.0

MUSEUM = (
    "The Harbour Museum opened in 1987 in a former rope factory. It holds about 12,000 objects,"
    " most of them given by fishing families. Admission is free on Sundays.",
    "The museum was closed for repairs from 2009 to 2011. Its director since 2015 is Maria Lind."
    " The café on the second floor serves lunch from eleven until three.",
)

detector = HallucinationDetector()
detector.load()


def judged(output: str, **fields: object) -> Scores:
    return score(detector, output, **fields)


def ungrounded(output: str, prompt: str = "Tell me about the museum.") -> float:
    return judged(output, context=MUSEUM, prompt=prompt).scores[UNGROUNDED]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            "The Harbour Museum was founded by the Danish king Christian as a naval academy and"
            " later moved to Copenhagen.",
            id="another story",
        ),
        pytest.param(
            "It employs 340 volunteers and won the European heritage prize in 2019.",
            id="facts from nowhere",
        ),
        pytest.param(
            "Visitors particularly enjoy the submarine simulator and the planetarium.",
            id="attractions from nowhere",
        ),
    ],
)
def test_answers_from_nowhere_are_ungrounded(answer: str) -> None:
    verdict = judged(answer, context=MUSEUM, prompt="Tell me about the museum.")
    assert verdict.scores[UNGROUNDED] > 0.5
    assert verdict.findings
    assert all(finding.signal == UNGROUNDED for finding in verdict.findings)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("The Harbour Museum opened in 1987 in a former rope factory.", id="copied"),
        pytest.param("It opened in 1987, in a former rope factory.", id="nearly copied"),
        pytest.param("Admission is free on Sundays.", id="short"),
        pytest.param("1987", id="only the number asked for"),
        pytest.param("Maria Lind", id="only the name asked for"),
        pytest.param("Hello! How can I help you today?", id="a greeting"),
        pytest.param("Thank you! Let me know if you need anything else.", id="an offer"),
        pytest.param("The documents don't mention the price of a ticket.", id="a refusal"),
        pytest.param(
            "I'm sorry, but I could not find that information in the provided context.",
            id="an apology",
        ),
        pytest.param("I don't know.", id="doesn't know"),
        pytest.param("There is no information about parking in the text.", id="says it's missing"),
        pytest.param("Would you like to hear about submarines and planetariums?", id="a question"),
        pytest.param("", id="empty"),
        pytest.param("   \n\t ", id="white space"),
        pytest.param("…?!", id="punctuation"),
    ],
)
def test_grounded_and_claimless_answers_stay_quiet(answer: str) -> None:
    assert ungrounded(answer) <= 0.5


@pytest.mark.parametrize(
    ("faithful", "altered"),
    [
        pytest.param(
            "The Harbour Museum opened in 1987 in a former rope factory.",
            "The Harbour Museum opened in 1954 in a former rope factory.",
            id="a year exchanged",
        ),
        pytest.param(
            "Its director since 2015 is Maria Lind.",
            "Its director since 2015 is Peter Hansen.",
            id="a name exchanged",
        ),
        pytest.param(
            "It holds about 12,000 objects.", "It holds about 90,000 objects.", id="a quantity"
        ),
    ],
)
def test_an_exchanged_fact_raises_the_score(faithful: str, altered: str) -> None:
    assert ungrounded(altered) > ungrounded(faithful)


def test_unsupported_claims_are_pointed_out_and_supported_ones_not() -> None:
    good = "The Harbour Museum opened in 1987 in a former rope factory."
    bad = "The astronauts Weber and Okafor trained there for the Jupiter mission of 2031."
    answer = f"{good} {bad} It also sells volcanic diamonds to wealthy collectors overseas."
    spans = [answer[f.start : f.end] for f in judged(answer, context=MUSEUM).findings]
    assert bad in spans
    assert good not in spans


@pytest.mark.parametrize(
    "context",
    [
        pytest.param((), id="none"),
        pytest.param(("",), id="an empty document"),
        pytest.param((" \n", ""), id="white space"),
    ],
)
def test_without_documents_grounding_is_not_judged(context: tuple[str, ...]) -> None:
    assert UNGROUNDED not in judged("The moon is made of cheese.", context=context).scores


def test_answers_in_chinese_are_compared_by_character() -> None:
    context = ("新华社北京1月27日电，马凯今天在北京市检查春运工作，并慰问一线职工。",)
    copied = judged("马凯今天在北京市检查春运工作。", context=context).scores[UNGROUNDED]
    invented = judged("火星探测器昨晚成功着陆并发回照片。", context=context).scores[UNGROUNDED]
    assert copied <= 0.5 < invented


def cited(text: str, **fields: object) -> float | None:
    return judged(text, event_time=AUGUST_2025, **fields).scores.get(CITATION)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("See doi:10.12/abc.2020.5 for details.", id="DOI with a short registrant"),
        pytest.param("doi: 10.0123/abc.2020.5", id="DOI registrant starting with 0"),
        pytest.param("https://doi.org/10.5555/12.34.56", id="Crossref's test registrant"),
        pytest.param("DOI 10.1016/j.xxxx.2020.01", id="DOI with filler"),
        pytest.param("arXiv:2313.01234", id="arXiv month 13"),
        pytest.param("arXiv:2300.01234", id="arXiv month 0"),
        pytest.param("arXiv:9901.01234", id="arXiv id in the future"),
        pytest.param("https://arxiv.org/abs/1203.12345", id="arXiv five digits before 2015"),
        pytest.param("arXiv:1703.1234", id="arXiv four digits after 2014"),
        pytest.param("arXiv:0601.1234", id="arXiv before the scheme"),
        pytest.param("arXiv:2301.99123", id="arXiv number too large"),
        pytest.param("(Smith et al., 2016), arXiv:2301.01734", id="arXiv id younger than work"),
        pytest.param("ISBN 978-0-306-40615-8", id="ISBN-13 check digit"),
        pytest.param("ISBN: 0-306-40615-3", id="ISBN-10 check digit"),
        pytest.param("ISBN 978-0-306-4061", id="ISBN too short"),
        pytest.param("ISSN 0378-5954", id="ISSN check digit"),
        pytest.param("https://orcid.org/0000-0002-1825-0098", id="ORCID check digit"),
        pytest.param("PMID: 998877665", id="PubMed id too large"),
        pytest.param("as RFC 99321 says", id="RFC number too large"),
        pytest.param("RFC-0", id="RFC zero"),
        pytest.param("Source: https://www.example.com/report", id="reserved domain"),
        pytest.param("Retrieved from https://news.invalid/story", id="reserved top level"),
        pytest.param("Available at http://yourwebsite.com/page", id="placeholder domain"),
        pytest.param("Doe v. Roe, 812 U.S. 123 (2015)", id="U.S. volume too high"),
        pytest.param("Doe v. Roe, 410 U.S. 113 (2011)", id="U.S. volume of another year"),
        pytest.param("Doe v. Roe, 45 F.5th 100 (2d Cir. 2023)", id="reporter series"),
        pytest.param("Doe v. Roe, 500 F.2d 100 (9th Cir. 2015)", id="reporter ended"),
        pytest.param("Doe v. Roe, 500 F.3d 100 (14th Cir. 2007)", id="circuit"),
        pytest.param("Doe v. Roe, 12 F.4th 100 (9th Cir. 2029)", id="decision in the future"),
        pytest.param("J. Imag. Res. 12(3), 345-312.", id="pages run backwards"),
        pytest.param("as shown before (Miller, 2041).", id="work in the future"),
        pytest.param(
            "Smith, J., Jones, K., & Smith, J. (2019). On the growth of things. Journal of Things.",
            id="author twice",
        ),
        pytest.param(
            "Doe, J. (2019). On the growth of many things. Journal of Things.", id="John Doe"
        ),
    ],
)
def test_impossible_citations_are_found(text: str) -> None:
    verdict = judged(text, event_time=AUGUST_2025)
    assert verdict.scores[CITATION] > 0.5
    assert any(finding.kind.startswith("fabricated_") for finding in verdict.findings)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("doi:10.1038/s41586-020-2649-2", id="DOI"),
        pytest.param("https://doi.org/10.1000/182.", id="DOI handbook"),
        pytest.param("Vaswani et al. (2017), arXiv:1706.03762", id="arXiv"),
        pytest.param("arXiv:0704.0001", id="first arXiv id of its form"),
        pytest.param("arXiv:2507.12346v2", id="recent arXiv id"),
        pytest.param("ISBN 978-0-306-40615-7", id="ISBN-13"),
        pytest.param("ISBN 0-306-40615-2", id="ISBN-10"),
        pytest.param("ISBN 0-8044-2957-X", id="ISBN-10 with X"),
        pytest.param("ISSN 0378-5955", id="ISSN"),
        pytest.param("https://orcid.org/0000-0002-1825-0097", id="ORCID"),
        pytest.param("PMID: 31452104", id="PubMed"),
        pytest.param("RFC 9110, RFC-2119 and rfc2606", id="RFC"),
        pytest.param("Brown v. Board of Education, 347 U.S. 483 (1954)", id="Brown"),
        pytest.param("Roe v. Wade, 410 U.S. 113 (1973)", id="Roe"),
        pytest.param("Marbury v. Madison, 5 U.S. 137 (1803)", id="Marbury"),
        pytest.param("Obergefell v. Hodges, 576 U.S. 644 (2015)", id="Obergefell"),
        pytest.param("a case, 925 F.3d 1339 (11th Cir. 2019)", id="F.3d"),
        pytest.param("a case, 41 F. Supp. 3d 100 (S.D.N.Y. 2014)", id="F. Supp. 3d"),
        pytest.param("Nature 585(7825), 357-362.", id="pages"),
        pytest.param("Cell 12(3): 345-52.", id="shortened last page"),
        pytest.param("as shown before (Miller, 2021).", id="year"),
        pytest.param(
            "Smith, J., Jones, K., & Smith, A. (2019). On the growth of things. Journal.",
            id="two authors of one name",
        ),
    ],
)
def test_well_formed_citations_stay_quiet(text: str) -> None:
    score = cited(text)
    assert score is None or score <= 0.5


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The river is ninety miles long.", id="prose"),
        pytest.param("Call fetch('https://example.com/api') to try it.", id="example address"),
        pytest.param("Source code:\n```\nGET https://example.com/x\n```", id="address in code"),
        pytest.param("Visit https://www.python.org/downloads/ for more.", id="address"),
        pytest.param("version 10.15 (build 19A583), 3.5 to 4.5", id="version numbers"),
        pytest.param("Total: 12 (3), 400 of 500", id="numbers in brackets"),
        pytest.param("", id="empty"),
    ],
)
def test_without_citations_there_is_no_citation_score(text: str) -> None:
    assert cited(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("arXiv:2313.01234", id="arXiv"),
        pytest.param("Source: https://www.example.com/report", id="address"),
        pytest.param("ISBN 978-0-306-40615-8", id="ISBN"),
    ],
)
def test_a_citation_that_the_documents_have_is_supported(text: str) -> None:
    score = cited(f"As {text} says.", context=(f"Our sources: {text}, and others.",))
    assert score is None or score <= 0.5


def test_an_identifier_that_the_documents_lack_is_unsupported() -> None:
    text = "See doi:10.1038/s41586-020-2649-2 for more."
    assert (cited(text, context=MUSEUM) or 0.0) > 0.5
    assert (cited(text) or 0.0) <= 0.5


def test_without_an_event_time_an_answer_was_given_by_now() -> None:
    this_year = datetime.now(UTC).year
    assert CITATION not in judged(f"as shown before (Miller, {this_year}).").scores
    later = judged(f"as shown before (Miller, {this_year + 2}).").scores
    assert later[CITATION] > 0.5


def test_titles_are_judged_where_references_were_asked_for() -> None:
    real = "Quantum Complexity Theory"
    made_up = "A Comprehensive Survey of Techniques for Securing Software Libraries and Systems"
    asks = "List references on: Software libraries and repositories"
    assert (cited(made_up, prompt=asks) or 0.0) > 0.5
    assert (cited(real, prompt="List references on: Quantum complexity theory") or 1.0) < 0.5
    assert cited(made_up, prompt="Tell me something.") is None
    listed = judged(f"1. {made_up}\n2. {real}", prompt=asks)
    assert [f.kind for f in listed.findings][:1] == ["fabricated_title"]


def test_without_a_prompt_the_users_last_message_is_the_question() -> None:
    made_up = "A Comprehensive Survey of Techniques for Securing Software Libraries and Systems"
    asks = "List references on: Software libraries and repositories"
    messages = (Message("user", "Hi."), Message("user", asks), Message("assistant", "Let me see."))
    assert cited(made_up, messages=messages) == cited(made_up, prompt=asks)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("The quick brown fox jumps over it. " * 16_000, id="200 pages"),
        pytest.param("\n".join(f"Item {i} costs {i} euros." for i in range(25_000)), id="a list"),
        pytest.param("x" * 10_000_000, id="ten million letters"),
        pytest.param("\ud800\udfff" * 1000, id="lone surrogates"),
    ],
)
def test_large_and_odd_documents_are_read(document: str) -> None:
    verdict = judged("The quick brown fox jumps. Item 7 costs 7 euros.", context=(document,))
    assert 0.0 <= verdict.scores[UNGROUNDED] <= 1.0


def test_documents_are_read_up_to_their_cap() -> None:
    filler = "Nothing to see here. " * 40_000
    before = judged(f"{MUSEUM[0]}", context=(MUSEUM[0] + filler,)).scores[UNGROUNDED]
    after = judged(f"{MUSEUM[0]}", context=(filler, MUSEUM[0])).scores[UNGROUNDED]
    assert before <= 0.5 < after


@settings(max_examples=60)
@given(st.text(max_size=400), st.lists(st.text(max_size=400), max_size=3), st.text(max_size=80))
def test_scores_are_in_range_and_repeatable(output: str, context: list[str], prompt: str) -> None:
    first = judged(output, context=tuple(context), prompt=prompt, event_time=AUGUST_2025)
    again = judged(output, context=tuple(context), prompt=prompt, event_time=AUGUST_2025)
    assert first == again
    assert all(0.0 <= score <= 1.0 for score in first.scores.values())
    assert all(0 <= f.start < f.end <= len(output) for f in first.findings)


def test_records_of_a_batch_dont_touch_each_other() -> None:
    texts = ["Maria Lind has led it since 2015.", "It has 340 robots.", "arXiv:2313.01234", ""]
    records = [
        Record(record_id=str(i), output=text, context=MUSEUM if i % 2 else MUSEUM[:1])
        for i, text in enumerate(texts)
    ]
    together = detector.score(Batch(records))
    assert together == [detector.score(Batch([record]))[0] for record in records]


@pytest.mark.parametrize(
    ("output", "fields"),
    [
        pytest.param(
            "The astronaut Zebulon Quux trained there in 2031.", {"context": MUSEUM}, id="claim"
        ),
        pytest.param("See arXiv:2313.01234.", {}, id="citation"),
        pytest.param(
            "A Comprehensive Survey of Zebulon Quux Techniques for Software Libraries",
            {"prompt": "List references on: Software libraries"},
            id="title",
        ),
    ],
)
def test_reasons_quote_nothing(output: str, fields: dict[str, object]) -> None:
    findings = judged(output, event_time=AUGUST_2025, **fields).findings
    assert findings
    for finding in findings:
        assert not {"zebulon", "quux", "2313", "01234", "2031"} & set(
            finding.reason.lower().replace(".", " ").split()
        )


def test_a_damaged_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(models.MODELS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(models, "MODELS", tmp_path)
    assert models.read_grounding_model()
    (tmp_path / "hallucination_grounding.json").write_bytes(b"{}")
    with pytest.raises(BrokenModel, match="not the file that was shipped"):
        models.read_grounding_model()
    (tmp_path / "hallucination_titles.json.sha256").unlink()
    with pytest.raises(BrokenModel, match="can't be read"):
        models.read_title_model()


def test_the_shipped_model_fits_the_features() -> None:
    folder = Path(detectors.__file__).parent / "models"
    data = json.loads((folder / "hallucination_grounding.json").read_text())
    assert data["features"] == list(POOLED_FEATURES)
    assert all(
        (folder / f"hallucination_{name}.md").exists() for name in ("grounding", "titles", "words")
    )


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("1,200", "1200"),
        ("1200.0", "1200"),
        ("007", "7"),
        ("twelve", "12"),
        ("0", "0"),
        ("a", None),
    ],
)
def test_numbers_are_read_alike(token: str, number: str | None) -> None:
    assert number_in(token) == number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("increases", "increase"),
        ("studied", "studies"),
        ("increased", "increases"),
        ("quickly", "quick"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_the_nearest_passage_is_the_one_that_shares_most() -> None:
    index = Index(["Cats sleep. Dogs bark at cars. Birds sing."])
    assert index.nearest([stem("dogs"), stem("bark"), stem("sing")], {}) == 1
    assert index.nearest(["nothing"], {}) is None


@pytest.mark.parametrize(
    "answer",
    [
        "Plan B costs $10.99/month.",
        "It is 10.99 €/month or 10.50/person.",
        "She got 10.5/20 in maths.",
        "The film has 10.0/10 from me.",
        "Use the network 10.20.0.0/16 and the gateway 10.20.0.1/24.",
        "Install driver 10.7.31.9/amd64 on macOS 10.14/10.15.",
        "Read at http://10.20.0.5/health.",
        "The meeting is on 10.11/2024.",
    ],
)
def test_prices_versions_networks_and_dates_are_no_dois(answer: str) -> None:
    assert judged(answer).scores.get(CITATION, 0.0) <= 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "See doi:10.12/abc.1 for the details.",
        "See https://doi.org/10.5555/12345678 for the details.",
        "DOI 10.1234/abcd.5678",
    ],
)
def test_what_is_called_a_doi_is_judged_as_one(answer: str) -> None:
    assert judged(answer).scores[CITATION] > 0.5
