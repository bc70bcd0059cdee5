"""Haiku and other verse, by lines and counted syllables."""

from __future__ import annotations

import re
from functools import lru_cache

_PATTERN = (5, 7, 5)
_MOST_CHARS = 3_000
_LONGEST_LINE = 160
# Verse quoted on one line.
_SLASH = re.compile(r"[ \t]+/[ \t]+")
_VOWELS = "aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿąęóıаеёиоуыэюяіїє"
_GROUPS = re.compile(f"[{_VOWELS}]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_VERSE = re.compile(r"^\s*(?:[-*+•>#|`]|\d+[.):]|[A-Za-z][.)]\s|https?:)|[|{};=]|:\s*\S|\d{3}")
_HIATUS = re.compile(
    r"^poe|[dr]ea$|ia(?!l\b|n\b|t)|io(?!n|u)|iu|eo(?!u)|ua(?!r|l)|ying|uou|ism\b|[dt]ier|lion"
)
_QUIET_E = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)e$")
_QUIET_ES = re.compile(r"[^aeiouycgsxzl]es$|[aeiouy]les$")
_QUIET_ED = re.compile(r"[^aeiouydt]ed$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_SMALL_KANA = re.compile(r"[ゃゅょャュョぁぃぅぇぉァィゥェォ]")
_RHYME = re.compile(r"[aeiouyäöüéèàáíóúàâêîô]+[^aeiouyäöüéèàáíóúâêîô]*e?$")


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """About how many syllables a word has, at least 1: vowel groups, less the mute e of English.

    >>> [syllables(word) for word in ("silent", "moon", "moonlight", "temple", "asked", "poem")]
    [2, 1, 2, 2, 1, 2]
    """
    word = word.lower().replace("’", "'")
    word = word.removesuffix("'s").replace("'", "")
    count = len(_GROUPS.findall(word))
    if not count:
        return 1
    count += len(_HIATUS.findall(word)) + (word in ("being", "quiet", "science"))
    if count > 1 and (_QUIET_E.search(word) or _QUIET_ES.search(word) or _QUIET_ED.search(word)):
        count -= 1
    return max(1, count)


def line_syllables(line: str) -> int:
    """About how many syllables (Japanese: morae, Chinese: characters) a line has."""
    kana = len(_KANA.findall(line)) - len(_SMALL_KANA.findall(line))
    han = len(_HAN.findall(line))
    if kana > 0:
        return kana + 2 * han
    return han + sum(syllables(word) for word in _WORD.findall(line) if not _HAN.match(word))


def haiku_score(text: str) -> float:
    """How surely the text is nothing but haiku, in [0, 1].

    One or more stanzas of three lines near 5-7-5 syllables, with at most a short line before
    and after, or three lines written on one with slashes between. Each syllable off the pattern
    costs a little, since the count is a heuristic.
    """
    if len(text) > _MOST_CHARS:
        return 0.0
    if "\n" not in text.strip() and len(_SLASH.findall(text)) == len(_PATTERN) - 1:
        text = _SLASH.sub("\n", text)
    if max(map(len, text.split("\n")), default=0) > _LONGEST_LINE:
        return 0.0
    stanzas: list[list[str]] = [[]]
    for line in text.strip().splitlines():
        if line.strip():
            stanzas[-1].append(line.strip())
        elif stanzas[-1]:
            stanzas.append([])
    lines = [line for stanza in stanzas for line in stanza]
    if not 3 <= len(lines) <= 40:
        return 0.0
    if len(lines) <= 5 and all(len(stanza) == 1 for stanza in stanzas if stanza):
        stanzas = [lines]
    best: list[float] = []
    outside = 0
    for stanza in stanzas:
        found = max((_three(stanza[at : at + 3]) for at in (0, 1)), default=0.0)
        if found and len(stanza) <= 5:
            best.append(found)
            outside += sum(len(line.split()) for line in stanza[3:])
        else:
            outside += sum(len(line.split()) for line in stanza)
    if not best or outside > 16:
        return 0.0
    return min(1.0, sum(best) / len(best) + 0.05 * (len(best) - 1))


def _three(lines: list[str]) -> float:
    if len(lines) != 3 or any(len(line) > 70 or _NOT_VERSE.search(line) for line in lines):
        return 0.0
    if any(line.endswith((".", "!", "?", "。")) for line in lines[:2]) and all(
        line.endswith((".", "!", "?", "。")) for line in lines
    ):
        return 0.0
    counts = [line_syllables(line) for line in lines]
    off = [abs(count - wanted) for count, wanted in zip(counts, _PATTERN, strict=True)]
    if max(off) > 2 or sum(off) > 3 or counts[1] < max(counts[0], counts[2]):
        return 0.0
    return 0.95 - 0.1 * sum(off)


def verse_score(text: str) -> float:
    """How surely the whole text is verse, in [0, 1]: short even lines, most of them rhyming."""
    if not 80 <= len(text) <= 4 * _MOST_CHARS or text.count("\n") < 3:
        return 0.0
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 4:
        return 0.0
    short = [
        line
        for line in lines
        if 12 <= len(line) <= 75 and 3 <= line.count(" ") + 1 <= 14 and not _NOT_VERSE.search(line)
    ]
    if len(short) < 4 or len(short) < 0.8 * len(lines):
        return 0.0
    ends = [_rhyme(line) for line in short]
    words = [_last_word(line) for line in short]
    rhymed = 0
    for at, end in enumerate(ends):
        near = [other for other in range(max(0, at - 3), min(len(ends), at + 4)) if other != at]
        rhymed += end != "" and any(ends[o] == end and words[o] != words[at] for o in near)
    share = rhymed / len(short)
    return max(0.0, min(0.95, 0.1 + 1.1 * share)) if share >= 0.3 else 0.0


def _last_word(line: str) -> str:
    found = _WORD.findall(line[-40:].lower())
    return found[-1] if found else ""


def _rhyme(line: str) -> str:
    word = _last_word(line)
    match = _RHYME.search(word[-8:])
    end = match[0] if match else ""
    return end if len(end) >= 2 else ""
