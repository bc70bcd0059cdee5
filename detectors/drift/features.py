"""Style features of one answer, each scaled to [0, 1]."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable
from typing import NamedTuple

# Style shows early; what an answer says after this many characters changes no habit, and
# the cap bounds the cost of a 10 MB answer. Only `length` sees the whole answer.
HEAD_CHARS = 12_000
TAIL_CHARS = 400

_SHORTEST, _LONGEST = 10, 20_000
# How many times longer an answer at 1 of `length` is than one at 0.
LENGTH_RATIO = _LONGEST / _SHORTEST

# Everything that can't be part of a word; str.translate is four times faster than a pattern.
_BETWEEN_WORDS = str.maketrans(dict.fromkeys(string.punctuation + string.digits, " ") | {"'": "'"})
_SENTENCE_ENDS = (". ", "! ", "? ", "\n", "。", "！", "？")
_LIST_ITEM = re.compile(r"[ \t]{0,8}(?:[-*•–] |\d{1,3}[.)] )")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6} ")
_NON_LATIN = re.compile(
    r"[\u0370-\u1dff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff\U00010000-\U0001efff]"
)
_UPPER = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]")
_EMOJI = re.compile(r"[\u2600-\u27bf\U0001f300-\U0001faff]")


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FIRST = _word_set("i me my mine myself we us our ours i'm i've i'd i'll we're we've we'll")
_SECOND = _word_set("you your yours yourself you're you've you'll you'd")
_HEDGES = _word_set(
    "may might could perhaps possibly probably likely generally often typically usually"
    " sometimes seems seem appears appear suggests suggest roughly approximately potentially"
    " some various depending however although unclear"
)
_APOLOGIES = _word_set(
    "sorry apologize apologise apologies apology unfortunately cannot can't unable regret"
)
_CONNECTIVES = _word_set(
    "additionally furthermore moreover therefore thus consequently overall finally firstly"
    " secondly lastly hence nevertheless ultimately meanwhile similarly importantly notably"
    " specifically instead while including such as"
)

_COURTESIES = (
    "sure", "certainly", "of course", "absolutely", "great", "thank", "hello", "hi ", "hi!",
    "yes", "no,", "ok", "happy to", "glad", "i'd be happy",
)  # fmt: skip
_PRESENTING = (
    "here is", "here's", "here are", "below", "the following", "based on", "to ", "in order",
)  # fmt: skip
_SELF = ("i ", "i'm", "i’m", "as an", "as a ", "my ", "unfortunately", "it seems", "it appears")
_SUMMARIES = (
    "overall", "in conclusion", "in summary", "to summarize", "ultimately", "remember",
    "please note", "note that", "finally", "in short", "it's important", "it is important",
)  # fmt: skip
_OFFERS = (
    "let me know", "feel free", "hope this", "hope that", "happy to help", "would you like",
    "if you have any", "if you need", "please provide", "anything else", "good luck", "enjoy",
)  # fmt: skip


class _Text(NamedTuple):
    """What the features look at: measured once per answer."""

    whole: str
    head: str
    lowered_head: str
    last_lines: str
    words: list[str]
    distinct: frozenset[str]
    sentences: int
    lines: list[str]


def _log_scale(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return min(1.0, math.log(value / low) / math.log(high / low))


def _root_scale(rate: float, full: float) -> float:
    # The square root evens out the variance of counts, so rare habits spread over the bins.
    return min(1.0, math.sqrt(rate / full))


def _per_word(text: _Text, count: int, full: float) -> float:
    return _root_scale(count / len(text.words), full) if text.words else 0.0


def _per_char(text: _Text, count: int, full: float) -> float:
    return _root_scale(count / len(text.head), full) if text.head else 0.0


def _words_in(text: _Text, chosen: frozenset[str]) -> int:
    if not (text.distinct & chosen):
        return 0
    return sum(map(chosen.__contains__, text.words))


def _length(text: _Text) -> float:
    return _log_scale(len(text.whole), _SHORTEST, _LONGEST)


def _sentence_length(text: _Text) -> float:
    return _log_scale(len(text.words) / text.sentences, 1, 60) if text.words else 0.0


def _line_breaks(text: _Text) -> float:
    return _per_char(text, text.head.count("\n"), 0.05)


def _paragraphs(text: _Text) -> float:
    return _per_char(text, text.head.count("\n\n"), 0.02)


def _lists(text: _Text) -> float:
    if not text.lines:
        return 0.0
    return sum(_LIST_ITEM.match(line) is not None for line in text.lines) / len(text.lines)


def _markdown(text: _Text) -> float:
    marks = text.head.count("**") // 2 + text.head.count("](") + text.head.count("|\n")
    if "#" in text.head:
        marks += sum(_HEADING.match(line) is not None for line in text.lines)
    return _root_scale(marks / max(1, len(text.lines)), 2.0)


def _code(text: _Text) -> float:
    if "```" not in text.head:
        return 0.0
    return sum(map(len, text.head.split("```")[1::2])) / len(text.head)


def _commas(text: _Text) -> float:
    return _per_word(text, text.head.count(","), 0.2)


def _quotes(text: _Text) -> float:
    head = text.head
    return _per_word(text, head.count('"') + head.count("“") + head.count("("), 0.1)


def _dashes(text: _Text) -> float:
    head = text.head
    return _per_word(text, head.count("-") + head.count("—") + head.count("–"), 0.1)


def _exclamations(text: _Text) -> float:
    return _per_word(text, text.head.count("!") + text.head.count("！"), 0.05)


def _question_end(text: _Text) -> float:
    return float(text.last_lines.rstrip().endswith(("?", "？", "؟")))


def _first_person(text: _Text) -> float:
    return _per_word(text, _words_in(text, _FIRST), 0.1)


def _second_person(text: _Text) -> float:
    return _per_word(text, _words_in(text, _SECOND), 0.1)


def _hedging(text: _Text) -> float:
    return _per_word(text, _words_in(text, _HEDGES), 0.08)


def _apology(text: _Text) -> float:
    return _per_word(text, _words_in(text, _APOLOGIES), 0.05)


def _connectives(text: _Text) -> float:
    return _per_word(text, _words_in(text, _CONNECTIVES), 0.08)


def _variety(text: _Text) -> float:
    # Longer texts repeat more words; the first hundred make answers of any length comparable.
    first = text.words[:100]
    return len(set(first)) / len(first) if first else 0.0


def _word_length(text: _Text) -> float:
    if not text.words:
        return 0.0
    return min(1.0, max(0.0, sum(map(len, text.words)) / len(text.words) - 2.0) / 6.0)


def _upper_case(text: _Text) -> float:
    return _per_char(text, len(_UPPER.findall(text.head)), 0.2)


def _digits(text: _Text) -> float:
    return _per_char(text, sum(map(text.head.count, string.digits)), 0.2)


def _emoji(text: _Text) -> float:
    if text.head.isascii():
        return 0.0
    return _per_word(text, len(_EMOJI.findall(text.head)), 0.1)


def _non_latin(text: _Text) -> float:
    if text.head.isascii():
        return 0.0
    letters = sum(map(str.isalpha, text.head))
    return min(1.0, len(_NON_LATIN.findall(text.head)) / letters) if letters else 0.0


def _opening(text: _Text) -> float:
    # One ordered scale, from none to the most personal, instead of a signal for each kind.
    start = text.lowered_head[:60].lstrip()
    if start.startswith(_COURTESIES):
        return 1.0
    if start.startswith(_SELF):
        return 0.7
    return 0.35 if start.startswith(_PRESENTING) else 0.0


def _closing(text: _Text) -> float:
    if any(phrase in text.last_lines for phrase in _OFFERS):
        return 1.0
    return 0.5 if any(phrase in text.last_lines for phrase in _SUMMARIES) else 0.0


FEATURES: dict[str, tuple[str, Callable[[_Text], float]]] = {
    "length": ("characters, on a log scale from 10 to 20,000", _length),
    "sentence_length": ("words per sentence, on a log scale from 1 to 60", _sentence_length),
    "line_breaks": ("line breaks per character", _line_breaks),
    "paragraphs": ("empty lines per character", _paragraphs),
    "lists": ("share of lines that are list items", _lists),
    "markdown": ("bold text, links, headings and tables per line", _markdown),
    "code": ("share of the text inside code fences", _code),
    "commas": ("commas per word", _commas),
    "quotes": ("quotation marks and brackets per word", _quotes),
    "dashes": ("dashes and hyphens per word", _dashes),
    "exclamations": ("exclamation marks per word", _exclamations),
    "question_end": ("1 where the answer ends with a question", _question_end),
    "first_person": ("I, we and their forms per word", _first_person),
    "second_person": ("you and its forms per word", _second_person),
    "hedging": ("hedging words per word", _hedging),
    "apology": ("apologies and inability per word", _apology),
    "connectives": ("connecting words per word", _connectives),
    "variety": ("distinct words among the first hundred", _variety),
    "word_length": ("mean letters per word, from 2 to 8", _word_length),
    "upper_case": ("upper-case letters per character", _upper_case),
    "digits": ("digits per character", _digits),
    "emoji": ("emoji per word", _emoji),
    "non_latin": ("share of letters outside the Latin scripts", _non_latin),
    "opening": ("how it opens: plainly, presenting, speaking of itself, a courtesy", _opening),
    "closing": ("how it closes: plainly, with a summary, with an offer", _closing),
}


def features_of(answer: str) -> dict[str, float]:
    """Every feature of one answer, each in [0, 1]; an empty answer is 0 throughout.

    Looks at the first 12,000 characters and the last 400.
    """
    return described(answer)[0]


def described(answer: str) -> tuple[dict[str, float], frozenset[str]]:
    """`features_of` an answer, and its words in lower case, each once."""
    head = answer[:HEAD_CHARS]
    lowered = head.lower().replace("’", "'")
    words = lowered.translate(_BETWEEN_WORDS).split()
    tail = answer[-TAIL_CHARS:].rstrip()
    text = _Text(
        whole=answer,
        head=head,
        lowered_head=lowered,
        last_lines=tail[-200:].lower().replace("’", "'"),
        words=words,
        distinct=frozenset(words),
        sentences=1 + sum(map(head.rstrip().count, _SENTENCE_ENDS)),
        lines=[line for line in head.split("\n") if line and not line.isspace()],
    )
    return {name: measure(text) for name, (_, measure) in FEATURES.items()}, text.distinct
