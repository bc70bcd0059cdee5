"""The language of a text: its script, and for Latin and Cyrillic letters its small words."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt

_SAMPLE: Final = 1_000
_PART: Final = 300
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)

_BLOCKS: Final = (
    (0x0041, "latin"), (0x02B0, ""), (0x0370, "greek"), (0x0400, "cyrillic"), (0x0530, ""),
    (0x05D0, "hebrew"), (0x05EB, ""), (0x0620, "arabic"), (0x0700, ""), (0x0750, "arabic"),
    (0x0780, ""), (0x0904, "devanagari"), (0x0964, ""), (0x0E01, "thai"), (0x0E50, ""),
    (0x1100, "hangul"), (0x1200, ""), (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, ""),
    (0x3041, "kana"), (0x3100, ""), (0x3400, "han"), (0x4DC0, ""), (0x4E00, "han"),
    (0xA000, ""), (0xAC00, "hangul"), (0xD7A4, ""),
)  # fmt: skip
_STARTS: Final = np.array([0, *(start for start, _ in _BLOCKS)])
_NAMES: Final = ("", *(name for _, name in _BLOCKS))
# An ideograph or a syllable says as much as two or three letters.
_WEIGHT: Final = {"han": 3.0, "kana": 2.0, "hangul": 2.5}

_SMALL_WORDS: Final = {
    "en": "the and of to is that it for was on are with as be this have from or by not you which "
    "what how can do does an at but they we your there their would about who why my me i'm our his "
    "her has had will were when where if its these some all any more than into out should give",
    "de": "der die das und ist nicht ein eine den von zu mit sich des auf für im dem als auch es "
    "wie wird sind oder einen einer aus bei nach sie ich wir kann was warum noch nur über werden",
    "fr": "le la les et est des en un une du dans que qui pour pas sur au avec ce il sont par plus "
    "cette vous je nous ne se ou comment quel quelle être aux mais c'est d'un",
    "es": "el la los las de y es en un una que por con para no del se lo su como más pero al son "
    "está qué cómo cuál puede este esta muy también hay sobre cuánto cuándo dónde cuesta",
    "pt": "o a os as de e é em um uma que por com para não do da dos das se no na como mais mas ao "
    "são está qual você pode este esta muito também há sobre pelo quanto quando onde custa quem",
    "it": "il la lo gli le di e è in un una che per con non del della dei si come più ma al sono "
    "questo questa nel alla quale cosa può anche molto degli perché quanto quando dove costa",
    "nl": "de het een en van is dat in te op voor met niet zijn aan er die als ook door maar bij "
    "naar wordt ik je hoe wat kan worden of om dit deze uit",
    "sv": "och att det som en på är av för med till den har inte om ett jag vi kan de från vad hur "
    "eller men var ska också så när",
    "pl": "i w na z do się nie że to jest jak o po od za dla przez co są oraz który ale czy może "
    "być tego jego tym także",
    "tr": "ve bir bu için ile da de ne olarak daha çok en gibi var olan mi nasıl ben sen kadar "
    "değil sonra veya ama her olduğu nedir",
    "id": "dan yang di untuk dengan ini dari adalah pada dalam tidak itu ke akan atau juga bisa "
    "saya anda sebagai oleh dapat apa bagaimana ada karena",
    "vi": "và của là có không được cho một các trong với này những để người tôi bạn như khi thì "
    "đã cũng về từ ra",
    "ro": "și de în la cu o un este pe nu care pentru din sunt ce mai a să se ca dar sau prin fi "
    "cum acest această",
    "cs": "a je v na se že to s z do o pro jako ale jsou které jeho nebo jak co by ne od při může "
    "být také již",
    "ru": "и в не на что с как по это из у за к для от но о то же так или все его мы вы они я бы "
    "если есть можно который",
    "uk": "і в не на що з як по це із у за до для від але о та або все його ми ви вони я би якщо є "
    "можна який та й",
}
_OF_WORD: Final[dict[str, tuple[str, ...]]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in set(_words.split()):
        if len(_word) == 1 and _word.isascii():
            continue
        _OF_WORD[_word] = (*_OF_WORD.get(_word, ()), _language)
_ONLY_ENGLISH: Final = frozenset(word for word, of in _OF_WORD.items() if of == ("en",))
# Marks and characters that Japanese doesn't write.
_CHINESE: Final = re.compile("[，们这吗岁么说请问对时个为与们还馆钟块]")
_UKRAINIAN: Final = re.compile("[іїєґ]")
_RUSSIAN: Final = re.compile("[ыэё]")
_CYRILLIC: Final = frozenset({"ru", "uk"})
# Near relatives share so many small words that only a clear lead tells them apart.
_CLOSE: Final = tuple(
    frozenset(pair.split()) for pair in ("es pt", "es it", "pt it", "ru uk", "de nl", "cs pl")
)


def _blocks(text: str) -> npt.NDArray[np.int64]:
    points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    return np.searchsorted(_STARTS, points, side="right") - 1


def _counts(text: str) -> dict[str, float]:
    """How many characters of each script the text has; marks between A and a count as Latin."""
    found: dict[str, float] = {}
    for name, count in zip(_NAMES, np.bincount(_blocks(text)).tolist(), strict=False):
        if name and count:
            found[name] = found.get(name, 0.0) + count
    return found


def script_of(text: str) -> tuple[str, float]:
    """The script most of the text is in and its share, in [0, 1]; ("", 0) without letters."""
    if text.isascii():
        count = len(_WORD.findall(text))
        return ("latin", 1.0) if count else ("", 0.0)
    found = {name: _WEIGHT.get(name, 1.0) * count for name, count in _counts(text).items()}
    if "kana" in found:
        found["kana"] += found.pop("han", 0.0)
    total = sum(found.values())
    if total < 1:
        return "", 0.0
    best = max(found, key=lambda name: found[name])
    return best, found[best] / total


def language_of(text: str) -> str:
    """The language, as a code of two letters or the name of a script; "" when unsure.

    >>> language_of("Wie kann ich mein Passwort ändern, und was ist dabei zu beachten?")
    'de'
    """
    sample = text[:_SAMPLE]
    if "`" in sample or "://" in sample:
        sample = _CODE.sub(" ", sample)
    script, share = script_of(sample)
    if script not in ("latin", "cyrillic"):
        return script if share >= 0.5 else ""
    if share < 0.6:
        return ""
    words = _WORD.findall(sample.lower())
    if not words:
        return ""
    english = [word for word in words if word in _ONLY_ENGLISH]
    if len(english) > 0.15 * len(words) and len(set(english)) >= 4:
        return "en"
    counts: dict[str, float] = {}
    distinct: dict[str, set[str]] = {}
    for word in words:
        for language in _OF_WORD.get(word, ()):
            distinct.setdefault(language, set()).add(word)
            counts[language] = counts.get(language, 0.0) + 1.0 / len(_OF_WORD[word]) ** 0.5
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    unsure = _cyrillic(sample.lower()) if script == "cyrillic" else ""
    if not ranked or ranked[0][1] < 2.0 or ranked[0][1] < 0.12 * len(words):
        return unsure
    best, most = ranked[0]
    if len(distinct[best]) < 3:
        return unsure
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if most < 1.35 * second:
        return unsure
    return best


def _cyrillic(text: str) -> str:
    """Russian or Ukrainian by the letters that only one of them has, else "cyrillic"."""
    ukrainian, russian = _UKRAINIAN.search(text), _RUSSIAN.search(text)
    if bool(ukrainian) == bool(russian):
        return "cyrillic"
    return "uk" if ukrainian else "ru"


def small_words(text: str) -> Counter[str]:
    """How many small words of each language a text has; of a long one the beginning counts."""
    words = _WORD.findall(text[:_SAMPLE].lower())
    return Counter(language for word in words for language in _OF_WORD.get(word, ()))


def languages_of(prompt: str) -> frozenset[str]:
    """The languages of a prompt's whole, beginning and end: an instruction beside a quotation."""
    parts = [prompt]
    if len(prompt) > _PART:
        parts += [prompt[:_PART], prompt[-_PART:]]
    if "\n" in prompt:
        lines = prompt[:_SAMPLE].splitlines()
        parts += [lines[0], lines[-1]]
    return frozenset(filter(None, map(language_of, parts)))


