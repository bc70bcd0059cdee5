"""A report as sentences of plain English, whatever it was written in.

In English, spelling is mended where a word is nearly one that counts, and short forms are written
out. German, Spanish, French, Italian and Portuguese become English word by word: first the words of
reports, then what the detectors' own tables know. No translation: enough for who did what, and
whether it was denied.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from detectors._text import gloss
from detectors._text.common_words import LANGUAGES, Kind, kind_in, table
from streams.triage.patterns import read

LONGEST = 20_000
"""Characters of a report that are read; what follows is left out."""

_WORDS = Path(__file__).with_name("words")

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CITED = re.compile(
    r"“[^”\n]{1,600}”|„[^“”\n]{1,600}[“”]|«[^»\n]{1,600}»|\"[^\"\n]{1,600}\"|`[^`\n]{1,600}`"
    r"|(?<![\w])'(?=[\w¡¿])[^'\n]{6,600}'(?![\w])|(?<![\w])‘[^’\n]{6,600}’(?![\w])"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|@\w+")
_SENTENCE_END = re.compile(
    r"(?<!\d\.)(?<!\b[Nn]o\.)(?<!\b[Nn]r\.)(?<=[.!?…])(?P<closed>[\"'”’)]*)\s+|\n\s*[-*•>]?\s*|\s[-–—]{1,2}\s|;\s+|(?<=[!?])(?=[A-ZÄÖÜ¿¡])"
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’][^\W\d_]+)*|[.,!?:;%#$€+()/\"-]")
_SHORT = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not",
    "ain't": "is not", "cant": "can not", "wont": "will not", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "isnt": "is not", "wasnt": "was not",
    "werent": "were not", "hasnt": "has not", "havent": "have not", "hadnt": "had not",
    "wouldnt": "would not", "couldnt": "could not", "shouldnt": "should not", "arent": "are not",
    "aint": "is not", "noone": "nobody", "no-one": "nobody", "nobdy": "nobody", "u": "you",
    "ur": "your", "r": "are", "pls": "please", "plz": "please", "ppl": "people", "cust": "customer",
    "custs": "customers", "thx": "thanks", "smth": "something", "sth": "something",
    "sthg": "something", "bc": "because", "cuz": "because", "bcs": "because", "w": "with",
    "w/o": "without", "imho": "", "idk": "not sure", "dunno": "not sure", "im": "i am",
    "ive": "i have", "its": "it is", "it's": "it is", "gonna": "going to", "gunna": "going to",
    "wanna": "want to", "gotta": "got to", "kinda": "kind of", "sorta": "sort of", "tho": "though",
    "teh": "the", "hte": "the", "taht": "that", "thier": "their", "yr": "your", "msg": "message",
    "msgs": "messages", "convo": "conversation", "abt": "about", "tbh": "", "fyi": "",
    "prolly": "probably", "prob": "probably", "whats": "what is", "thats": "that is",
    "theres": "there is", "wtf": "why", "unalive": "kill", "sewerslide": "suicide",
    "kys": "kill yourself", "kms": "kill myself", "tix": "tickets", "cc": "card",
}  # fmt: skip
_ENDINGS = (("n't", " not"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("'d", " would"))
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu)'[^\W\d_]{2}")
_LANGUAGES = ("de", "es", "fr", "it", "pt")
_SHORTEST_MENDED = 5


class Sentence(NamedTuple):
    """One sentence: its words as plain English in small letters, whether it asks, and what it
    cites, as it was written."""

    text: str
    asks: bool
    cites: tuple[str, ...]


def sentences(text: str) -> list[Sentence]:
    """The sentences of a report, in order."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:LONGEST]))
    text = text.replace("’", "'").replace("‘", "'")
    language = language_of(text)
    found = []
    for part in _parts(_ADDRESS.sub(" ", text)):
        cites = tuple(one.group()[1:-1] for one in _CITED.finditer(part))
        asks = part.rstrip(" \"'”’)").endswith("?") or part.lstrip().startswith("¿")
        plain = english(part, language)
        if plain:
            found.append(Sentence(plain, asks, cites))
    return found


