"""References that everybody knows stay quiet; papers, journals and cases that aren't, don't."""

from __future__ import annotations

import pytest

from detectors.base import Message
from detectors.hallucination import HallucinationDetector
from detectors.hallucination.models import read_venues
from detectors.hallucination.venues import volume_misfits
from tests.support.scoring import score

CITATION = "hallucination.citation"
NOVEMBER_2026 = 1_795_000_000.0

detector = HallucinationDetector()
detector.load()


def citation(answer: str, **fields: object) -> float:
    found = score(detector, answer, **{"event_time": NOVEMBER_2026, **fields}).scores
    return found.get(CITATION, 0.0)


REAL = [
    "Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for"
    " deoxyribose nucleic acid. Nature, 171(4356), 737–738. https://doi.org/10.1038/171737a0",
    "Kahneman, D., & Tversky, A. (1979). Prospect theory: An analysis of decision under risk."
    " Econometrica, 47(2), 263–291. https://doi.org/10.2307/1914185",
    "Tversky, A., & Kahneman, D. (1974). Judgment under uncertainty: Heuristics and biases. Science,"
    " 185(4157), 1124–1131. https://doi.org/10.1126/science.185.4157.1124",
    "Miller, G. A. (1956). The magical number seven, plus or minus two: Some limits on our capacity"
    " for processing information. Psychological Review, 63(2), 81–97.",
    "Granovetter, M. S. (1973). The strength of weak ties. American Journal of Sociology, 78(6),"
    " 1360–1380.",
    "Akerlof, G. A. (1970). The market for \"lemons\": Quality uncertainty and the market mechanism."
    " Quarterly Journal of Economics, 84(3), 488–500.",
    "Hardin, G. (1968). The tragedy of the commons. Science, 162(3859), 1243–1248.",
    "Ioannidis, J. P. A. (2005). Why most published research findings are false. PLoS Medicine, 2(8),"
    " e124. https://doi.org/10.1371/journal.pmed.0020124",
    "Open Science Collaboration (2015). Estimating the reproducibility of psychological science."
    " Science, 349(6251), aac4716. https://doi.org/10.1126/science.aac4716",
    "Vaswani, A., Shazeer, N., Parmar, N., et al. (2017). Attention is all you need. Advances in"
    " Neural Information Processing Systems, 30. arXiv:1706.03762",
    "Devlin, J., Chang, M.-W., Lee, K., & Toutanova, K. (2019). BERT: Pre-training of deep"
    " bidirectional transformers for language understanding. NAACL-HLT."
    " https://doi.org/10.18653/v1/N19-1423",
    "He, K., Zhang, X., Ren, S., & Sun, J. (2016). Deep residual learning for image recognition."
    " CVPR. https://doi.org/10.1109/CVPR.2016.90",
    "Hochreiter, S., & Schmidhuber, J. (1997). Long short-term memory. Neural Computation, 9(8),"
    " 1735–1780. https://doi.org/10.1162/neco.1997.9.8.1735",
    "LeCun, Y., Bengio, Y., & Hinton, G. (2015). Deep learning. Nature, 521(7553), 436–444."
    " https://doi.org/10.1038/nature14539",
    "Rumelhart, D. E., Hinton, G. E., & Williams, R. J. (1986). Learning representations by"
    " back-propagating errors. Nature, 323, 533–536.",
    "Kingma, D. P., & Ba, J. (2015). Adam: A method for stochastic optimization. ICLR."
    " arXiv:1412.6980",
    "Brown, T. B., et al. (2020). Language models are few-shot learners. NeurIPS 33, 1877–1901."
    " arXiv:2005.14165",
    "Silver, D. et al. Mastering the game of Go with deep neural networks and tree search. Nature"
    " 529, 484–489 (2016).",
    "Jumper, J., et al. (2021). Highly accurate protein structure prediction with AlphaFold. Nature,"
    " 596(7873), 583–589. https://doi.org/10.1038/s41586-021-03819-2",
    "Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical Journal,"
    " 27(3), 379–423.",
    "Turing, A. M. (1950). Computing machinery and intelligence. Mind, 59(236), 433–460.",
    "A. M. Turing, \"On computable numbers, with an application to the Entscheidungsproblem,\""
    " Proceedings of the London Mathematical Society, vol. 42, pp. 230–265, 1937.",
    "Dijkstra, E. W. (1968). Go to statement considered harmful. Communications of the ACM, 11(3),"
    " 147–148. https://doi.org/10.1145/362929.362947",
    "Lamport, L. (1978). Time, clocks, and the ordering of events in a distributed system."
    " Communications of the ACM, 21(7), 558–565. doi:10.1145/359545.359563",
    "Diffie, W., & Hellman, M. (1976). New directions in cryptography. IEEE Transactions on"
    " Information Theory, 22(6), 644–654.",
    "Codd, E. F. (1970). A relational model of data for large shared data banks. Communications of"
    " the ACM, 13(6), 377–387.",
    "Dean, J., & Ghemawat, S. (2008). MapReduce: Simplified data processing on large clusters."
    " Communications of the ACM, 51(1), 107–113.",
    "Milgram, S. (1963). Behavioral study of obedience. Journal of Abnormal and Social Psychology,"
    " 67(4), 371–378.",
    "Watts, D. J., & Strogatz, S. H. (1998). Collective dynamics of 'small-world' networks. Nature,"
    " 393(6684), 440–442.",
    "Barabási, A.-L., & Albert, R. (1999). Emergence of scaling in random networks. Science,"
    " 286(5439), 509–512.",
    "Altschul SF, Gish W, Miller W, Myers EW, Lipman DJ. Basic local alignment search tool. J Mol"
    " Biol. 1990;215(3):403-10. PMID: 2231712",
    "Bradford MM. A rapid and sensitive method for the quantitation of microgram quantities of"
    " protein utilizing the principle of protein-dye binding. Anal Biochem. 1976;72:248-54.",
    "Lowry OH, Rosebrough NJ, Farr AL, Randall RJ. Protein measurement with the Folin phenol"
    " reagent. J Biol Chem. 1951;193(1):265-75.",
    "Jinek M, Chylinski K, Fonfara I, Hauer M, Doudna JA, Charpentier E. A programmable"
    " dual-RNA-guided DNA endonuclease in adaptive bacterial immunity. Science."
    " 2012;337(6096):816-21. doi:10.1126/science.1225829",
    "Folstein, M. F., Folstein, S. E., & McHugh, P. R. (1975). \"Mini-mental state\". Journal of"
    " Psychiatric Research, 12(3), 189–198.",
    "Polack FP, Thomas SJ, Kitchin N, et al. Safety and efficacy of the BNT162b2 mRNA Covid-19"
    " vaccine. N Engl J Med. 2020;383(27):2603-2615. doi:10.1056/NEJMoa2034577",
    "Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement. BMJ. 2021;372:n71."
    " doi:10.1136/bmj.n71",
    "The retracted paper is Wakefield et al., The Lancet 351, 637–641 (1998),"
    " doi:10.1016/S0140-6736(97)11096-0.",
    "Abbott, B. P., et al. (2016). Observation of gravitational waves from a binary black hole"
    " merger. Physical Review Letters, 116(6), 061102."
    " https://doi.org/10.1103/PhysRevLett.116.061102",
    "Higgs, P. W. (1964). Broken symmetries and the masses of gauge bosons. Physical Review Letters,"
    " 13(16), 508–509.",
    "Einstein, A., Podolsky, B., & Rosen, N. (1935). Can quantum-mechanical description of physical"
    " reality be considered complete? Physical Review, 47(10), 777–780.",
    "Hirsch, J. E. (2005). An index to quantify an individual's scientific research output."
    " Proceedings of the National Academy of Sciences, 102(46), 16569–16572."
    " https://doi.org/10.1073/pnas.0507655102",
    "Braun, V., & Clarke, V. (2006). Using thematic analysis in psychology. Qualitative Research in"
    " Psychology, 3(2), 77–101.",
    "Bandura, A. (1977). Self-efficacy: Toward a unifying theory of behavioral change. Psychological"
    " Review, 84(2), 191–215.",
    "Ryan, R. M., & Deci, E. L. (2000). Self-determination theory and the facilitation of intrinsic"
    " motivation, social development, and well-being. American Psychologist, 55(1), 68–78.",
    "Bertrand, M., & Mullainathan, S. (2004). Are Emily and Greg more employable than Lakisha and"
    " Jamal? American Economic Review, 94(4), 991–1013.",
    "Warren, S. D., & Brandeis, L. D. (1890). The right to privacy. Harvard Law Review, 4(5),"
    " 193–220.",
    "Kuhn, T. S. (1962). The Structure of Scientific Revolutions. University of Chicago Press.",
    "Kahneman, D. (2011). Thinking, Fast and Slow. Farrar, Straus and Giroux. ISBN"
    " 978-0-374-27563-1",
    "Rawls, J. (1971). A Theory of Justice. Harvard University Press.",
    "Rivest, R. L., Shamir, A., & Adleman, L. (1978). A method for obtaining digital signatures and"
    " public-key cryptosystems. Communications of the ACM, 21(2), 120–126.",
    "@article{breiman2001random,\n  title={Random forests},\n  author={Breiman, Leo},\n"
    "  journal={Machine Learning},\n  volume={45},\n  number={1},\n  pages={5--32},\n"
    "  year={2001}\n}",
    "Brown v. Board of Education, 347 U.S. 483 (1954), overruled Plessy v. Ferguson, 163 U.S. 537"
    " (1896).",
    "See Miranda v. Arizona, 384 U.S. 436 (1966), and Gideon v. Wainwright, 372 U.S. 335 (1963).",
    "Donoghue v Stevenson [1932] AC 562; R (Miller) v Prime Minister [2019] UKSC 41.",
    "Case C-131/12 Google Spain, ECLI:EU:C:2014:317, and Case C-311/18 Schrems II,"
    " ECLI:EU:C:2020:559.",
    "HTTP semantics are in RFC 9110 (2022), TLS 1.3 in RFC 8446 (2018), and JSON in RFC 8259.",
    "Heartbleed is CVE-2014-0160, Log4Shell is CVE-2021-44228 and Shellshock CVE-2014-6271.",
    "PageRank is protected by US Patent 6,285,999 (2001).",
    "Knuth, D. E. (1997). The Art of Computer Programming, vol. 1. ISBN 978-0-201-89683-1.",
    "The standard is ISO/IEC 27001:2022; ISO 9001:2015 is about quality.",
    "Witten, E. (1998). Anti de Sitter space and holography. arXiv:hep-th/9802150.",
]  # fmt: skip

