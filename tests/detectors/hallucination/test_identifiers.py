"""Identifiers, kind by kind: those that exist, or could, and those that can't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.hallucination import HallucinationDetector
from tests.support.scoring import score

CITATION = "hallucination.citation"
NOVEMBER_2026 = 1_795_000_000.0

detector = HallucinationDetector()
detector.load()


def citation(answer: str) -> float:
    return score(detector, answer, event_time=NOVEMBER_2026).scores.get(CITATION, 0.0)


QUIET = {
    "doi": [
        "10.1038/171737a0", "10.1038/s41586-021-03819-2", "10.1126/science.1225829",
        "10.1371/journal.pone.0029081", "10.1016/j.cell.2006.07.024", "10.1103/PhysRevLett.116.061102",
        "10.1073/pnas.0507655102", "10.1145/359545.359563", "10.48550/arXiv.1706.03762",
        "10.5281/zenodo.1234", "10.3389/fpsyg.2013.00863", "10.3390/ijerph17051729",
        "10.7554/eLife.00013", "10.18653/v1/N19-1423", "10.1056/NEJMoa2034577", "10.1002/anie.201915678",
        "10.5555/3305381.3305498", "10.1101/2020.03.22.002386",
    ],
    "arXiv": [
        "arXiv:1706.03762", "arXiv:0704.0001", "arXiv:1412.6980", "arXiv:1501.00001",
        "arXiv:2005.14165v4", "arXiv:hep-th/9711200", "arXiv:quant-ph/9508027", "arXiv:math/0211159",
        "arXiv:math.DG/0303109", "arXiv:2303.08774", "arXiv:1810.04805", "arXiv:2502.12345"[:-5] + "12346",
        "arxiv.org/abs/1512.03385", "arXiv:0811.2183", "arXiv:cond-mat/0410550", "arXiv:2410.21276",
    ],
    "ISBN": [
        "ISBN 978-0-201-89683-1", "ISBN 0-201-89683-4", "ISBN 978-0-374-27563-1", "ISBN 0262033844",
        "ISBN-13: 978-0-262-03384-8", "ISBN 0-306-40615-2", "ISBN 978-0-306-40615-7",
        "ISBN-10: 0-13-110362-8", "ISBN 978-0-13-468599-1", "ISBN 978-0-596-51774-8",
        "ISBN 0-596-51774-2", "ISBN 978-3-16-148410-0", "ISBN 99921-58-10-7", "ISBN 80-902734-1-6",
        "ISBN 0-8044-2957-X", "ISBN 960-425-059-0",
    ],
    "ISSN": [
        "ISSN 0028-0836", "ISSN 0036-8075", "ISSN 0140-6736", "ISSN 1932-6203", "ISSN: 0027-8424",
        "eISSN 1476-4687", "ISSN 0378-5955", "ISSN 2049-3630", "ISSN 1095-9203", "ISSN 0317-8471",
        "e-ISSN 1091-6490", "ISSN 1050-124X", "ISSN-L 0028-0836", "ISSN 0001-0782", "ISSN (online) 1476-4687",
        "p-ISSN 0028-0836",
    ],
    "PubMed": [
        "PMID: 2231712", "PMID 942051", "PMID: 14907713", "PMID: 22745249", "PMID: 33301246",
        "PubMed ID: 16060722", "PMC1182327", "PMCID: PMC7745181", "PMC2528572", "PMID: 13054692",
        "https://pubmed.ncbi.nlm.nih.gov/34265844/", "PMID: 1", "PMC13901", "PMID: 31978945",
        "(2018) PMID: 29455858", "PMC8371605",
    ],
    "reporter": [
        "Roe v. Wade, 410 U.S. 113 (1973)", "Marbury v. Madison, 5 U.S. 137 (1803)",
        "Brown v. Board of Education, 349 U.S. 294 (1955)", "Miranda v. Arizona, 384 U.S. 436 (1966)",
        "Viacom v. YouTube, 676 F.3d 19 (2d Cir. 2012)", "A&M Records v. Napster, 239 F.3d 1004 (9th Cir. 2001)",
        "Authors Guild v. Google, 804 F.3d 202 (2d Cir. 2015)", "United States v. Microsoft, 253 F.3d 34 (D.C. Cir. 2001)",
        "Lenz v. Universal, 815 F.3d 1145 (9th Cir. 2016)", "Obergefell v. Hodges, 576 U.S. 644 (2015)",
        "United States v. Carroll Towing, 159 F.2d 169 (2d Cir. 1947)", "Palsgraf, 248 N.Y. 339, 162 N.E. 99 (1928)",
        "Jacobellis v. Ohio, 378 U.S. 184 (1964)", "Kitzmiller v. Dover, 400 F. Supp. 2d 707 (M.D. Pa. 2005)",
        "People v. Collins, 68 Cal. 2d 319 (1968)", "Tarasoff v. Regents, 551 P.2d 334 (Cal. 1976)",
        "Bush v. Gore, 121 S. Ct. 525 (2000)",
    ],
    "court": [
        "[2019] UKSC 41", "[2017] UKSC 5", "[2004] UKHL 22", "[2021] EWHC 1234 (Ch)", "[2015] EWCA Civ 311",
        "[2003] EWCA Crim 9", "Case C-131/12", "Case C-311/18", "Case T-612/17", "Rechtssache C-34/10",
        "ECLI:EU:C:2014:317", "ECLI:DE:BVerfG:2020:rs20200505.2bvr085915", "ECLI:NL:HR:2019:2006",
        "BGH, Urteil vom 14.01.2014 – VI ZR 469/12", "BGH, Beschluss vom 06.06.2019 – StB 14/19",
        "BGH, Urteil vom 25.05.2020 – VI ZR 252/19", "affaire C-268/20", "[2022] EWHC 2145 (Admin)",
    ],
    "RFC": [
        "RFC 1", "RFC 791 (1981)", "RFC 2119", "RFC 2616 (1999)", "RFC 3986 (2005)", "RFC 5246 (August 2008)",
        "RFC 6749", "RFC 7230 (2014)", "RFC 7519 (2015)", "RFC 8259 (2017)", "RFC 8446 (2018)", "RFC 9110 (2022)",
        "RFC 9293", "RFC 9700", "RFC 1149 (1990)", "rfc2324",
    ],
    "CVE": [
        "CVE-2014-0160", "CVE-2021-44228", "CVE-2017-0144", "CVE-2017-5754", "CVE-2014-6271", "CVE-2019-0708",
        "CVE-2020-1472", "CVE-2024-3094", "CVE-1999-0001", "CVE-2016-5195", "CVE-2018-1000001",
        "CVE-2023-44487", "CVE-2022-22965", "CVE-2008-4250", "CVE-2024-38063", "cve-2021-3156",
    ],
    "ISO": [
        "ISO 9001:2015", "ISO 14001:2004", "ISO/IEC 27001:2013", "ISO/IEC 27001:2022", "ISO 8601:2004",
        "ISO 45001:2018", "ISO 13485:2016", "ISO 22301:2019", "ISO/IEC 17025:2017", "EN ISO 14971:2012",
        "ISO/IEC 42001:2023", "ISO 8601-1:2019", "ISO 3166-1:2020", "ISO/IEC 25010:2011", "ISO 31000:2018",
        "shot at ISO 102400",
    ],
    "patent": [
        "US Patent 6,285,999", "U.S. Patent No. 4,405,829 (1983)", "U.S. Patent 821,393 (1906)",
        "US Patent 223,898 (1880)", "U.S. Patent No. 174,465 (1876)", "US patent 5,960,411",
        "U.S. Patent No. 10,000,000 (2018)", "patent US 7,479,949 B2", "patent EP 2771468 B1",
        "US patent 8,697,359 B1", "patent EP 1 234 567 A1", "U.S. Patent 2,708,656 (1955)",
        "US Patent 11,000,000", "patent US 2019000000"[:9] + " granted", "U.S. Patent 3,541,541 (1970)",
        "in the US 20,000,000 people hold a patent",
    ],
}  # fmt: skip

LOUD = {
    "doi": [
        "10.12/abc.1", "10.999/x.2020", "10.0123/x", "10.1234/abcd.5678", "10.99999999/q",
        "10.1371/j.pone.2019.004", "10.1038/xxxxx", "10.1103/journal.physics.12", "10.48550/arxiv.2313.00001",
        "10.5281/zen.4411", "10.3389/psych-2020-44", "10.1073/10.44.2020", "10.1145/chi.2020.trust",
        "10.7554/life.2020.1", "10.1016/j.cell.2031.05.002", "10.18653/acl-2020-main",
    ],
    "arXiv": [
        "arXiv:1813.00330", "arXiv:2219.00871", "arXiv:0701.1234", "arXiv:1999.00001", "arXiv:2901.00001",
        "arXiv:1305.01234", "arXiv:1705.1234", "arXiv:1604.30211", "arXiv:2003.00000", "arXiv:2008.98765",
        "arXiv:2101.12345", "arXiv:hep-xy/9711200", "arXiv:hep-th/9714200", "arXiv:math/1205001",
        "arXiv:2111.45678", "arXiv:0714.55021",
    ],
    "ISBN": [
        "ISBN 978-0-201-89683-7", "ISBN 0-201-89683-5", "ISBN 978-0-374-27563-2", "ISBN 0262033845",
        "ISBN 977-0-262-03384-8", "ISBN 978-0-306-40615-8", "ISBN 0-13-110362-9", "ISBN 978-0-13-468599-2",
        "ISBN 979-4-596-51774-8", "ISBN 1-234-56789-0", "ISBN 978-1-234-56789-7", "ISBN 978-3-16-148410-1",
        "ISBN 99921-58-10-8", "ISBN 978-0-262-0338", "ISBN 0-8044-2957-1", "ISBN 0-000-00000-0",
    ],
    "ISSN": [
        "ISSN 0028-0837", "ISSN 0036-8076", "ISSN 0140-6735", "ISSN 1932-6204", "ISSN: 0027-8425",
        "eISSN 1476-4688", "ISSN 0378-5954", "ISSN 2049-3631", "ISSN 1095-9204", "ISSN 0317-8472",
        "e-ISSN 1091-649X", "ISSN 1050-1241", "ISSN 1234-5678", "ISSN 0001-0783", "ISSN 0000-0000",
    ],
    "PubMed": [
        "PMID: 0", "PMID: 12345678", "PMID: 98765432", "PMID: 512345678", "PubMed ID: 99999999",
        "PMC99999999", "PMCID: PMC1234567", "PMC123", "PMID: 00012345", "Lee (2021). Sleep. PMID: 9912345",
        "Ito (2019). Tides. PMID: 15000111", "PMC98765432", "PMID: 87654321", "PMID: 77000123",
        "https://pubmed.ncbi.nlm.nih.gov/91234567/", "PMCID: PMC87654321",
    ],
    "reporter": [
        "Smith v. Delacroix, 542 F.4th 1021", "Roe v. Wade, 398 U.S. 47 (1970)", "Lee v. Orr, 999 U.S. 112 (2019)",
        "Ortega v. Linden, 45 F.3d 212 (12th Cir. 1995)", "Ames v. Berg, 12 F.5th 44 (2024)",
        "Ray v. Cole, 300 F.3d 11 (9th Cir. 1988)", "Hall v. Day, 850 F.2d 45 (2d Cir. 1961)",
        "Kerr v. Zane, 700 F. Supp. 3d 12 (D. Mass. 2015)", "Poe v. Lind, 410 U.S. 113 (1951)",
        "Fox v. Gray, 89 F. Supp. 2d 101 (1979)", "In re Tran, 500 F.3d 9999 (2007)",
        "Bush v. Gore, 515 U.S. 98 (1995)", "Vega v. Hill, 200 F.4th 88 (2021)", "Orr v. Kent, 140 S. Ct. 12 (1988)",
        "Gideon v. Wainwright, 400 U.S. 335 (1971)", "Snow v. West, 12 P.4th 88",
    ],
    "court": [
        "[2007] UKSC 14", "[2031] EWHC 212 (Ch)", "[2019] UKSC 412", "[2012] UKHL 3", "[2015] EWCA 311",
        "[2016] EWHC 9911 (QB)", "[2018] EWHC 812 (Space)", "Case C-4521/19", "Case C-123/45", "Case F-12/22",
        "ECLI:ZZ:C:2014:317", "ECLI:EU:X:2014:317", "ECLI:EU:C:2044:12", "ECLI:EU:C:2015:9912",
        "BGH, Urteil vom 31.02.2018 – VII ZR 12/16", "BGH, Urteil vom 12.03.2014 – VII ZR 233/17",
        "BGH, Urteil vom 12.03.2014 – XVIII ZR 233/13", "BGH, Beschluss vom 04.05.2016 – 9 StR 12/16",
    ],
    "RFC": [
        "RFC 0", "RFC 99321", "RFC 14000", "RFC 123456", "RFC 2616 (2015)", "RFC 791 (2004)", "RFC 8446 (2001)",
        "RFC 7519 (1997)", "RFC 3986 (March 1989)", "RFC 22222", "RFC 1149 (2019)", "RFC 45001", "RFC 5246 (1998)",
        "RFC 9110 (2009)", "RFC 31337",
    ],
    "CVE": [
        "CVE-1989-0001", "CVE-2031-1234", "CVE-2021-044228", "CVE-2014-16", "CVE-2017-0000", "CVE-2021-999999",
        "CVE-2024-0038063", "CVE-1998-1234", "CVE-2020-147", "CVE-2016-051951", "CVE-2008-5000000", "CVE-2022-123456789",
        "CVE-1066-1234", "CVE-2023-00001234", "CVE-2099-0001",
    ],
    "ISO": [
        "ISO 9001:2011", "ISO 14001:2010", "ISO/IEC 27001:2017", "ISO 45001:2012", "ISO 13485:2009", "ISO 22301:2003",
        "ISO/IEC 17025:2011", "ISO/IEC 42001:2019", "ISO 8601:1952", "ISO 0:2015", "ISO 312345:2015", "ISO 9001:1934",
        "ISO 9001:2051", "ISO 50001:2002", "ISO 26262:2007", "ISO 31000:2001",
    ],
    "patent": [
        "US Patent 16,285,999", "U.S. Patent No. 99,405,829", "U.S. Patent 821,393 (1996)", "US Patent 223,898 (1955)",
        "U.S. Patent No. 10,000,000 (1998)", "U.S. Patent No. 4,405,829 (2014)", "patent EP 9 234 567 A1",
        "patent EP 77714681 B1", "patent US 19,479,949 B2", "U.S. Patent 2,708,656 (2005)", "US Patent 7,000,000 (1976)",
        "US Patent 45,000,000", "U.S. Pat. No. 88,123,456", "US Patent 11,000,000 (2012)", "US Patent No. 6,285,999 (1983)",
    ],
}  # fmt: skip


def rows(table: dict[str, list[str]]) -> list[object]:
    return [
        pytest.param(one, id=f"{kind}-{place}")
        for kind, found in table.items()
        for place, one in enumerate(found)
    ]


@pytest.mark.parametrize("identifier", rows(QUIET))
def test_identifiers_that_exist_or_could_stay_quiet(identifier: str) -> None:
    said = f"doi:{identifier}" if identifier.startswith("10.") else identifier
    assert citation(f"The source is {said}.") < 0.5


@pytest.mark.parametrize("identifier", rows(LOUD))
def test_identifiers_that_cannot_exist_fire(identifier: str) -> None:
    said = f"doi:{identifier}" if identifier.startswith("10.") else identifier
    assert citation(f"The source is {said}.") > 0.5


def test_tables_have_fifteen_of_each_kind() -> None:
    for table in (QUIET, LOUD):
        assert all(len(found) >= 15 for found in table.values())
        assert table.keys() == QUIET.keys()


@pytest.mark.parametrize(
    "answer",
    [
        "The price is 10.99/month and the version 10.4/stable.",
        "Route 10.0.0.0/8 goes to the tunnel, 10.20/16 to the lab.",
        "Our phone is 020 7946 0018 and the order number is 978-0-201.",
        "It happened on 12/03/2014 in room C-12/19.",
        "He is 1.80 m tall, 10.5/10 would recommend.",
        "Set ISO 3200 and f/2.8 for the night sky.",
        "In the US 331,449,281 people were counted in 2020.",
        "See page 410 U.S. dollars column.",
        "Take the EP2000 amplifier or the US-4x4.",
        "PMC stands for private military company; PMID is a protein domain.",
        "The file is IX ZR in the index.",
        "Bus C-45/12 stops here.",
        "The [2019] budget and the [2020] one differ.",
        "My locker is 12 A.2 and my desk 3 P.4.",
        "Version 2.0.1 (2023) fixes 12 bugs.",
    ],
)
def test_prices_networks_versions_and_dates_are_no_citations(answer: str) -> None:
    assert citation(answer) < 0.5


@given(st.integers(0, 999_999_999))
def test_an_isbn_is_quiet_with_its_check_digit_and_no_other(body: int) -> None:
    digits = f"978{body:09d}"
    check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10
    for last in range(10):
        found = citation(f"It is ISBN {digits}{last}.")
        assert found > 0.5 if last != check else found in (0.1, 0.9)


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    assert 0.0 <= citation(f"10.1038/ [2019] Journal of X 12(3), 2019, pp. 1–2 {text}") <= 1.0