def language_of(text: str) -> str:
    """`de`, `es`, `fr`, `it` or `pt`, or what the detectors' tables take it for; "" for English."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {
        language: sum(
            (word in _function_words(language)) + (word in _report_table(language))
            for word in words
        )
        for language in _LANGUAGES
    }
    # They elide in both; what else stands there tells which.
    if not counts["it"] > counts["fr"]:
        counts["fr"] += len(_ELIDED.findall(text.lower()))
    english_words = sum((word in _function_words("en")) + (word in _known()) for word in words)
    best = max(counts, key=lambda one: counts[one])
    if counts[best] > english_words:
        return best
    return "" if english_words else gloss.language_of(text)


def english(text: str, language: str) -> str:
    """A text as plain English words and marks, in small letters, with one space between."""
    tokens = _TOKEN.findall(text.lower())
    if language in _LANGUAGES:
        tokens = " ".join(_phrases(tokens, _report_table(language))).split()
        text = " ".join(_glossed(tokens, language))
    elif language:
        text = gloss.gloss(" ".join(tokens), language)
    else:
        text = " ".join(tokens)
    words: list[str] = []
    for token in text.split():
        words += _written_out(token).split()
    # A word of another language is no slip of an English one.
    return " ".join(words if language else (_mended(word) for word in words))


def _parts(text: str) -> list[str]:
    """The sentences of a text; one isn't cut inside what it cites."""
    cited = [one.span() for one in _CITED.finditer(text)]
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if any(first < end.start() < last - 1 for first, last in cited):
            continue
        if end["closed"] and text[end.end() : end.end() + 1].islower():
            continue
        parts.append(text[start : end.start() + len(end["closed"] or "")])
        start = end.end()
    parts.append(text[start:])
    return [part for part in parts if re.search(r"\w", part)]


def _written_out(token: str) -> str:
    if token in _SHORT:
        return _SHORT[token]
    for ending, whole in _ENDINGS:
        if token.endswith(ending) and len(token) > len(ending):
            return token[: -len(ending)] + whole
    return token.removesuffix("'s").removesuffix("'m").removesuffix("s'")


def _mended(word: str) -> str:
    """A word, or the one that counts of which it is a slip."""
    if len(word) < _SHORTEST_MENDED or not word.isalpha() or word in _known():
        return word
    near = [one for one in _that_count().get(word[0], ()) if _slip(word, one)]
    if not near and len(word) >= _SHORTEST_MENDED + 1:
        near = [
            one
            for ones in _that_count().values()
            for one in ones
            if one[1:2] == word[:1] and one[:1] == word[1:2] and _slip(word, one)
        ]
    return min(near, key=lambda one: (abs(len(one) - len(word)), one)) if near else word


def _slip(word: str, meant: str) -> bool:
    """Whether a word is another with one slip of the keys, or two in a long one."""
    most = 1 if len(meant) < 8 else 2
    if abs(len(word) - len(meant)) > most:
        return False
    before, row = list(range(len(meant) + 1)), list(range(len(meant) + 1))
    older = before
    for i, a in enumerate(word, 1):
        row = [i, *([0] * len(meant))]
        for j, b in enumerate(meant, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == meant[j - 2] and word[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
        older, before = before, row
    return row[-1] <= most


def _phrases(tokens: list[str], table: dict[str, str]) -> Iterable[str]:
    """Tokens with forms of a table, the longest first, put into English."""
    at = 0
    while at < len(tokens):
        for size in range(min(4, len(tokens) - at), 0, -1):
            form = " ".join(tokens[at : at + size])
            known = table.get(form) if size > 1 else _single(form, table)
            if known is not None:
                yield known
                at += size
                break
        else:
            yield tokens[at]
            at += 1


def _single(word: str, table: dict[str, str]) -> str | None:
    known = table.get(word)
    if known is not None or "'" not in word:
        return known
    # l'assistant, d'un, n'a, qu'il
    first, _, rest = word.partition("'")
    there = table.get(rest, rest)
    return f"{table.get(first + chr(39), '')} {there}".strip()


def _glossed(tokens: list[str], language: str) -> Iterable[str]:
    ours = _english_of_reports(language)
    for token in tokens:
        yield token if token in ours or not token.isalpha() else gloss.gloss(token, language)


@cache
def _report_table(language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in (_WORDS / f"{language}.txt").read_text("utf-8").splitlines():
        meant, _, forms = line.partition("\t")
        for form in forms.split():
            table.setdefault(form.replace("_", " "), "" if meant == "-" else meant)
    return table


@cache
def _english_of_reports(language: str) -> frozenset[str]:
    return frozenset(word for one in _report_table(language).values() for word in one.split())


@cache
def _function_words(language: str) -> frozenset[str]:
    return frozenset(read("words/function_words.yaml")[language].split())


@cache
def _known() -> frozenset[str]:
    """English words that are no slips."""
    place = LANGUAGES.index("en")
    common = (word for word, packed in table().items() if kind_in(packed, place) != Kind.NONE)
    return _function_words("en").union(common, *_that_count().values())


@cache
def _that_count() -> dict[str, tuple[str, ...]]:
    """Words that decide about a report, by their first letter."""
    found: dict[str, list[str]] = {}
    for word in (_WORDS / "spelt.txt").read_text("utf-8").split():
        found.setdefault(word[0], []).append(word)
    return {first: tuple(words) for first, words in found.items()}