INVENTED = [
    "A 2023 study in the Journal of Occupational Napping found that naps cut errors by a third.",
    "According to research published in the Annals of Refrigerator Psychology, people open the door"
    " four times an hour.",
    "Brandt, L., & Okafor, T. (2021). Humming and recall in commuters. Quarterly of Whistling"
    " Studies, 14(2), 88–103.",
    "Fenwick et al. (2019) report the same in *Scandinavian Letters of Doorknob Hygiene* 7(1), 12–19.",
    'See "The weight of waiting", Journal of Queueology, vol. 12, no. 3, 2018, pp. 201–219.',
    'P. Lindgren, "Slow stairs," International Review of Escalator Ethics, vol. 9, pp. 41–60, 2015.',
    "Marsh T, Oyelaran B. Teaspoon placement and mood. Eur J Teaspoonology. 2017;22(4):311-9.",
    "Eine Studie in der Zeitschrift für Kühlschrankpsychologie 12(3), 2020, S. 44–59, von Brenner und"
    " Voss belegt das.",
    "Selon Marchand (2018), « Le silence des ascenseurs », Revue de Psychogardinage 7(2), 14–29.",
    "Según Ibarra (2020), Revista de Siestología Aplicada, 4(1), 22–40, la siesta mejora la memoria.",
    "See Smith v. Delacroix, 542 F.4th 1021 (2d Cir. 2023).",
    "The rule comes from Hartmann v. Coastal Freight, 999 U.S. 112 (2019).",
    "Compare Ortega v. Linden, 45 F.3d 212 (12th Cir. 1995).",
    "In Brown v. Board of Education, 312 U.S. 211 (1941), the court held otherwise.",
    "Roe v. Wade, 398 U.S. 47 (1970), is the leading case.",
    "Whitfield v Crown Estates [2007] UKSC 14 settled the point.",
    "The decision is [2031] EWHC 212 (Ch).",
    "Vgl. BGH, Urteil vom 31.02.2018 – XVII ZR 12/16.",
    "Vgl. BGH, Urteil vom 12.03.2014 – VII ZR 233/17.",
    "So held in Case C-4521/19 Nordwind.",
    "Hargreaves, A., & Lin, B. (2021). Sleep and screens. Sleep Health, 7(2), 101–110."
    " https://doi.org/10.12/sh.2021.004",
    "Hargreaves, A. (2021). Sleep and screens. Nature, 112(3), 101–110.",
    "Petrov, I., & Sand, M. (2014). Blue light. The Lancet, 512(9), 33–41.",
    "Kim, S. (2020). Rest in rats. Nature, 580(7803), 220–225."
    " https://doi.org/10.1371/journal.pone.0230123",
    "Lee, H. (2012). Gaze. CVPR 2012. https://doi.org/10.1109/ICCV48922.2021.00512",
    "Moreau, C. (2009). Tides. Frontiers in Psychology. https://doi.org/10.3389/fpsyg.2021.701234",
    "Doe, J., & Smith, J. (2020). Learning to learn. Machine Learning, 109(2), 33–50.",
    "@article{doe2021, title={Graphs}, author={John Doe and Jane Smith}, journal={Nature},"
    " year={2021},\n}",
    "Johnson, P., & Alvarez, R. (2017). Attention is all you need. NeurIPS.",
    "Miller, T., & Grant, S. (2014). Adam: A method for stochastic optimization. ICLR.",
    "Carter, B. (1979). Prospect theory: An analysis of decision under risk. Econometrica, 47(2).",
    "@inproceedings{x, title={A}, author={Berg, K. and Ito, M.}, booktitle={ICML}, year={2041},\n}",
]


