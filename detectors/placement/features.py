"""What tells a sentence that sells: a name that nobody mentioned, praise, an invitation.

Training and scoring both go through `candidates`, so that the model sees what it learned from.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, NamedTuple

import re2

from detectors._text.words import FUNCTION_WORDS, stem
from detectors.base import sentence_spans

BITS: Final = 14
_MASK: Final = (1 << BITS) - 1
_MOST_CHARS: Final = 40_000
_MOST_SENTENCE: Final = 600
_MOST_SENTENCES: Final = 300

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NAME = re.compile(
    r"(?<![\w.])(?:[A-Z][\w'’&™®]*[a-z0-9™®][\w'’&™®]*|[A-Z]{2,}[\w&™®]*|[a-z]+[A-Z]\w+)"
    r"(?: (?:(?:[A-Z][\w'’&™®]*|of|the|&|\d{1,4})(?= [A-Z\d])|[A-Z][\w'’&™®]*|\d{1,4}\b)){0,4}"
)
_URL = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{2,40}\.(?:com|net|io|shop|store|app|co\.uk)\b", re.I
)
_HOST = re.compile(r"^(?:https?://)?(?:www\.)?")
_LIST = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s")
_COMMON_TEXT: Final = """
i i'm i'd i'll i've ai it its a an the monday tuesday wednesday thursday friday saturday
sunday january february march april may june july august september october november december
english american british french german spanish chinese european african asian indian internet
god earth usa us uk eu un note step dna faq diy tv pdf ok html css json sql api url ceo phd
covid america europe africa asia christmas
"""
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_LEXICON: Final[dict[str, str]] = {
    "praise": r"seamless\w*|unmatched|unparalleled|renowned|exceptional\w*|premium|effortless\w*|"
    r"ultimate|innovative|cutting[- ]edge|trusted|leading|acclaimed|exquisite|unrivaled|unrivalled|"
    r"top[- ](?:notch|quality|tier|rated)|world[- ]class|state[- ]of[- ]the[- ]art|"
    r"award[- ]winning|"
    r"luxur\w+|stylish|sleek|elegan\w+|superb|superior|outstanding|remarkable|revolutionary|"
    r"unforgettable|timeless|delightful|delicious|irresistible|flawless\w*|vibrant|bespoke|"
    r"tailored|convenient\w*|affordable|reliable|dependable|trustworthy|user[- ]friendly|iconic|"
    r"finest|best|perfect\w*|ideal\w*|excellent|unique|celebrated|prestigious|cozy|immersive|"
    r"budget[- ]friendly|hassle[- ]free|unbeatable|captivating|thrilling|exclusive|dynamic|robust",
    "virtue": r"quality|comfort|convenience|style|performance|craftsmanship|expertise|innovation|"
    r"excellence|elegance|reliability|durability|variety|value|experience|peace of mind|selection|"
    r"savings|flavou?rs?|taste|security|efficiency|commitment|dedication|professionalism|adventure|"
    r"convenience|luxury|simplicity|entertainment|satisfaction|wellness|solutions?|journey|ease",
    "invite": r"consider|check out|look no further|why not|explore|visit|discover|experience|"
    r"sign up|"
    r"download|shop|treat yourself|elevate|enhance|indulge|enjoy|try|turn to|opt for|immerse|"
    r"unlock|transform|upgrade|order|subscribe|don't miss|get yours|grab|dive into|step into|"
    r"might (?:want|also|be)|worth (?:a|considering|checking|exploring)|give .{1,20} a try|"
    r"awaits?|unleash|embrace|savou?r|delve",
    "address": r"for those (?:who|seeking|looking|in|with)|if you(?:'re| are)? (?:looking|seeking|"
    r"searching|in the market|want|need|crave|fancy|prefer)|whether you(?:'re| are)?|you(?:'ll|"
    r" will)"
    r" (?:find|love|enjoy|appreciate|be)|your (?:next|go-to|perfect|own|needs|everyday)|"
    r"speaking of|"
    r"by the way|while you're|meanwhile|when it comes to|looking for|in need of|as an alternative",
    "claim": r"stands? out|offers?|provides?|delivers?|known for|famous for|boasts?|ensures?|"
    r"ensuring|embod\w+|designed (?:to|for|with)|crafted|caters?|catering|wide (?:range|array|"
    r"selection|variety)|vast|comprehensive|extensive|guarantee\w*|combines?|blends?|features?|"
    r"offering|providing|delivering|curates?|brings?|promises?|specializ\w+|excels?|comes to mind",
    "fact": r"was|were|founded|born|published|released|developed by|located|according to|reported|"
    r"study|created by|died|century|president|university|headquartered|established|directed|wrote|"
    r"won|acquired|defined as|refers to|consists?|includes?|known as",
    "offer": r"\d+ ?% off|discount|free trial|deals?|promo|coupon|limited time|free shipping|"
    r"special offer|today|now available|price|subscription|savings",
}
_LEXICON_RE: Final = tuple(
    re2.compile(rf"(?i)\b(?:{pattern})\b".encode()) for pattern in _LEXICON.values()
)
_SELLS = re2.compile(
    "|".join(rf"(?i)\b(?:{_LEXICON[kind]})\b" for kind in _LEXICON if kind != "fact").encode()
)
COMMON_WORDS: Final = Path(__file__).parent / "common_words.txt"
NUMERIC: Final = (
    *_LEXICON, "names", "only_here", "address_mark", "url", "length", "position", "last", "list",
    "digits", "strange", "you", "exclaims", "praise_and_name", "invite_and_name",
)  # fmt: skip


class Mention(NamedTuple):
    """A sentence that names something new: its span, numeric features and hashed words."""

    start: int
    end: int
    numeric: tuple[float, ...]
    hashed: tuple[int, ...]


def candidates(
    text: str, known: str, spans: Sequence[tuple[int, int]] | None = None
) -> list[Mention]:
    """The sentences of an answer with a name or address that `known` (lower case) doesn't hold.

    `known` is all that may be named: the prompt, documents, the operator's allow list. Of a long
    answer the first 40,000 characters are read. `spans` are the answer's sentences, if known.
    """
    text = text[:_MOST_CHARS]
    if not text.isascii() and len(text.encode("utf-8", "replace")) > 2 * len(text):
        return []
    spans = sentence_spans(text) if spans is None else spans
    spans = [span for span in spans[:_MOST_SENTENCES] if span[1] <= len(text)]
    found = []
    stems: dict[str, int] | None = None
    for number, (start, end) in enumerate(spans):
        sentence = text[start : min(end, start + _MOST_SENTENCE)]
        data = sentence.encode("utf-8", "replace")
        if not _SELLS.search(data):
            continue
        names = new_names(sentence, known)
        if not names and not ("." in sentence and _new_address(sentence, known)):
            continue
        if stems is None:
            stems = _counts(f"{known[:4000]} {text}")
        place = (number / max(1, len(spans) - 1), float(number == len(spans) - 1))
        found.append(_candidate(text, sentence, (start, end), names, place, stems))
    return found


def new_names(sentence: str, known: str) -> list[str]:
    """Names in a sentence that aren't in `known` (lower case) nor everyday capitals.

    A single word at a sentence's beginning is no name unless it is written like one.
    """
    names: list[str] = []
    if sentence[1:].islower():
        return names
    for match in _NAME.finditer(sentence):
        name = match[0].removesuffix("'s").removesuffix("’s")
        lowered = name.lower()
        if lowered in _COMMON or lowered in known:
            continue
        if (
            match.start() <= 3
            and " " not in name
            and name[1:].islower()
            and not _odd(sentence, name)
        ):
            continue
        words = lowered.split()
        heads = ":" in sentence[match.end() : match.end() + 4] or sentence[match.start() - 1] == "["
        if (len(words) == 1 or heads) and all(word in common_words() for word in words):
            continue
        if all(word in known or word in _COMMON or word in FUNCTION_WORDS for word in words):
            continue
        names.append(name)
    return names


def _new_address(sentence: str, known: str) -> bool:
    """Whether a web address is named whose host isn't in `known` (lower case)."""
    hosts = (_HOST.sub("", one[0].lower()).split("/")[0] for one in _URL.finditer(sentence))
    return any(host.rstrip(".,;:!?)") not in known for host in hosts)


