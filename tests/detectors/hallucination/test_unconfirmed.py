"""Sources that nothing which the model was given has: counted, and said no more of than that."""

from __future__ import annotations

import itertools
import unicodedata

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
    "a paper in short": "Sleep debt adds up over weeks of night shifts (Okonjo et al., 2017).",
    "an entry in a block": "```bibtex\n@article{a, title={Sleep in rats}, author={Okonjo, Rita},"
    " year={2017}\n}\n```",
    "a study in a journal": "A 2017 study in the Journal of Applied Physiology found naps to help.",
    "eine Studie": "Eine Studie von 2017 in der Zeitschrift für Psychologie zeigt das deutlich.",
    "a later version": "The method is described in arXiv:1904.11234v2 and works on small graphs.",
    "a book, its number marked": "All is in the handbook, **ISBN:** 978–3–16–148410–0, page four.",
    "a DOI, encoded": "It was measured in 2015, https://doi.org/10.1016%2Fj.jbiomech.2015.04.012.",
    "PubMed's old address": "Two cups are fine: https://www.ncbi.nlm.nih.gov/pubmed/23456789 has it.",
    "a quoted title": 'Okonjo, Rita, and Mika Valtari. "Sleep Debt in Shift Work." Journal of Applied'
    " Physiology 122, no. 3 (2017): 410–418.",
    "a book by its author": "Kuhn, T. S. (1962). The Structure of Scientific Revolutions. University"
    " of Chicago Press.",
    "ein Buch": "Brenner, K. & Voss, L. (2015). Schlaf und Schicht. Heidelberg: Springer.",
    "Vancouver": "Okonjo R, Valtari M. Sleep debt in shift work. J Appl Physiol. 2017;122(3):410-8.",
    "a ruling with its ECLI": "So held in Case C-131/12 Google Spain, ECLI:EU:C:2014:317, in 2014.",
    "a DOI, twice": "See doi:10.1016/j.jbiomech.2015.04.012.\n\nAs said,\nthat is in"
    " https://doi.org/10.1016/j.jbiomech.2015.04.012.",
    "a paper in short and in full": "Okonjo et al. (2017) found it.\n\nOkonjo, R., & Valtari, M. (2017)."
    " Sleep debt in shift work. Journal of Applied Physiology, 122(3), 410-418.",
}
NONE = {
    "no source": "Two cups a day are fine for most adults, and for some even three.",
    "a standard": "HTTP/2 was defined in RFC 7540 and replaced by RFC 9113.",
    "a weakness": "Upgrade at once: CVE-2021-44228 is being exploited.",
    "a page": "Opening hours are at https://museum.city.org/visit.",
    "a price": "That's 10.5 euros a month, billed on the 1st (see page 3).",
    "code": "Import it with `from journal import Review` and call `Review(2019)`.",
    "films": "1. Heat (1995). A heist in Los Angeles. Great cast.\n2. Ronin (1998), Alien (1979).",
    "games": "Elden Ring (2022), Hades (2020), Stardew Valley (2016).",
    "songs": "Simon & Garfunkel (1970). Bridge over Troubled Water.",
    "prizes": "Marie Curie (1903), Pierre Curie (1903), Irène Joliot-Curie (1935).",
    "towns": "Liverpool (2020), Leeds (2021). Germany (2021): 83 million people.",
    "laws": "The Equality Act (2010), section 12, covers it. It is UK law.",
    "history": "The French Revolution (1789), then the Congress of Vienna (1815).",
    "releases": "Ubuntu Focal (2020), Windows XP (2001), Windows 7 (2009).",
    "wine": "Château Margaux (2015), with the lamb.",
    "a photo": "Photo: Anna Meyer (2020).\nPhoto: A. Meyer (2020). All rights are reserved by her.",
    "a comment": "Ben (2021): hello\nIn June, 2019, we left.",
    "accounts": "Invoice March (2023), 300 euros. Apple Inc. 2023: revenue rose. Order 2045. Paid.",
    "a career": "Acme (2019). Led five engineers. Berlin University (2015), degree in physics.",
    "sport": "Kohli, V. (2016) scored 973 runs. Messi, L. (2022), Argentina won.",
    "an address": "Smith, J., 123 Main St, Springfield, IL 62704 (2020)",
    "a president": "John F. Kennedy (1961). He spoke of the moon in May.",
    "a life": "J. R. R. Tolkien (1892–1973) wrote it all.",
    "a path": "The library is /usr/lib/10.1234/foo.so, or lib/10.2345/bar1.so in a build.",
    "a processor": "Fetch 10.1000/x86_64 or 10.1000/arm64 from there.",
    "a rate": "It takes 10.2500/km at most.",
    "parts": "Order PMC1206 and PMC5000 together.",
    "dollars": "He was 100 U.S. 200 dollars short.",
    "how a DOI looks": "A DOI looks like 10.1234/abcd.5678, and its format is 10.5678/ab12.",
    "wie ein DOI aussieht": "Ein DOI sieht so aus: 10.1234/abcd.5678",
    "code with a DOI": "```\ndoi = '10.1016/j.jbiomech.2015.04.012'\n```",
    "code with an entry": "```python\nENTRY = '@article{a, title={Sleep in rats},"
    " author={Okonjo, Rita}, year={2017}}'\n```",
    "Filme": "Der Pate (1972), Das Boot (1981), Metropolis (1927).",
    "Geschichte": "Französische Revolution (1789), Wiener Kongress (1815). Foto: Anna Meyer (2020).",
    "Lebenslauf": "Acme GmbH (2019–2021). Leitung. Universität Berlin (2015), Note 1,3.",
    "des films": "La Haine (1995), Amélie (2001). La Révolution française (1789), puis Napoléon.",
    "películas": "El Laberinto del Fauno (2006), Volver (2006). Ley Orgánica (2018), artículo 5.",
}


