"""The language of a prompt that is too short for `detectors._text.language`, beside an answer's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from detectors._text.common_words import LANGUAGES, Kind, kind_in, table
from detectors._text.language import languages_of, mismatch
from detectors.base import Message
from detectors.form.asked import is_asked_in, named_languages

_LONGEST: Final = 160
_EARLIER: Final = 4
_FEWEST_WORDS: Final = 3
_FEWEST_SMALL: Final = 2
_KNOWN: Final = 0.6
_SURE_CHARS: Final = 80
_SURE_IDEOGRAPHS: Final = 25
_MOST_SCORE: Final = 0.85
_REMEMBERED: Final = 1_024

# What is quoted, or is code, is in a language of its own.
_APART: Final = re.compile(
    r"`[^`\n]*`|https?://\S+|\S*[@_/\\]\S*|\"[^\"\n]*\"|“[^“”\n]*”|„[^„“”\n]*[“”]|«[^«»\n]*»"
    r"|(?<!\w)'[^'\n]*'(?!\w)|(?<!\w)‘[^‘’\n]*’(?!\w)"
)
_CODE: Final = re.compile(r"[={}<>|;*]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SPOKEN: Final = (
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "sv",
    "pl",
    "tr",
    "id",
    "vi",
    "ro",
    "cs",
)
_OF_SCRIPT: Final = {
    "han": "zh",
    "kana": "ja",
    "hangul": "ko",
    "arabic": "ar",
    "greek": "el",
    "devanagari": "hi",
}


def short_mismatch(
    prompt: str, messages: Sequence[Message], named: frozenset[str], answered: str, text: str
) -> float | None:
    """How surely an answer `text` in the language `answered` is not in that of a short prompt, in
    [0, 1]; None where the prompt and the user's messages before it leave its language open.

    A question or an order in small words of one language says enough, if no word of it is one of
    the answer's language alone, and the answer is long enough to be sure of. A prompt that says
    nothing itself ("ok") is in the language of the messages before it.
    """
    if len(prompt) > _LONGEST or _CODE.search(prompt) or not _is_long(text, answered):
        return None
    words = tuple(_WORD.findall(_APART.sub(" ", prompt)))
    asked = _language_of(words)
    if asked and ("?" in prompt or is_asked_in(prompt, asked)):
        if _speaks_for(words, answered, asked):
            return 0.0 if asked == answered else None
        return min(_MOST_SCORE, mismatch(named | {asked}, answered, text))
    before = _earlier(prompt, messages, answered)
    if before and not any(_speaks_for(words, answered, one) for one in before):
        return min(_MOST_SCORE, mismatch(named | before, answered, text))
    return None


def _is_long(text: str, answered: str) -> bool:
    return len(text) >= (_SURE_IDEOGRAPHS if answered in _OF_SCRIPT else _SURE_CHARS)


@lru_cache(_REMEMBERED)
def _language_of(words: tuple[str, ...]) -> str:
    """The language that most of the words are known in, two small ones of it among them, or ""."""
    # Names are known in none.
    told = [word for at, word in enumerate(words) if not at or word.islower() or _is_known(word)]
    if len(told) < _FEWEST_WORDS:
        return ""
    kinds = {language: [_kind(word, language) for word in told] for language in LANGUAGES}
    known = {language: sum(k >= Kind.COMMON for k in some) for language, some in kinds.items()}
    small = {language: some.count(Kind.FUNCTION) for language, some in kinds.items()}
    best = max(LANGUAGES, key=lambda one: (small[one] + known[one], known[one]))
    enough = small[best] >= _FEWEST_SMALL and known[best] >= _KNOWN * len(told)
    return best if enough and best in _SPOKEN else ""


def _speaks_for(words: Sequence[str], answered: str, asked: str) -> bool:
    """Whether a prompt may be in the answer's language: a word is known in it alone, or no two
    small words tell the two apart."""
    other = _OF_SCRIPT.get(answered, answered)
    if other not in LANGUAGES:
        return False
    theirs = [(_kind(word, other), _kind(word, asked)) for word in words]
    return any(one and not two for one, two in theirs) or (
        asked not in _OF_SCRIPT
        and sum(two == Kind.FUNCTION for _, two in theirs) > 0
        and sum(two == Kind.FUNCTION != one for one, two in theirs) < _FEWEST_SMALL
    )


def _earlier(prompt: str, messages: Sequence[Message], answered: str) -> frozenset[str]:
    """The languages of the user's last messages before the prompt; none where an earlier answer was
    in the language of this one."""
    said = [one.content for one in messages if one.role == "user" and one.content != prompt]
    told = [one.content for one in messages if one.role == "assistant"]
    if any(answered in languages_of(one) for one in told[-_EARLIER:]):
        return frozenset()
    named = named_languages(*said[-_EARLIER:])
    asked = languages_of("\n".join(said[-_EARLIER:])) if said and named is not None else frozenset()
    return asked | named if asked and named else asked


def _is_known(word: str) -> bool:
    return word.lower() in table() or word in table()


def _kind(word: str, language: str) -> int:
    place = LANGUAGES.index(language) if language in LANGUAGES else -1
    if place < 0:
        return Kind.NONE
    return max(kind_in(table().get(form, 0), place) for form in (word, word.lower()))
