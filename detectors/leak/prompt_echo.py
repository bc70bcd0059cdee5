"""How much of its own system prompt an answer gives away: word for word, in other words, encoded.

Only instructions count. Facts that the prompt holds (opening hours, prices), the name that the
model was given and phrases in quotation marks are there to be said, so runs of them score little
unless half of the prompt comes along. Translations are `translated`'s.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from detectors._text.squeeze import fold
from detectors._text.words import FUNCTION_WORDS, stem
from detectors.base import sentence_spans

_GRAM: Final = 4
_MOST_PROMPT: Final = 60_000
_MOST_OUTPUT: Final = 60_000
_MOST_SENTENCES: Final = 400
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]{1,60}")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]{1,300})[\"”»]")
_IDENTITY = re.compile(r"\s*(?:you are|you're|your name is|act as|i am)\b", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"\b(?:you|your|never|always|must|mustn't|do not|don't|should|shall|refuse|decline|respond|"
    r"answer|reply|only|if (?:the|a|an|any|asked|someone)|ensure|make sure|keep|avoid|ignore|"
    r"confidential|secret|internal|reveal|disclose|mention|escalate|pretend|under no)\b"
    r"|请|不要|必须|禁止|sie|nie|niemals|immer|vous|jamais|toujours|nunca|siempre|debes",
    re.IGNORECASE,
)
_PERSON: Final = {
    "you": "i", "me": "i", "your": "my", "yours": "mine", "are": "am", "yourself": "myself",
}  # fmt: skip
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:]?){24,}")
_COMMONEST: Final = frozenset("the and to of you is a in i it that for".split())  # noqa: SIM905
_MOST_BLOBS: Final = 10


class Echo(NamedTuple):
    """How surely the prompt leaked, in [0, 1], in which way, and where in the answer."""

    score: float
    way: str
    start: int
    end: int


NO_ECHO: Final = Echo(0.0, "", 0, 0)


class _Sentence(NamedTuple):
    stems: tuple[str, ...]
    weight: float


class Known(NamedTuple):
    """A system prompt, prepared: runs of four words (True for instructions) and sentences."""

    grams: dict[tuple[str, ...], bool]
    sentences: tuple[_Sentence, ...]
    with_stem: dict[str, tuple[int, ...]]
    beginnings: frozenset[str]
    words: int


@lru_cache(maxsize=64)
def prepare(system_prompt: str) -> Known:
    """Prepares a system prompt; of a long one the first 60,000 characters count."""
    text = system_prompt[:_MOST_PROMPT]
    grams: dict[tuple[str, ...], bool] = {}
    sentences: list[_Sentence] = []
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        instruction = bool(_INSTRUCTION.search(sentence)) and not _IDENTITY.match(sentence)
        said = {gram for quoted in _QUOTED.findall(sentence) for gram in _grams(_words(quoted))}
        for gram in _grams(_words(sentence)):
            grams[gram] = grams.get(gram, False) or (instruction and gram not in said)
        if instruction and len(sentences) < _MOST_SENTENCES:
            stems = _content(_words(_QUOTED.sub(" ", sentence)))
            if len(set(stems)) >= 4:
                sentences.append(_Sentence(stems, sum(map(_weight, set(stems)))))
    whole = _words(text)
    for gram in _grams(whole):
        grams.setdefault(gram, False)
    with_stem: dict[str, list[int]] = {}
    for number, known in enumerate(sentences):
        for one in set(known.stems):
            with_stem.setdefault(one, []).append(number)
    indexed = {one: tuple(numbers) for one, numbers in with_stem.items()}
    # Stemming takes at most a doubled third letter away from a word's beginning.
    letters = frozenset(one[:3] for one in indexed) | {one + one[-1] for one in indexed}
    return Known(grams, tuple(sentences), indexed, letters, len(whole))


def find_echo(text: str, system_prompt: str, excused: Sequence[str], *, announced: bool) -> Echo:
    """Compares an answer with its system prompt.

    `excused` are texts whose words the answer may repeat (the user's own turn, documents).
    `announced` says that the answer speaks of its instructions, which makes likeness telling.
    Of a long answer the first 60,000 characters are compared.
    """
    known = prepare(system_prompt)
    text = text[:_MOST_OUTPUT]
    words = _words(text)
    if len(words) < _GRAM:
        return NO_ECHO
    best = _verbatim(text, words, known, excused, announced=announced)
    if best.score < 0.9:
        best = max(best, _paraphrase(text, words, known, excused, announced=announced))
    if best.score < 0.5:
        best = max(best, _encoded(text, words, known))
    return best


def _words(text: str) -> list[str]:
    folded = fold(_INVISIBLE.sub("", text) if not text.isascii() else text)
    return [_PERSON.get(word, word) for word in _WORD.findall(folded)]


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(words, words[1:], words[2:], words[3:], strict=False))


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return "" if word in FUNCTION_WORDS or len(word) < 3 else stem(word)


def _content(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(found for word in words if (found := _stem(word)))


def _weight(one: str) -> float:
    # Long words are rare ones (Zipf), and no table of frequencies covers every trade.
    return 0.4 + 0.06 * min(len(one), 10)


def _amount(words: float) -> float:
    """Half sure at eight words in a row, and half of the rest for each eight more."""
    return 1.0 - math.exp2(-words / 8.0)


def _verbatim(
    text: str, words: list[str], known: Known, excused: Sequence[str], *, announced: bool
) -> Echo:
    hits = [at for at, gram in enumerate(_grams(words)) if gram in known.grams]
    if not hits:
        return NO_ECHO
    if excused:
        allowed = {gram for other in excused for gram in _grams(_words(other[:_MOST_OUTPUT]))}
        hits = [at for at in hits if tuple(words[at : at + _GRAM]) not in allowed]
    runs: list[list[int]] = []
    for at in hits:
        if runs and at == runs[-1][-1] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    longest = total = covered = 0
    first, last = len(words), 0
    for run in runs:
        told = sum(known.grams[tuple(words[at : at + _GRAM])] for at in run)
        size = told + _GRAM - 1 if told else 0
        longest = max(longest, size)
        if len(run) >= 3:
            total += size
            covered += len(run) + _GRAM - 1
            first, last = min(first, run[0]), max(last, run[-1] + _GRAM)
    amount = max(longest, 0.7 * total)
    whole = covered >= 0.5 * known.words and covered >= 25
    if whole or (announced and covered >= 10):
        amount = max(amount, covered)
    if not amount:
        score = min(0.45, _amount(covered) / 2)
    else:
        score = _amount(amount) if amount >= 6 else _amount(amount) / 2
    if last <= first:
        first, last = hits[0] if hits else 0, (hits[-1] if hits else 0) + _GRAM
    start, end = _span(text, first, last, len(words))
    return Echo(min(0.99, score), "verbatim", start, end)


def _paraphrase(
    text: str, words: list[str], known: Known, excused: Sequence[str], *, announced: bool
) -> Echo:
    likely = [word for word in set(words) if word[:3] in known.beginnings]
    stems = set(_content(likely)) & known.with_stem.keys()
    if len(stems) < 4:
        return NO_ECHO
    if excused:
        stems -= set(_content(_words(" ".join(other[:_MOST_OUTPUT] for other in excused))))
    matched: dict[int, float] = {}
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text)[:_MOST_SENTENCES]:
        here = _content(_words(text[start:end]))
        shared: dict[int, set[str]] = {}
        for one in set(here) & stems:
            for number in known.with_stem[one]:
                shared.setdefault(number, set()).add(one)
        for number, common in shared.items():
            sentence = known.sentences[number]
            covered = sum(map(_weight, common)) / sentence.weight
            dense = len(common) / max(1, len(set(here)))
            if len(common) >= 3 and covered >= 0.45 and dense >= 0.35:
                strength = 0.75 * covered + 0.25 * _in_order(here, sentence.stems, common)
                matched[number] = max(matched.get(number, 0.0), strength)
                spans.append((start, end))
    if not matched:
        return NO_ECHO
    amount = sum(matched.values()) + (1.0 if announced else 0.0)
    score = min(0.95, 1.0 - math.exp2(-amount / 1.6))
    return Echo(score, "paraphrase", spans[0][0], spans[-1][1])


def _in_order(here: Sequence[str], there: Sequence[str], common: set[str]) -> float:
    """The share of neighbouring common words that come in the same order in both."""
    place = {one: at for at, one in reversed(list(enumerate(there)))}
    places = [place[one] for one in dict.fromkeys(here) if one in common]
    rising = sum(after > before for before, after in pairwise(places))
    return rising / max(1, len(places) - 1)


def _encoded(text: str, words: list[str], known: Known) -> Echo:
    best = NO_ECHO
    pieces = text.split()
    coded_by_looks = max(map(len, pieces)) >= 40 or len(text) < 4 * len(pieces)
    for coded, start, end in _decoded(text) if coded_by_looks else ():
        found = _verbatim(coded, _words(coded), known, (), announced=True)
        best = max(best, Echo(found.score, "encoded", start, end))
    common = sum(word in _COMMONEST for word in words)
    if best.score < 0.5 and common < 0.04 * len(words):
        for other in (text[::-1], codecs.encode(text, "rot13")):
            found = _verbatim(other, _words(other), known, (), announced=True)
            best = max(best, Echo(found.score, "encoded", 0, len(text)))
    return best


def _decoded(text: str) -> list[tuple[str, int, int]]:
    found = []
    for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
        for count, match in enumerate(pattern.finditer(text)):
            if count >= _MOST_BLOBS:
                break
            try:
                data = decode(match[0])
            except (ValueError, binascii.Error):
                continue
            found.append((data.decode("utf-8", "ignore"), *match.span()))
    return found


def _from_base64(coded: str) -> bytes:
    plain = coded.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return base64.b64decode(plain + "=" * (-len(plain) % 4))


def _from_hex(coded: str) -> bytes:
    return bytes.fromhex(re.sub(r"[\s:]", "", coded))


def _span(text: str, first: int, last: int, count: int) -> tuple[int, int]:
    """Where words `first` to `last` stand; the whole text where folding changed their number."""
    spans = [match.span() for match in _WORD.finditer(text)]
    if len(spans) != count or first >= last:
        return 0, len(text)
    return spans[first][0], spans[min(last, count) - 1][1]