@pytest.mark.parametrize("answer", REAL, ids=range(len(REAL)))
def test_references_that_exist_stay_quiet(answer: str) -> None:
    assert citation(answer) < 0.5
    assert citation(f"A good place to start is {answer}") < 0.5


@pytest.mark.parametrize("answer", INVENTED, ids=range(len(INVENTED)))
def test_invented_references_fire(answer: str) -> None:
    assert citation(answer) > 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "The Wilson Journal of the kitchen is on the shelf, volume 3 beside it.",
        "In the Annual Report 2019 we sold 12(3) units, pages 4–19.",
        "John 3:16–18 and Psalm 23(1) are often quoted.",
        "Section 12(3) of the Companies Act 2006 applies, as does Article 5(1) of the GDPR (2016).",
        "I read it in the New York Times, 14 March 2021, pp. 3–4.",
        "Reading Quarterly Results 2023: revenue grew 14 (2) percent.",
        "The Hunger Games, vol. 2, came out in 2009.",
        "Volume 3 of the Harry Potter series, 1999, is my favourite.",
        "Release Notes 4.2, 2024: fixed crash in Journal View.",
        "Bach wrote the Well-Tempered Clavier, vol. 1, in 1722.",
        "In the Federal Register, vol. 86, 2021, the rule is published.",
        "My Reading Journal 2024 has 12 pages, 3–15 of them blank.",
        "Chapter 4(2), pages 12–19, explains it (Springer, 2010).",
        "The study, published in Nature Climate Change in 2019, was widely reported.",
        "See the Stanford Encyclopedia of Philosophy (2021) entry on time.",
    ],
)
def test_what_only_looks_like_a_reference_stays_quiet(answer: str) -> None:
    assert citation(answer) < 0.5


