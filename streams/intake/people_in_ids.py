"""People in the names that an operator gives: what no deployment or tenant is called.

Two words in a row are no person there: "Support Bot" is a deployment, "Acme Corp" a tenant. A
given name beside a word that isn't common is one, and so is a place where somebody lives. What has
seven words is no name at all.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.common_words import LANGUAGES, Kind, kind_in, table
from detectors._text.given_names import given_names

_MOST_WORDS: Final = 6
_LONGEST: Final = 400
_WORD: Final = r"[^\W\d_]+(?:['’][^\W\d_]+)?"
_WORDS = re.compile(_WORD)
_JOINED = re.compile(rf"(?<![^\W\d_])(?={_WORD}(?:[ ,]{{1,2}}|[-._'’])({_WORD}))({_WORD})")
_TITLED = re.compile(
    rf"(?<![^\W_])(?:mr|mrs|ms|miss|dr|prof|herr|frau|mme|mlle|monsieur|madame|señora?|sr|sra|pan"
    rf"|pani|bay|bayan)\.? ({_WORD})",
    re.IGNORECASE,
)
# Words of sentences about somebody, which no name of a thing has.
_TOLD = re.compile(
    r"(?<![^\W_])(?:my|his|her|he|she|is|are|was|has|had|takes|earns|makes|mein|meine|sein|ihre?|ist"
    r"|war|hat|verdient|mon|ma|son|sa|est|était|gagne|mi|su|es|era|tiene|gana|jest|był|była|ma"
    r"|zarabia)(?![^\W_])",
    re.IGNORECASE,
)
_HAN = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff])")
_TWO_SURNAMES: Final = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "歐陽",
    "諸葛",
    "东方",
    "皇甫",
    "尉迟",
    "令狐",
)
# Of which operators' names are made; a word of another may be a surname.
_NAMED_IN: Final = tuple(map(LANGUAGES.index, ("en", "de", "fr", "es", "it", "pt", "nl")))
_STREET = re.compile(
    r"\d{1,5}[a-z]?,? (?:[^\W\d_][\w'’.-]* ){1,4}"
    r"(?:road|rd|street|st|lane|avenue|ave|close|crescent|drive|court|terrace|boulevard|blvd|place"
    r"|square|way)(?![^\W_])"
    r"|\d{1,5},? (?:bis |ter )?(?:rue|avenue|boulevard|allée|place|chemin|quai|impasse)(?![^\W_])"
    r"|(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|[^\W\d_]{3}weg|straat|gatan|vägen|caddesi|cad\."
    r"|soka[ğk]ı?|sok\.|utca)(?: no:?)? ?\d"
    r"|(?<![^\W_])(?:calle|avenida|paseo|rua|via|viale|piazza|ulica|ul\.|al\.|улица|ул\.) [^\W\d_]"
    r"[^\d]{2,40}\d"
    r"|[路街道巷弄][\d０-９]{1,5}[号號]?|شارع|улица|проспект",
    re.IGNORECASE,
)


def names_somebody(text: str, *, spaced: bool = False) -> bool:
    """Whether a name holds that of a person, or is a sentence.

    `spaced`: only words with a space between them are a person's, as in the names of models,
    which are joined by other marks.

    >>> [names_somebody(one) for one in ("Support Bot", "Marguerite Dumontier", "claude-opus-4")]
    [False, True, False]
    """
    text = text[:_LONGEST]
    words = text.split()
    if len(words) > _MOST_WORDS or (
        len(words) > 4 and len(re.split(r"[\s-]+", text)) > _MOST_WORDS
    ):
        return True
    if len(words) > 2 and _TOLD.search(text, len(words[0])):
        return True
    if any(_is_surname(one[1]) for one in _TITLED.finditer(text)):
        return True
    for pair in _JOINED.finditer(text):
        between = text[pair.end(2) : pair.start(1)]
        if (between.strip(", ") and spaced) or not (_capital(pair[1]) and _capital(pair[2])):
            continue
        if _is_given(pair[2]) and _is_surname(pair[1]):
            return True
        if _is_given(pair[1]) and _is_surname(pair[2]):
            return True
    return any(_is_chinese(found[0]) for found in _HAN.finditer(text))


def lives_somewhere(text: str) -> bool:
    """Whether an id holds a street and the number of a house.

    >>> lives_somewhere("14 Larkspur Close, Whitby"), lives_somewhere("street-view-2")
    (True, False)
    """
    return _STREET.search(text[:_LONGEST]) is not None


def _capital(word: str) -> bool:
    """Whether a word begins with a capital, or is of a script that has none."""
    return not word[0].islower() and not (
        len(word) > 1 and word[0].isascii() and word[1:].isupper()
    )


def _is_given(word: str) -> bool:
    return word.lower() in given_names()


def _is_surname(word: str) -> bool:
    """Whether a word may be a surname: it is on no list, or on one of words that are names too."""
    lower = word.lower()
    if len(lower) < 2:
        return False
    packed = table().get(lower, 0)
    kinds = {kind_in(packed, place) for place in _NAMED_IN}
    return kinds <= {Kind.NONE, Kind.SMALL}


def _is_chinese(run: str) -> bool:
    """Whether two to four characters are a surname and a given name, and no words."""
    place = LANGUAGES.index("zh")
    if run.startswith(_TWO_SURNAMES):
        return len(run) >= 3
    words = (run, run[:2], run[:3])
    if len(run) > 3 or any(kind_in(table().get(one, 0), place) for one in words):
        return False
    return kind_in(table().get(run[0], 0), place) == Kind.SMALL