detector = HallucinationDetector()
detector.load()


def score(output: str, **fields: object) -> tuple[float, list[str]]:
    """The score, and the texts of what was found."""
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
    all_six, every = score("\n".join([*NAMED.values()][:6]))
    assert one < two < all_six < 1.0
    assert (len(spans), len(every)) == (2, 6)


def test_parts_of_one_reference_are_one_source() -> None:
    whole = (
        "1. Okonjo, R. (2017). Sleep debt in shift work. Journal of Applied Physiology, 122(3),"
        " 410-418. doi:10.1152/japplphysiol.00123.2017"
    )
    assert len(score(whole)[1]) == 1


DOI = "10.1016/j.jbiomech.2015.04.012"
MARKED = (
    "see **D**.", "see `D`.", "[D]", "“D”", "‘D’", "'D'", "«D»", "„D“", "_D_", "**_D_**.", "D?", "D!",
    "D…", "D。", "D，", "D」", "D）", "D।", "D، and", "D的", "{D}", "(D).", "((D))", "|D|x|", "~~D~~", "<D>",
    "D</a>", "https://doi.org/D/", "https://doi.org/D?utm_source=x", "[D](https://doi.org/D)", "D[3]",
    "D;E", "D,https://doi.org/E", "D—so", "D's authors", "D&nbsp;x", "D\u200b",
)  # fmt: skip


@pytest.mark.parametrize("marked", MARKED)
def test_a_mark_behind_an_identifier_is_none_of_it(marked: str) -> None:
    answer = f"It was seen, {marked}".replace("D", DOI).replace("E", "10.1038/nature14539")
    given = f"Measured in {DOI}, and 10.1038/nature14539 has more."
    assert score(answer, context=(given,)) == (0.0, [])
    assert all(DOI in span or "nature" in span for span in score(answer)[1])
    assert score(answer)[0] > 0
    for context in ((), (given,)):
        [found] = detector.score(Batch([Record(record_id="r", output=answer, context=context)]))
        assert found.scores["hallucination.citation"] < 0.5