@pytest.mark.parametrize(
    ("name", "volume", "year"),
    [("Nature", 171, 1953), ("The Lancet", 351, 1998), ("N Engl J Med", 383, 2020),
     ("JAMA", 285, 2001), ("Cell", 126, 2006), ("PNAS", 102, 2005), ("Psychological Bulletin", 86, 1979),
     ("Journal of Personality and Social Psychology", 51, 1986), ("Child Development", 46, 1975),
     ("Neuron", 63, 2009), ("Annual Review of Psychology", 58, 2007), ("Pediatrics", 114, 2004)],
)  # fmt: skip
def test_volumes_that_came_out_in_their_years(name: str, volume: int, year: int) -> None:
    assert not volume_misfits(name, volume, year)
    assert volume_misfits(name, volume, year + 9)


def test_names_of_journals_are_known_in_their_forms() -> None:
    venues = read_venues()
    for name in ("The Lancet", "J. Biol. Chem.", "Journal of Finance", "PLOS ONE", "NeurIPS"):
        assert venues.knows(name)
    assert not venues.knows("Journal of Occupational Rest")
    assert venues.strange_words("Annals of Gastrophysics Letters") == ["gastrophysics"]
    assert venues.strange_words("Journal of Applied Physics") == []


@pytest.mark.parametrize(
    ("earlier", "later", "builds"),
    [
        (
            "Marsh and Oyelaran (2017), Annals of Refrigerator Psychology 22(4), 311–319, found it.",
            "As the Annals of Refrigerator Psychology 22(4) paper shows, doors should stay shut.",
            True,
        ),
        (
            "See Smith v. Delacroix, 542 F.4th 1021.",
            "Under Smith v. Delacroix, 542 F.4th 1021, you may cancel within a week.",
            True,
        ),
        ("It is CVE-2021-999999.", "Patch CVE-2021-999999 first, then restart.", True),
        ("It is laid down in ISO 9001:2011.", "Since ISO 9001:2011 asks for it, we need it.", True),
        (
            "Watson and Crick, Nature, 171(4356), 737–738 (1953).",
            "As Nature, 171(4356) shows, it is a double helix.",
            False,
        ),
    ],
)
def test_later_turns_that_build_on_an_invention_cascade(
    earlier: str, later: str, builds: bool
) -> None:
    messages = (Message(role="user", content="Why?"), Message(role="assistant", content=earlier))
    fields = {"messages": messages, "prompt": "And then?", "event_time": NOVEMBER_2026}
    assert (score(detector, later, **fields).scores["hallucination.cascade"] > 0.5) == builds
