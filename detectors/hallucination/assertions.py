"""Sentences that affirm or deny something, and sentences that say who or what something is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from detectors._text.words import FUNCTION_WORDS, stem, word_set
from detectors.hallucination.statements import Sentence, content_of, names_in

_MAX_KEY = 60

_NEGATIONS = word_set("""
    not no never nicht kein keine keinen keiner keines keinem nie niemals pas jamais nunca jamás
    non mai não niet geen nooit inte aldrig ingen inga inget ikke aldri не нет никогда ei
    """)
_DROPPED = word_set("a an the do does did ne n der die das le la les el los las l")
# "Not only", "not always": what is denied isn't the statement.
_PARTLY = frozenset(
    map(
        stem,
        word_set("""
    only just necessarily always yet all every longer merely simply entirely completely fully
    exactly quite really very that usually typically normally more less enough so as much many
    both also too mention sure solely directly nur immer alle mehr ganz toujours tout plus
    seulement siempre todo solo sempre tutto solo alltid bara too
    """),
    )
)
_PARTLY_CJK = re.compile("非常|不但|不仅|不過|不过|不同|不错|不断|不久|不少|差不多|是否|不得不")
_FLIPPED = {
    "closed": "open", "shut": "open", "unsafe": "safe", "illegal": "legal", "unlawful": "legal",
    "forbidden": "allowed", "prohibited": "allowed", "banned": "allowed", "impossible": "possible",
    "unavailable": "available", "false": "true", "untrue": "true", "invalid": "valid",
    "incompatible": "compatible", "inedible": "edible", "incorrect": "correct",
    "optional": "required", "unnecessary": "necessary", "geschlossen": "geöffnet",
    "verboten": "erlaubt", "fermé": "ouvert", "cerrado": "abierto", "chiuso": "aperto",
    "nonrefundable": "refundable", "unsupported": "supported", "disabled": "enabled",
    "excluded": "included", "guilty": "innocent", "unlimited": "limited",
}  # fmt: skip
_SAME = {
    "permitted": "allowed", "mandatory": "required", "opened": "open", "has": "have", "had": "have",
    "lawful": "legal",
}  # fmt: skip
_COPULAS = word_set("is are was were be been ist sind war est sont es son è sono är")
_FIRST_PERSON = word_set("i my me mine we'd ich je yo io eu ik jag")
_PRONOUNS = word_set(
    "it he she they this that these those you we there es er sie il elle ce lui lei han hon"
)
_CLAUSE_END = re.compile(
    r"[,;:()，；：]|\s[-–—]\s|—|\b(?:because|but|although|since|aber|weil|mais|pero)\b"
)
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{1,64}"
)
_CONDITION = word_set("""
    in if when unless except only during before after on at with without from to between until for
    by under over via through bei wenn ab von bis am im mit ohne avec sans pour à de en con sin con
    """)
_ANSWERS = word_set("yes no ja nein oui non sí sim")
_CONNECTIVE = re.compile(r"(?i)^(?:[a-zà-ÿ]{2,14}|in (?:fact|short|addition|general)), ")
_LEADING = re.compile(
    r"(?i)(?:in|on|at|during|for|by|after|before|since|when|as|while|with|im|am|bei|en)\b"
)


class Assertion(NamedTuple):
    """A statement and how many negations it holds: `key` are its words in order, without
    articles, negations and "do"; opposites ("closed") are turned round, as one negation."""

    start: int
    end: int
    key: tuple[str, ...]
    negations: int
    content: frozenset[str]
    names: frozenset[str]
    vague: bool


class Naming(NamedTuple):
    """Who or what something is: `key` tells of what, and in which tense or by which verb."""

    start: int
    end: int
    key: tuple[str, ...]
    name: frozenset[str]
    content: frozenset[str]
    names: frozenset[str]


def assertions_in(sentence: Sentence) -> list[Assertion]:
    """What a sentence, and the first clause of a longer one, affirms or denies; not what the
    speaker says of itself."""
    found: list[Assertion] = []
    if sentence.certain and not sentence.listed:
        text = _CONNECTIVE.sub("", sentence.text).rstrip(" .!。！")
        if not text.isascii() and _PARTLY_CJK.search(text):
            return []
        names = names_in(sentence.text)
        clause = _first_clause(text)
        for part in (clause,) if clause == text else (clause, text):
            words = _WORD.findall(part.lower())
            if not 3 <= len(words) <= _MAX_KEY or words[0] in _FIRST_PERSON:
                continue
            key, negations = _key(words[1:] if words[0] in _ANSWERS else words)
            if len(key) < 3:
                continue
            content = content_of(" ".join(key))
            vague = key[0] in _PRONOUNS
            found.append(
                Assertion(
                    sentence.start, sentence.end, key, negations, content, names & content, vague
                )
            )
    return found


def _first_clause(text: str) -> str:
    if _LEADING.match(text):
        return text
    match = _CLAUSE_END.search(text, 1)
    return text[: match.start()].rstrip() if match else text


def _key(words: list[str]) -> tuple[tuple[str, ...], int]:
    """The words that count, and the negations among them; nothing where those are partial."""
    key: list[str] = []
    turns = 0
    copula = False
    for place, word in enumerate(words):
        if word in _NEGATIONS or word in "不没":
            turns += 1
            following = words[place + 1] if place + 1 < len(words) else ""
            if following and stem(following) in _PARTLY:
                return (), 0
            continue
        if word in _DROPPED:
            continue
        if copula and word in _FLIPPED:
            turns += 1
            word = _FLIPPED[word]
        copula = copula or word in _COPULAS
        word = _SAME.get(word, word)
        key.append(_stem(word))
    return tuple(key), turns


@lru_cache(maxsize=16_384)
def _stem(word: str) -> str:
    return word if word in FUNCTION_WORDS else stem(word)


def opposed(one: Assertion, other: Assertion) -> bool:
    """Whether one statement is the other with one negation more, or denies in general what the
    other affirms in more words."""
    affirmed, denied = sorted((one, other), key=lambda statement: statement.negations)
    if denied.negations - affirmed.negations != 1:
        return False
    if affirmed.key == denied.key:
        return True
    if affirmed.negations or affirmed.key[: len(denied.key)] != denied.key:
        return False
    following = affirmed.key[len(denied.key)]
    return following not in _CONDITION or following in ("from", "until", "to")


_PART = r"[A-ZÀ-Þ][\w.'-]{0,30}"
_NAME = rf"(?:{_PART})(?: (?:(?:of|de|van|von|the|da|di|del|la|le) )?{_PART}){{0,4}}"
_IS = "is|was|are|were|ist|war|est|était|es|era|fue|è|är|var|foi|é"
_VERBS = {
    "wrote": "written", "authored": "written", "written": "written", "invented": "invented",
    "discovered": "discovered", "founded": "founded", "directed": "directed",
    "painted": "painted", "composed": "composed", "designed": "designed", "created": "created",
    "built": "built", "won": "won", "geschrieben": "geschrieben", "écrit": "écrit",
    "erfunden": "erfunden", "escrito": "escrito", "escrita": "escrito", "assassinated": "killed",
}  # fmt: skip
_VERB = "|".join(_VERBS)
_NAMINGS = (
    re.compile(rf"(?P<what>[^,;:()\n]{{3,90}}?) (?P<how>{_IS}) (?P<who>{_NAME})$"),
    re.compile(
        rf"(?P<who>{_NAME}) (?P<how>{_IS}) (?P<what>(?:the|der|die|das|le|la|el|il"
        rf"|o) [^,;:()\n]{{3,90}})$"
    ),
    re.compile(
        rf"(?P<what>[^,;:()\n]{{3,90}}?) (?:was|were|is|wurde|a été|fue|foi) (?:first "
        rf"|originally )?"
        rf"(?P<how>{_VERB}) (?:by|von|par|por) (?P<who>{_NAME})$"
    ),
    re.compile(rf"(?P<who>{_NAME}) (?P<how>{_VERB}) (?P<what>[^,;:()\n]{{3,90}})$"),
)
_NAMING = _VERBS.keys() | frozenset(_IS.split("|"))
_DENYING = _NEGATIONS | _FLIPPED.keys() | frozenset(("cannot", "不", "没"))
_DEFINITE = re.compile(
    r"(?i)\b(?:the|its|his|her|their|our|your|der|die|das|la|le|el|il|lo|o|a capital)\b|'s\b"
    r"|\b(?:l|d)'"
)
_OPEN = re.compile(
    r"(?i)\b(?:one of|example|another|other|some|best|favou?rite|my|a few|several|many|popular"
    r"|famous|city|state"
    r"|country|problem|name|thing|reason|next|former|new|old|same|only thing|idea|option|choice"
    r"|part|also)\b"
)
_ENDS_NAME = re.compile(
    r"[,;:()]|\s[-–—]\s| and also | (?:in|on|at|from|since|until|who|which|with|for|as) "
)


def naming_in(sentence: Sentence) -> Naming | None:
    """Who or what a sentence says something is, where there can be one answer only."""
    text = _ENDS_NAME.split(sentence.text, maxsplit=1)[0].rstrip(" .!*")
    if not sentence.plain or sentence.listed or len(text) > 160:
        return None
    for form, pattern in enumerate(_NAMINGS):
        match = pattern.match(text)
        if match is None:
            continue
        what, how = match["what"], match["how"].lower()
        if form < 2 and (not _DEFINITE.search(what) or _OPEN.search(what)):
            continue
        name = frozenset(_WORD.findall(match["who"].lower())) - FUNCTION_WORDS
        content = content_of(what)
        if not content or not name:
            continue
        key = (_VERBS.get(how, how), *sorted(content))
        names = names_in(f"x {what}") & content
        return Naming(sentence.start, sentence.end, key, name, content, names)
    return None


def may_deny(text: str, words: frozenset[str]) -> bool:
    """False where a text of these words in lower case certainly neither denies anything nor
    holds the opposite of something."""
    return not words.isdisjoint(_DENYING) or "n't" in text or "n’t" in text


def may_name(words: frozenset[str]) -> bool:
    """False where a sentence of these words certainly doesn't say who or what something is."""
    return not words.isdisjoint(_NAMING)


def other_name(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names can't be one written differently: no word or beginning in common."""
    heads = {word[:3] for word in one}
    if heads & {word[:3] for word in other}:
        return False
    initials = {"".join(sorted(word[0] for word in name)) for name in (one, other)}
    short = [name for name in (one, other) if len(name) == 1 and len(next(iter(name))) <= 4]
    # "USA" for "United States of America".
    return not (short and any("".join(sorted(next(iter(s)))) in initials for s in short))