REFERENCE = (
    "Okonjo, R., & O’Brien, M. (2017). Sleep debt in shift work. Journal of Applied Physiology,"
    " 122(3), 410-418."
)
SAME = {
    "doi": (
        f"doi:{DOI}",
        "10.1016%2Fj.jbiomech.2015.04.012",
        DOI.upper(),
        f"https://doi.org/{DOI}",
        "10.1016/j.jbio\u00admech.2015.04.012",
    ),
    "dashes": ("doi:10.1016/j-b-2015-04", "10.1016/j–b‑2015-04", "doi:10.1016/j−b-2015–04"),
    "arXiv": (
        "arXiv:1904.11234",
        "https://arxiv.org/abs/1904.11234",
        "https://arxiv.org/pdf/1904.11234v2",
        "arXiv 1904.11234",
        "doi:10.48550/arXiv.1904.11234",
    ),
    "ISBN": (
        "ISBN 978-3-16-148410-0",
        "ISBN: 9783161484100",
        "ISBN-13: 978-3-16-148410-0",
        "ISBN 978–3–16–148410–0",
        "**ISBN:** 978 3 16 148410 0",
    ),
    "PMID": (
        "PMID: 23456789",
        "PMID 23456789",
        "PMID\u00a023456789",
        "https://pubmed.ncbi.nlm.nih.gov/23456789/",
        "https://www.ncbi.nlm.nih.gov/pubmed/23456789",
    ),
    "PMC": ("PMC7745181", "PMCID: PMC7745181", "ncbi.nlm.nih.gov/pmc/articles/PMC7745181/"),
    "case": (
        "Harlan v. Meridian, 512 F.3d 217 (7th Cir. 2008)",
        "Harlan v. Meridian, 512 F. 3d 217 (7th Cir. 2008)",
        "Harlan v. Meridian, 512\u00a0F.3d 217 (2008)",
    ),
    "patent": ("US Patent 6,285,999", "U.S. Patent No. 6285999", "patent US 6,285,999 B1"),
    "reference": (
        REFERENCE,
        REFERENCE.replace(" ", "  "),
        REFERENCE.replace(" ", "\u00a0"),
        REFERENCE.replace("Physiology", "Physio\u00adlogy"),
        REFERENCE.replace("&", "and").replace("’", "'"),
        REFERENCE.replace("Journal of Applied Physiology", "*Journal of Applied Physiology*"),
        "@article{okonjo2017,\n  title={Sleep debt in shift work},\n  author={Okonjo, Rita and"
        " O'Brien, Mika},\n  journal={Journal of Applied Physiology},\n  year={2017}\n}",
        'Okonjo, Rita, and Mika O\'Brien. "Sleep Debt in Shift Work." Journal of Applied Physiology'
        " 122, no. 3 (2017): 410–418.",
        "Okonjo R, O'Brien M. Sleep debt in shift work. J Appl Physiol. 2017;122(3):410-8.",
    ),
    "accents": tuple(
        unicodedata.normalize(form, "Müller, K. (2019). L’été des abeilles sauvages. Revue d’Écologie,"
        " 12(2), 33-40.")
        for form in ("NFC", "NFD")
    ),
}  # fmt: skip


