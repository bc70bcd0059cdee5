"""Word-by-word English for a few languages, so that an English model can judge their texts.

No translation: each word or phrase that a table knows becomes its English gloss where it stands,
and what no table knows stays. The tables, written for this, are `glosses/*.txt`: on each line an
English gloss ("-" for none), a tab, and the forms it stands for, `_` between the words of one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from detectors._text.folding import fold

LONGEST: Final = 8_000
"""Most characters of a text that are glossed; what follows is left out."""

_TABLES: Final = Path(__file__).parent / "glosses"
_NOTHING: Final = "-"

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_MARKS: Final = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963"
)
_TOKEN = re.compile(rf"[{_HAN}]+|(?:(?![{_HAN}])[^\W_]|[{_MARKS}])+(?:['’](?=[^\W\d_]))?")
_KANA = re.compile(r"[\u3041-\u30ff]")
_DROPPED = re.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0640\u0670]")

_SAMPLE: Final = 400
_HAN_SHARE: Final = 0.3
_KNOWN_SHARE: Final = 0.45
_LEAD: Final = 0.05
_SCRIPTS: Final = (("ar", "\u0600", "\u06ff"), ("hi", "\u0900", "\u097f"))
_KNOWN_IN_SCRIPT: Final = 0.3
_ENGLISH_SHARE: Final = 0.2
# Common English words that no other language here writes alike.
_ENGLISH_WORDS: Final = (
    "the and of that you it for with this they have not what who your be would should can will "
    "there their how about which from if when my he she his her we our are was were been has had "
    "but people all because these those them then than only very i'm it's don't"
)
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())

_REMEMBERED: Final = 1 << 14
_SHORTEST_STEM: Final = 4
_LONGEST_ENDING: Final = 3
_PREFIXES: Final = {
    "ar": {
        "وال": "and the", "بال": "with the", "فال": "so the", "كال": "like the", "لل": "for the",
        "ال": "the", "سي": "will", "سن": "we will", "هي": "will", "هت": "will", "هن": "we will",
        "بي": "", "بت": "", "بن": "we", "ه": "i will", "و": "and", "ف": "so", "ب": "with",
        "ل": "for", "ك": "like",
    }
}  # fmt: skip


class Table(NamedTuple):
    """What a language's forms, and stems of them, mean in English.

    `phrases` has the words that begin forms of several, with how many the longest of these has;
    `longest` is the length of the longest form.
    """

    glosses: dict[str, str]
    stems: dict[str, str]
    phrases: dict[str, int]
    longest: int


def languages() -> tuple[str, ...]:
    """The languages that there are tables for, as codes of two letters."""
    return tuple(sorted(path.stem for path in _TABLES.glob("*.txt")))


@cache
def table(language: str) -> Table:
    """The table of a language, read once. Forms are found with their accents, then without.

    Raises `FileNotFoundError` for a language without one.
    """
    glosses: dict[str, str] = {}
    bare: dict[str, str] = {}
    for line in (_TABLES / f"{language}.txt").read_text("utf-8").splitlines():
        english, _, forms = line.partition("\t")
        english = "" if english == _NOTHING else english
        for form in forms.split():
            words = _words(_composed(form.replace("_", " ")))
            glosses.setdefault(" ".join(words), english)
            bare.setdefault(" ".join(map(_plain, words)), english)
    glosses = bare | glosses
    stems: dict[str, str] = {}
    phrases: dict[str, int] = {}
    for form in glosses:
        first, *others = form.split(" ")
        if others:
            phrases[first] = max(phrases.get(first, 0), len(others) + 1)
    for cut in range(1 if language in _PREFIXES else _LONGEST_ENDING + 1):
        for form, english in glosses.items():
            if " " not in form and len(form) - cut >= _SHORTEST_STEM + min(cut, 1):
                stems.setdefault(form[: len(form) - cut], english)
    return Table(glosses, stems, phrases, max(map(len, glosses)))


def language_of(text: str) -> str:
    """The language to gloss a text from: the one whose table knows most words of its beginning.

    "" for English, and where no table knows enough.
    """
    sample = text[:_SAMPLE]
    spaced = sample.lower().split()
    if sum(map(_ENGLISH.__contains__, spaced)) > _ENGLISH_SHARE * len(spaced):
        return ""
    sample = _composed(sample)
    words = _words(sample)
    letters = sum(map(len, words))
    if not letters:
        return ""
    han = sum(len(word) for word in words if _is_han(word))
    if han > _HAN_SHARE * letters:
        return "zh" if len(_KANA.findall(sample)) < 0.1 * han else ""
    if not sample.isascii():
        for language, first, last in _SCRIPTS:
            if sum(len(word) for word in words if first <= word[0] <= last) > letters / 2:
                share = sum(_word(word, language) != word for word in words) / len(words)
                return language if share > _KNOWN_IN_SCRIPT else ""
    known = Counter(language for word in words for language in _languages_with(word))
    if not known or max(known.values()) <= _KNOWN_SHARE * len(words):
        return ""
    most = max(_KNOWN_SHARE, sum(word in _glossed_to() for word in words) / len(words) + _LEAD)
    best, count = min(known.items(), key=lambda item: (-item[1], item[0]))
    return best if count > most * len(words) else ""


def gloss(text: str, language: str | None = None) -> str:
    """English for a text of at most `LONGEST` characters, word by word; longer ones are cut.

    `language` is what `language_of` finds where nothing is said. English comes back as it was.

    >>> gloss("Ich hasse alle Frauen.")
    'i hate all women.'
    """
    language = language_of(text) if language is None else language
    text = text[:LONGEST]
    if not language:
        return text
    text = _composed(text)
    known = table(language)
    found = list(_TOKEN.finditer(text))
    words = [match[0].lower() for match in found]
    pieces: list[str] = []
    place = end = 0
    while place < len(found):
        word, used = words[place], 1
        if _is_han(word):
            english = _ideographs(word, known) if language == "zh" else word
        else:
            english, used = _phrase(words, place, known) or (_word(word, language), 1)
        if used == 1 and english == word:
            english = found[place][0]
        pieces += (text[end : found[place].start()] or " ", english)
        place += used
        end = found[place - 1].end()
    pieces.append(text[end:])
    return " ".join("".join(pieces).split())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("’", "'"))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _TOKEN.findall(text)]


def _is_han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def _plain(word: str) -> str:
    """The word without accents and, in Arabic, without vowel signs and hamza."""
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _DROPPED.sub("", unicodedata.normalize("NFD", word)))


def _languages_with(word: str) -> Iterable[str]:
    """The languages whose tables have a word, with or without its accents."""
    known = _forms()
    found = known.get(word, ())
    plain = _plain(word)
    return found if plain == word else {*found, *known.get(plain, ())}


@cache
def _forms() -> dict[str, tuple[str, ...]]:
    """Every form of a single word, and the languages that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for language in languages():
        for form in table(language).glosses:
            found[form] = (*found.get(form, ()), language)
    return found


