"""Journals and conferences: which names are known, and which volume came out in which year.

Names are known by 32-bit hashes of their normalised forms, some 84,000 (`models/
hallucination_venues.md` says whose lists they are). A name that isn't among them isn't an invented
one: new, small and non-English journals are missing. A word that stands in no known name says more.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.hallucination.identifiers import year_at

_BRACKETS = re.compile(r"\([^()]{0,80}\)")
_BETWEEN = re.compile(r"[\W_]+")
_PARTS = re.compile(r"[:;=]| [-–] ")


def normalised(name: str) -> str:
    """A name's words in lower case, without brackets, a leading "the" and marks."""
    bare = _BETWEEN.sub(" ", _BRACKETS.sub("", name.lower()).replace("&", " and ")).strip()
    return bare.removeprefix("the ")


def hash_of(text: str) -> int:
    """The 32 bits that a normalised name or word is known by."""
    return zlib.crc32(text.encode())


class Venues(NamedTuple):
    """Sorted hashes of the names that are known, and of the words of these names."""

    names: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint32]

    def knows(self, name: str) -> bool:
        """Whether a journal or conference of this name is known, as a whole or without subtitle."""
        forms = [normalised(name), normalised(_PARTS.split(name)[0])]
        return any(
            form in _FURTHER or _among(self.names, form) for form in dict.fromkeys(forms) if form
        )

    def strange_words(self, name: str) -> list[str]:
        """Words of four letters or more that no known name has."""
        return [
            word
            for word in normalised(name).split()
            if len(word) > 3 and word.isalpha() and not _among(self.words, word)
        ]


def _among(known: npt.NDArray[np.uint32], text: str) -> bool:
    value = hash_of(text)
    place = int(np.searchsorted(known, np.uint32(value)))
    return place < len(known) and int(known[place]) == value


_FURTHER: Final = frozenset(
    (Path(__file__).parent / "known_venues.txt").read_text(encoding="utf-8").split("\n")
)
"""Normalised names of conferences, of what everybody reads, and of journals beside the table."""

# (volume, year) of journals that are cited much; each has these volumes in these years.
_VOLUMES: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "nature": (
        (1, 1869), (61, 1900), (105, 1920), (145, 1940), (185, 1960), (225, 1970), (283, 1980),
        (343, 1990), (403, 2000), (463, 2010), (517, 2015), (553, 2018), (577, 2020), (601, 2022),
        (625, 2024), (649, 2026),
    ),
    "science": (
        (1, 1895), (51, 1920), (91, 1940), (131, 1960), (167, 1970), (207, 1980), (247, 1990),
        (287, 2000), (327, 2010), (347, 2015), (367, 2020), (383, 2024), (391, 2026),
    ),
    "cell": ((1, 1974), (19, 1980), (60, 1990), (100, 2000), (140, 2010), (180, 2020), (189, 2026)),
    "lancet": ((295, 1970), (315, 1980), (335, 1990), (355, 2000), (375, 2010), (395, 2020),
        (407, 2026)),
    "new england journal of medicine": (
        (200, 1929), (242, 1950), (282, 1970), (302, 1980), (322, 1990), (342, 2000), (362, 2010),
        (382, 2020), (394, 2026),
    ),
    "jama": ((160, 1956), (211, 1970), (243, 1980), (263, 1990), (283, 2000), (303, 2010),
        (323, 2020), (335, 2026)),
    "proceedings of the national academy of sciences": (
        (1, 1915), (47, 1961), (53, 1965), (69, 1972), (77, 1980), (97, 2000), (117, 2020),
            (123, 2026),
    ),
    "psychological review": ((1, 1894), (57, 1950), (107, 2000), (127, 2020), (133, 2026)),
    "psychological bulletin": (
        (1, 1904), (57, 1960), (72, 1969), (87, 1980), (107, 1990), (118, 1995), (126, 2000),
        (146, 2020), (152, 2026),
    ),
    "american economic review": ((1, 1911), (40, 1950), (90, 2000), (110, 2020), (116, 2026)),
    "quarterly journal of economics": ((1, 1886), (64, 1950), (115, 2000), (135, 2020),
        (141, 2026)),
    "econometrica": ((1, 1933), (18, 1950), (68, 2000), (88, 2020), (94, 2026)),
    "american sociological review": ((1, 1936), (15, 1950), (65, 2000), (85, 2020), (91, 2026)),
    "american journal of sociology": ((1, 1895), (55, 1950), (105, 2000), (125, 2020), (131, 2026)),
    "child development": ((1, 1930), (21, 1950), (71, 2000), (91, 2020), (97, 2026)),
    "psychological science": ((1, 1990), (11, 2000), (21, 2010), (31, 2020), (37, 2026)),
    "harvard law review": ((1, 1887), (63, 1950), (113, 2000), (133, 2020), (139, 2026)),
    "yale law journal": ((1, 1891), (59, 1950), (109, 2000), (129, 2020), (135, 2026)),
    "physical review letters": ((1, 1958), (24, 1970), (44, 1980), (64, 1990), (84, 2000),
        (104, 2010), (124, 2020), (136, 2026)),
    "journal of biological chemistry": ((1, 1905), (100, 1933), (235, 1960), (255, 1980),
        (275, 2000), (285, 2010), (295, 2020), (302, 2026)),
    "journal of personality and social psychology": (
        (1, 1965), (30, 1974), (35, 1977), (38, 1980), (78, 2000), (98, 2010), (118, 2020),
        (130, 2026),
    ),
    "nature medicine": ((1, 1995), (6, 2000), (16, 2010), (26, 2020), (32, 2026)),
    "nature genetics": ((1, 1992), (24, 2000), (36, 2004), (42, 2010), (52, 2020), (58, 2026)),
    "neuron": ((1, 1988), (25, 2000), (65, 2010), (105, 2020), (114, 2026)),
    "pediatrics": ((1, 1948), (45, 1970), (65, 1980), (85, 1990), (105, 2000), (125, 2010),
        (145, 2020), (157, 2026)),
    "circulation": ((1, 1950), (41, 1970), (61, 1980), (81, 1990), (101, 2000), (121, 2010),
        (141, 2020), (153, 2026)),
    "journal of finance": ((1, 1946), (35, 1980), (55, 2000), (75, 2020), (81, 2026)),
    "annual review of psychology": ((1, 1950), (51, 2000), (71, 2020), (77, 2026)),
    "american psychologist": ((1, 1946), (55, 2000), (75, 2020), (81, 2026)),
    "plos one": ((1, 2006), (5, 2010), (15, 2020), (21, 2026)),
    "nature communications": ((1, 2010), (11, 2020), (17, 2026)),
    "scientific reports": ((1, 2011), (10, 2020), (16, 2026)),
    "frontiers in psychology": ((1, 2010), (11, 2020), (17, 2026)),
}  # fmt: skip
_SAME = {
    "n engl j med": "new england journal of medicine", "nejm": "new england journal of medicine",
    "pnas": "proceedings of the national academy of sciences",
    "journal of the american medical association": "jama", "nat med": "nature medicine",
    "phys rev lett": "physical review letters", "j biol chem": "journal of biological chemistry",
    "plos one": "plos one", "nat commun": "nature communications", "nat genet": "nature genetics",
    "am econ rev": "american economic review", "sci rep": "scientific reports",
    "proc natl acad sci u s a": "proceedings of the national academy of sciences",
    "proc natl acad sci usa": "proceedings of the national academy of sciences",
    "proceedings of the national academy of sciences of the united states of america":
        "proceedings of the national academy of sciences",
}  # fmt: skip
_SLACK = 2.6