def mismatch(asked: frozenset[str], answered: str, text: str = "") -> float:
    """How surely an answer in one language is not in any of those asked in, in [0, 1].

    By the `text` of the answer Chinese is told from Japanese that happens to have no kana.
    """
    if not asked or not answered or answered in asked:
        return 0.0
    scripts = {_script_name(language) for language in asked}
    if _script_name(answered) not in scripts:
        # A Chinese question may hold Japanese names, and the other way round.
        if {answered} | scripts <= {"han", "kana"}:
            return 0.8 if answered == "han" and _CHINESE.search(text) else 0.6
        return 0.95
    if answered == "cyrillic" or "cyrillic" in asked:
        return 0.0
    if any({answered, language} in _CLOSE for language in asked):
        return 0.7
    return 0.85


def _script_name(language: str) -> str:
    if language in _CYRILLIC:
        return "cyrillic"
    return "latin" if len(language) == 2 else language


def foreign_part(text: str, asked: frozenset[str]) -> tuple[float, int, int]:
    """Share of the answer's letters in a script not asked in, and the span from first to last."""
    if text.isascii() or not asked:
        return 0.0, 0, 0
    sample = text[: 4 * _SAMPLE]
    scripts = {_script_name(language) for language in asked}
    if scripts & {"han", "kana"}:
        scripts |= {"han", "kana"}
    blocks = _blocks(sample)
    counts = _counts(sample)
    letters = sum(counts.values()) or 1
    worst = (0.0, 0, 0)
    for name, count in counts.items():
        if count < 12 or name in scripts or name in ("greek", "latin"):
            continue
        numbers = [number for number, block in enumerate(_NAMES) if block == name]
        places = np.flatnonzero(np.isin(blocks, numbers))
        worst = max(worst, (count / letters, int(places[0]), int(places[-1]) + 1))
    return worst