@cache
def _glossed_to() -> frozenset[str]:
    """The English words that the tables have."""
    return frozenset(
        word
        for language in languages()
        for english in table(language).glosses.values()
        for word in english.split()
    )


def _phrase(words: Sequence[str], place: int, known: Table) -> tuple[str, int] | None:
    """The gloss of the longest form of several words that begins here, and how many it has."""
    most = max(known.phrases.get(words[place], 0), known.phrases.get(_plain(words[place]), 0))
    if not most:
        return None
    exact = words[place : place + most]
    for some in (exact, [_plain(word) for word in exact]):
        for used in range(len(some), 1, -1):
            english = known.glosses.get(" ".join(some[:used]))
            if english is not None:
                return english, used
    return None


@lru_cache(maxsize=_REMEMBERED)
def _word(word: str, language: str) -> str:
    """The gloss of a word in small letters: as it is, undisguised, by prefix or stem; or itself."""
    glosses, stems, *_ = table(language)
    plain = _plain(word)
    for form in (word, plain, fold(word)):
        if form in glosses:
            return glosses[form]
    for prefix, meaning in _PREFIXES.get(language, {}).items():
        if plain.startswith(prefix) and len(plain) - len(prefix) > 1:
            english = glosses.get(plain[len(prefix) :])
            if english is not None:
                return f"{meaning} {english}".strip()
    shortest = max(_SHORTEST_STEM, len(plain) - _LONGEST_ENDING)
    for size in range(len(plain) - 1, shortest - 1, -1):
        if plain[:size] in stems:
            return stems[plain[:size]]
    return word


def _ideographs(run: str, known: Table) -> str:
    pieces = []
    place = 0
    while place < len(run):
        for size in range(min(known.longest, len(run) - place), 0, -1):
            part = run[place : place + size]
            if part in known.glosses or size == 1:
                pieces.append(known.glosses.get(part, part))
                place += len(part)
                break
    return " ".join(filter(None, pieces))