@pytest.mark.parametrize("writings", SAME.values(), ids=SAME)
def test_what_was_given_in_other_writing_is_confirmed(writings: tuple[str, ...]) -> None:
    for named, given in itertools.permutations(writings, 2):
        answer = named if named.startswith("@") else f"It is known, see {named}"
        assert score(answer)[0] > 0
        assert score(answer, context=(f"Here is {given} for you.",)) == (0.0, [])
        assert score(answer, prompt=f"Convert to BibTeX: {given}") == (0.0, [])


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("arXiv:1904.11234", "1904.11234"),
        ("ISBN 978-3-16-148410-0", "9783161484100"),
        ("PMID: 23456789", "23456789"),
        ("US Patent 6,285,999", "US6285999B1"),
        ("See Harlan v. Meridian, 512 F.3d 217 (7th Cir. 2008)", "In 2008, 512 F.3d 217"),
        (
            REFERENCE,
            REFERENCE.replace(". Sleep", ".\nSleep").replace("Applied Ph", "Applied\n  Ph"),
        ),
        (f"{REFERENCE} doi:{DOI}", DOI),
    ],
)
def test_what_was_given_by_its_number_or_in_lines_is_confirmed(named: str, given: str) -> None:
    assert score(named, prompt=f"What about {given}?") == (0.0, [])


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("PMID: 2345678", "PMID: 23456789"),
        ("PMID: 3456789", "PMID: 23456789"),
        (f"doi:{DOI}", f"{DOI}3"),
        (f"doi:{DOI[:-1]}", DOI),
        ("arXiv:1904.11234", "arXiv:1904.11235"),
        ("PMC774518", "PMC7745181"),
        ("See Ha v. Mi, 12 F.3d 217 (7th Cir. 1993)", "512 F.3d 217"),
        ("See Ha v. Mi, 512 F.3d 21 (7th Cir. 2008)", "512 F.3d 217"),
        ("ISBN 978-3-16-148410-0", "978-3-16-148411-7"),
        (REFERENCE, REFERENCE.replace("2017", "2011")),
        (REFERENCE, "Okonjo, R. (2017). Bees of the north. Ecology, 1(1), 2-3."),
        (f"{REFERENCE} doi:10.1152/japplphysiol.00123.2017", REFERENCE),
    ],
)
def test_what_is_only_like_what_was_given_is_not_confirmed(named: str, given: str) -> None:
    assert score(named, prompt=given)[0] > 0


@pytest.mark.parametrize("field", ["prompt", "system_prompt"])
def test_many_documents_push_out_nothing_that_the_user_gave(field: str) -> None:
    fields = {field: f"Read {DOI}.", "context": ("word " * 130_000,)}
    assert score(NAMED["a DOI"], **fields) == (0.0, [])


FIVE = [
    f"{name}, {initial}., & Valtari, M. ({2010 + place}). {title}."
    for place, (name, initial, title) in enumerate(
        (
            ("Okonjo", "R", "Sleep debt in shift work"),
            ("Brenner", "K", "Naps and errors in crews"),
            ("Ibarra", "L", "Light at night and mood"),
            ("Marchand", "P", "Noise and rest in wards"),
            ("Lindgren", "O", "Stairs and the heart"),
        )
    )
]


@pytest.mark.parametrize("between", [" ", "; ", "\n"])
@pytest.mark.parametrize(
    "where",
    [
        " Journal of Applied Physiology, {}(3), 410-418.",
        " Harvard University Press.",
        " Applied Sleep, 12(1), 3-9. https://doi.org/10.1152/japplphysiol.0012{}.2017",
    ],
)
def test_works_of_one_paragraph_are_several(where: str, between: str) -> None:
    works = [f"{work}{where.format(118 + place)}" for place, work in enumerate(FIVE)]
    found, spans = score(between.join(works))
    assert len(spans) == 5
    assert found > score(works[0])[0]
    assert len(score(works[0])[1]) == 1


def test_identifiers_of_one_kind_are_several_works() -> None:
    assert len(score("See arXiv:1904.11234, arXiv:1904.11235 and arXiv:1904.11236.")[1]) == 3
    ruling = "Palsgraf v. Long Island R.R., 248 N.Y. 339, 162 N.E.2d 99 (1928)"
    assert len(score(ruling)[1]) == 1


def test_thousands_of_works_score_more_than_one() -> None:
    works = [f"{work} Journal of Applied Physiology, 118(3), 410-418." for work in FIVE]
    assert score(" ".join(works * 300))[0] > 0.9 > score(works[0])[0]


def test_confirmed_sources_hide_none_that_are_not() -> None:
    given = "\n".join(f"10.1016/j.cell.2015.04.{place:03}" for place in range(250))
    others = "\n".join(f"10.1016/j.neuron.2014.04.{place:03}" for place in range(15))
    _, spans = score(f"{given}\n{others}", context=(given,))
    assert len(spans) == 15
    assert all("neuron" in span for span in spans)