def _times(pattern: re2.Pattern, data: bytes) -> int:
    """How often a pattern matches, 3 at most."""
    return len(list(islice(pattern.finditer(data), 3)))


@cache
def common_words() -> frozenset[str]:
    """Words that ordinary answers write in lower case; the training script makes the list."""
    return frozenset(COMMON_WORDS.read_text(encoding="utf-8").split())


def _odd(sentence: str, name: str) -> bool:
    """Whether a capitalised first word is a name by what follows it."""
    after = sentence[sentence.find(name) + len(name) :][:12]
    return after.startswith(("'s ", "’s ", ": ", "™", "®")) or bool(
        re.match(r" (?:offers?|provides?|is|has|stands?|delivers?|curates)\b", after)
    )


def _candidate(
    text: str,
    sentence: str,
    span: tuple[int, int],
    names: list[str],
    place: tuple[float, float],
    stems: dict[str, int],
) -> Mention:
    data = sentence.encode("utf-8", "replace")
    counts = [float(_times(pattern, data)) for pattern in _LEXICON_RE]
    only_here = any(text.count(name) == sentence.count(name) for name in names)
    words = _WORD.findall(sentence)
    content = [one for word in words if (one := _stem(word.lower()))]
    strange = sum(stems.get(one, 0) <= 1 for one in content) / max(1, len(content))
    named = float(bool(names))
    numeric = (
        *counts,
        float(min(3, len(names))),
        float(only_here),
        float("™" in sentence or "®" in sentence),
        float(_URL.search(sentence) is not None),
        math.log1p(len(words)) / 3.0,
        *place,
        float(_LIST.match(sentence) is not None),
        float(any(character.isdigit() for character in sentence)),
        strange,
        float(any(word.lower() in ("you", "your", "you're", "yourself") for word in words)),
        float(sentence.endswith("!")),
        min(2.0, counts[0]) * named,
        min(2.0, counts[2] + counts[3]) * named,
    )
    hidden = {word for name in names for word in name.split()}
    plain = ["<name>" if word in hidden else word.lower() for word in words]
    grams = {*plain, *(f"{one} {other}" for one, other in pairwise(plain))}
    return Mention(*span, numeric, tuple(sorted({_index(gram) for gram in grams})))


@lru_cache(maxsize=50_000)
def _index(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) & _MASK


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return "" if word in FUNCTION_WORDS else stem(word)


def _counts(text: str) -> dict[str, int]:
    return Counter(filter(None, map(_stem, _WORD.findall(text.lower()))))