def volume_misfits(name: str, volume: int, year: int) -> bool:
    """Whether a journal that is cited much can't have had this volume in this year."""
    bare = normalised(name)
    anchors = _VOLUMES.get(_SAME.get(bare, bare))
    if anchors is None:
        return False
    (first, began), (last, until) = anchors[0], anchors[-1]
    if volume < first or year < began - 1:
        return first == 1 and year < began - 1
    if volume > last:
        # Later volumes than are known here: no more than some a year come out.
        return (volume - last) > 30 * max(1, year - until + 1) or year < until - 1
    return abs(year - year_at(anchors, volume)) > _SLACK


# Which registrant the DOIs of a publisher's journals begin with.
_REGISTRANTS: Final[tuple[tuple[re.Pattern[str], frozenset[str]], ...]] = tuple(
    (re.compile(pattern), frozenset(registrants.split()))
    for pattern, registrants in (
        (r"nature(?: (?:medicine|genetics|communications|neuroscience|methods|physics|chemistry"
         r"|materials|biotechnology|cell biology|human behaviour|climate change|energy|immunology"
         r"|reviews .{3,40}))?|scientific reports", "1038"),
        (r"science|science advances|science translational medicine|science signaling", "1126"),
        (r"pnas|proceedings of the national academy of sciences.*", "1073"),
        (r"plos .{3,40}", "1371"),
        (r"new england journal of medicine|n engl j med|nejm", "1056"),
        (r"jama(?: .{3,30})?", "1001"),
        (r"lancet(?: .{3,40})?|cell(?: (?:reports|metabolism|stem cell|host and microbe|systems))?"
         r"|neuron|cognition|world development", "1016"),
        (r"frontiers in (?!ecology and the|neuroendocrin|bioscience|zoology|biology|life"
         r"|math).{3,60}",
         "3389"),
        (r"physical review .{1,20}|reviews of modern physics|phys rev lett", "1103"),
        (r"bmj|british medical journal", "1136"),
        (r"psychological (?:review|bulletin|methods)|american psychologist"
         r"|journal of (?:personality and social|applied|educational) psychology", "1037"),
        (r"psychological science|american sociological review", "1177 1111"),
        (r"elife", "7554"),
        (r"econometrica", "3982 2307 1111"),
        (r"ieee .{3,80}|proceedings of the ieee", "1109"),
        (r"bmc .{3,40}", "1186"),
        (r"american economic review|american economic journal.*|journal of economic"
         r" (?:perspectives|literature)", "1257 2307"),
    )
)  # fmt: skip


def registrant_misfits(name: str, registrant: str) -> bool:
    """Whether the DOIs of this journal begin with another registrant. JSTOR's fit all."""
    bare = normalised(name)
    if registrant == "2307":
        return False
    return any(
        registrant not in registrants
        for pattern, registrants in _REGISTRANTS
        if pattern.fullmatch(bare)
    )
