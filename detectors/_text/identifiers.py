"""What a number or code in a text is: judged by its name, its form and the place it stands in.

A checksum tells a typing error from a right number; it does not tell a card from an order. One
in ten random numbers passes Luhn's test, and one in ninety-seven that of an IBAN. So detectors
ask here first:

- `part_of`: the larger thing that a span is only a piece of (a UUID, a hash, an ARN, a link, a
  fraction, a version, a network, a time, a code's name or argument);
- `called`: what the text calls the value: by the words before it, a key or label, the head of
  its column, or what it is said to be;
- `written_as`: what a value is by its own form;
- `not_a_doi`: what something of a DOI's form is instead.

All work is bounded: at most some hundred characters around a span are read, and for tables some
thousands before it.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from detectors._text.number_names import kind_of, names_in

Name = Literal[
    "phone",
    "card",
    "account",
    "identity",
    "member",
    "secret",
    "number",
    "owned",
    "thing",
    "measure",
]
"""What a value may be called. `number` is a number and no more, `owned` one that is somebody's
("her number"); `thing` is what belongs to no person (an order, a version, a time); `measure` has
a unit."""

_REACH: Final = 120
_LINKED_GAP: Final = 70
_BARE_GAP: Final = 12
_OF_GAP: Final = 40
_SHORT_CLAUSE: Final = 25
_TOKEN_REACH: Final = 300
_TABLE_REACH: Final = 4_000

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"(?:0x)?[0-9a-f]{16,128}", re.IGNORECASE)
_SHORT_HASH = re.compile(r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,15}", re.IGNORECASE)
_SUBRESOURCE = re.compile(r"(?:sha|md)\d{1,3}[-:]\S+", re.IGNORECASE)
_ARN = re.compile(r"\barn:[\w-]+:", re.IGNORECASE)
_LINK = re.compile(r"[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\b10\.\d{4,9}/|\bdoi:", re.IGNORECASE)
_TIME = re.compile(
    r"(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T _-]?(?:[01]\d|2[0-3])[:.]?[0-5]\d(?:[:.]?[0-5]\d)?(?:[.,]?\d{1,9})?)?"
    r"(?:Z|[+-]\d\d:?\d\d)?"
)
_EPOCH = re.compile(r"1[4-8]\d{8}(?:\d{3}){0,3}")
_NETWORK = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}|:\d{1,5})?")
_VERSION = re.compile(r"v?\d{1,8}(?:\.\d{1,8}){2,5}(?:[-+][\w.-]+)?", re.IGNORECASE)
_FRACTION = re.compile(
    r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?|[-+]?\d{1,9},\d{1,12}(?:[eE][-+]?\d+)?|[-+]?\d{1,3}(?:[,.']\d{3})+(?:[.,]\d+)?"
    r"|[-+]?\d+[eE][-+]?\d+"
)
_COORDINATES = re.compile(r"[-+]?\d{1,3}\.\d{3,},\s?[-+]?\d{1,3}\.\d{3,}")
_ISBN = re.compile(r"97[89](?:[- ]?\d){10}|\d(?:[- ]?\d){8}[- ]?[\dX]")
_ISSN = re.compile(r"\d{4}-\d{3}[\dX]")
_EAN = re.compile(r"\d{8}|\d{12,14}")
_IMEI = re.compile(r"\d{15}")
_ICCID = re.compile(r"89\d{16,18}")

# What may join the pieces of one token; a colon or an equals sign may also end a label.
_JOINT = r"[-.:/+=@#%~,&?_*\\]"
_RUN = re.compile(r"[\w.:/+=@#%~,&?*\\-]*")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LABEL = re.compile(r"[^\W\d_]{2,24}[._-]?[^\W\d_]{0,24}[:=#]{1,2}")
_ARGUMENT = re.compile(r"[^\W\d]\w*\($")

_UNIT = re.compile(
    r"\s?(?:%|‰|°|€|\$|£|¥|₽|zł|₺|(?:[kmgt]i?b|[kmµn]?s|[kmµn]?m|k?g|hz|[kmg]hz|bytes?|bits?|"
    r"bps|px|rpm|kwh|mah|nanosec\w*|microsec\w*|millisec\w*|seconds?|sekunden|secondes?|segundos?|"
    r"minutes?|hours?|stunden|days?|tage|tokens?|rows?|records?|lines?|zeilen|requests?|users?|"
    r"people|inhabitants|einwohner\w*|habitants|habitantes|abitanti|times|units?|stück|pieces?|"
    r"parameters|steps?|votes?|euros?|eur|usd|gbp|chf|dollars?|yen|pln|try|metres|meters|"
    r"kilomet\w+|miles|micros?|nanos|millis|cycles|points?|元|円|个|人|バイト|秒))(?![^\W_])",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(r"\snumara|番|に電話|へ電話|번으로")
_CURRENCY = re.compile(r"(?:[€$£¥₽₺]|\b(?:eur|usd|gbp|chf|pln))\s?[-+]?[\d.,' ]*$", re.IGNORECASE)
_COPULA = (
    r"(?:is|are|was|were|reads?|ist|sind|war|lautet|est|était|es|fue|è|era|é|foi|to|jest|"
    r"was|luidt|är|equals|becomes?|got|now|still|also|heißt|wäre|este|er|on|هو|هي)"
)
_LINKED = re.compile(
    rf"(?:(?<![^\W_]){_COPULA}(?:\s+(?:as follows|now|still|also))?\s*:?|[:=：→]|->"
    r"|(?<=\s)[-–—](?=\s)|は|が|是|为|為|هو|هي|는|은)"
    r"[\s\"'“‘`*_(<\[«„「『|]*$"
)
_OPENING = re.compile(r"[\s\"'“‘`*_(<\[«„「『#]*$")
_OF = re.compile(
    r"(?<![^\W_])(?:of|for|on|in|from|to|with|at|der|des|die|für|von|vom|zu|zur|zum|auf|im|bei|du|de|des|"
    r"la|le|d|pour|sur|del|della|dello|di|per|su|do|da|dos|das|para|por|van|voor|het|bij|op|"
    r"dla|na|z|ze|pana|pani|için|の|的|を|من|على)(?![^\W_])|の|的"
)
_CLAUSE = re.compile(
    # not after an initial, "Nr.", "no.", "tel.", "Dr."
    r"(?<!\b[A-Z])(?<!\b[NnMDS][orst])(?<!\b[Tt]el)(?<!\bMrs)(?<!\b[Nn]um)"
    r"[.!?;…]['\"”’)\]*`]{0,3}\s|[。！？；،؟]|\n"
)
_ITEM = re.compile(r"[ \t]*(?:[-*•–]|\d{1,3}[.)])[ \t]+")
_ITEMS_BEFORE = re.compile(
    r"(?:[+(]?\d[\w ()./-]{2,30}(?:,|;|&|/|(?<![^\W_])(?:and|or|und|oder|et|ou|y|o|e|of|en|i|ve|и)"
    r"(?![^\W_])|和|と|،){1,2}\s{0,2}(?:(?:and|or|und|et)\s)?){1,12}$"
)
_SPELLED_OUT = re.compile(r"\bs[-.]s[-.]n\b", re.IGNORECASE)
_ON_FILE = re.compile(r"\bon (?:file|record)\b", re.IGNORECASE)  # which names no file
_PAPER = re.compile(r"do[ck]ument|record|file|card|form|paper", re.IGNORECASE)
_SOMEBODYS = re.compile(
    r"(?<![^\W_])(?:his|her|their|my|your|whose|him|[^\W\d_]+['’]s|[^\W\d_]+s['’]|sein\w*|ihr\w*|"
    r"mein\w*|son|sa|ses|mon|ma|su|sus|mi|il suo|la sua|suo|sua|mio|mia|seu|meu|minha|zijn|haar|"
    r"mijn|jego|jej|mój|moja|onun|benim)(?![^\W_])|他的|她的|我的|彼の|彼女の|私の|[他她我]"
)
_SAID_TO_BE = re.compile(
    r"[\"'”’`*)\]]{0,3}\s{0,2}(?:\(|,\s)?"
    r"(?:(?:is|was|ist|war|est|es|è|é|to|jest|är)\s(?!on\s)|[是は]|のは)?"
)


def part_of(text: str, start: int, end: int) -> str | None:
    """The larger thing that `text[start:end]` is a piece of, or None where it stands alone.

    One of "uuid", "hash", "arn", "link", "path", "time", "coordinates", "network", "version",
    "fraction", "argument" and "token".

    >>> part_of("job 43380758-9952-4059-b21e-c9d0aa17ef35", 4, 22)
    'uuid'
    >>> part_of("card:4539542274725285,04/29", 5, 21) is None
    True
    """
    first = _run_start(text, start)
    after = _RUN.match(text, end, min(len(text), end + _TOKEN_REACH))
    last = after.end() if after else end
    # Letters of scripts without blanks between words don't run into a number.
    left = _UNSPACED.split(text[first:start])[-1]
    if left.endswith("\n") and left.rstrip("\n").isalpha():
        left = ""  # a word that ends its line, such as a name: only codes go on in the next
    right = _UNSPACED.split(text[end:last], maxsplit=1)[0].rstrip(".:,;-*?&/\\=~_")
    if left or right:
        token = left + text[start:end] + right
        known = _known(token, left, len(left) + end - start)
        if known:
            return known
        if _LABEL.fullmatch(left) or not _joined_left(left):
            left = ""
        if left or _joined_right(right):
            return "token"
    if _ARGUMENT.search(text, max(0, start - 40), start) and not _name_of_person(text, start):
        return "argument"
    return None


def _run_start(text: str, start: int) -> int:
    """Where the token begins that ends at `start`, or at the end of the line before it."""
    reach = text[max(0, start - _TOKEN_REACH) : start]
    # Read backwards: a search for what ends here would try every place before it.
    run = _RUN.match(reach[::-1], 1 if reach[-1:] == "\n" else 0)
    return start - run.end() if run else start


def _known(token: str, left: str, end: int) -> str | None:
    """What a token is that is longer than the span, which ends at `end` in it."""
    start = len(left)
    for kind, pattern in _WHOLES:
        for match in pattern.finditer(token):
            if match.start() <= start and end <= match.end() and match.group() != token[start:end]:
                return kind
    if _ARN.search(left):
        return "arn"
    if _LINK.search(left):
        return "link"
    if "/" in left and re.search(r"[^\W\d_]", left):
        return "path"
    return None


_WHOLES: Final = (
    ("uuid", _UUID),
    ("fraction", re.compile(r"(?<![\d.,])(?:" + _FRACTION.pattern + r")(?![\d]|[.,]\d)")),
    ("hash", _SUBRESOURCE),
    ("hash", re.compile(r"(?<![0-9a-z])(?:0x)?[0-9a-f]{16,128}(?![0-9a-z])", re.IGNORECASE)),
    ("coordinates", _COORDINATES),
    ("network", re.compile(r"(?<![\d.])" + _NETWORK.pattern + r"(?![\d.])")),
    ("time", re.compile(r"(?<!\d)" + _TIME.pattern + r"(?!\d)")),
    ("version", re.compile(r"(?<![\d.])" + _VERSION.pattern, re.IGNORECASE)),
)


def _joined_left(left: str) -> bool:
    """Whether what stands before a span runs into it; opening marks and a plus don't."""
    bare = left.lstrip("*_`:=.,+#&?")
    if not bare:
        return False
    if bare[-1] == "," or bare.endswith(("tel:", "mailto:", "sms:")):
        return bool(re.search(r"(?:^|\D)\d{1,3},$", bare))
    return bare[-1] != "\\" and not re.search(r"\\[nrt]$|[=:*]$|\d/$", bare)


def _joined_right(right: str) -> bool:
    if not right or right[0] in "*\\`:=&?" or re.match(r"_+(?![^\W_])", right):
        return False
    return not re.match(r",(?!\d{3}(?:\D|$))|/\d|@", right)


def _name_of_person(text: str, start: int) -> bool:
    word = re.search(r"(\w+)\($", text[max(0, start - 40) : start])
    return word is not None and kind_of(word.group(1)) in ("phone", "card", "account", "identity")


def called(text: str, start: int, end: int) -> Name | None:
    """What the text calls the value at `text[start:end]`, or None where it doesn't say.

    >>> called("Your order number is 3084601900.", 21, 31)
    'thing'
    >>> called("王女士的手机号是 13812094477", 9, 20)
    'phone'
    """
    if _UNIT.match(text, end) or _CURRENCY.search(text, max(0, start - 20), start):
        return "measure"
    name = _from_left(text, start)
    if name not in ("number", None):
        return name
    return _from_column(text, start) or _from_right(text, end) or name


def _from_left(text: str, start: int) -> Name | None:
    left, earlier = _clause(text, start)
    items = _ITEMS_BEFORE.search(left)
    left = left[: items.start()] if items else left
    link = _LINKED.search(left)
    left = left[: link.start()] if link else _OPENING.sub("", left)
    kind, at = _head(left, linked=link is not None)
    if kind in ("number", None) and (not left.strip() or at >= 0 or len(left) < _SHORT_CLAUSE):
        # "What is your card? 4539 …", "Charge my card. The number is 4539 …"
        before, _ = _head(earlier, linked=True)
        if before not in ("thing", "number", "owned", None):
            return before
    return kind


def _clause(text: str, start: int) -> tuple[str, str]:
    """The clause before a place, and the one before that; a list's items follow its heading."""
    line_at = text.rfind("\n", 0, start) + 1
    left = text[max(line_at, start - _REACH) : start]
    heading = ""
    item = _ITEM.match(text, line_at, start)
    if item and line_at:
        left = text[max(item.end(), start - _REACH) : start]
        heading = _heading(text, line_at)
    elif not left.strip(" \t\"'`*|>"):
        # A label may end its line, and its value stand on the next.
        heading = text[max(0, line_at - _REACH) : line_at].rstrip().rpartition("\n")[2]
        if not heading.endswith((":", "：", "?", "？")):
            heading = ""
    cuts = [0, *(cut.end() for cut in _CLAUSE.finditer(left))]
    if len(cuts) > 1:
        return left[cuts[-1] :], left[cuts[-2] : cuts[-1]].rstrip(" .:!?;…\n。！？")
    return (left, heading.rstrip(" .:!?;…\n：？")) if left.strip() else (heading, "")


def _heading(text: str, line_at: int) -> str:
    """The line above a list that holds the line that starts at `line_at`."""
    for line in reversed(text[max(0, line_at - _TABLE_REACH) : line_at].split("\n")[:-1]):
        if line.strip() and not _ITEM.match(line):
            return line[-_REACH:]
    return ""


def _head(left: str, *, linked: bool) -> tuple[Name | None, int]:
    """What the last noun phrase names, and where its name starts (-1 where there is none).

    `linked` says that a verb, a colon or the like stands between it and the value: then the head
    of the phrase counts ("the phone number of your order is …"), and else its last noun.
    """
    left = _ON_FILE.sub(lambda idiom: "~" * len(idiom[0]), left)
    names = names_in(_SPELLED_OUT.sub("ssn  ", left))
    if not names:
        return None, -1
    kind, first, last = names[-1]
    if len(left) - last > (_LINKED_GAP if linked else _BARE_GAP):
        return None, -1
    kinds: Name | None = kind
    for place in range(len(names) - 2, -1, -1):
        earlier, at, until = names[place]
        between = left[until:first].lower()
        beside = not between.strip(" \t-_/.'\"#")
        if beside and kinds == "number":
            kinds, first = earlier, at
        elif beside and earlier == "thing" and kinds in ("card", "account"):
            kinds, first = earlier, at  # a SIM card, an account of a cloud
        elif beside and earlier == "identity" and _PAPER.match(left, first):
            kinds, first = earlier, at  # a travel document
        elif linked and len(between) < _OF_GAP and _OF.search(between):
            if kinds == "number" or earlier != "number":
                kinds, first = earlier, at
        else:
            break
    if kinds == "number" and _SOMEBODYS.search(left[max(0, first - 30) :].lower()):
        return "owned", first
    return kinds, first


def _from_column(text: str, start: int) -> Name | None:
    """The head of the column that a value stands in, in a table of bars, tabs or commas."""
    line_at = text.rfind("\n", 0, start) + 1
    before = text[line_at:start]
    for bar in ("|", "\t", ";", ","):
        if bar not in before + text[start : start + 80].partition("\n")[0]:
            continue
        column = before.count(bar)
        rows = text[max(0, line_at - _TABLE_REACH) : line_at].split("\n")[:-1]
        head = None
        for row in reversed(rows):
            if bar not in row:
                break
            head = row
        if head is None or any(character.isdigit() for character in head):
            continue
        cells = head.split(bar)
        if column < len(cells):
            kind, _ = _head(cells[column].rstrip(" \"'`*_"), linked=True)
            if kind not in ("number", None):
                return kind
    return None


def _from_right(text: str, end: int) -> Name | None:
    """What a value is said to be after it: "(mobile)", "is the largest prime number"."""
    right = text[end : end + 60]
    said = _SAID_TO_BE.match(right)
    if said is None or not (said.group().strip(" \"'”’`*)]") or _AFTERWARDS.match(right)):
        return None
    rest = _CLAUSE.split(right[said.end() :] + " ")[0]
    names = names_in(rest[:45])
    kinds = [kind for kind, at, _ in names if at < 30]
    if not kinds:
        return None
    return next((kind for kind in kinds if kind != "number"), None)


def written_as(value: str) -> str | None:
    """What a whole value is by its form alone, or None where its form says nothing.

    One of "uuid", "hash", "time", "epoch", "coordinates", "network", "version", "fraction", "isbn",
    "issn", "ean" and "iccid"; of numbers with a check digit, only those where it is right.

    >>> [written_as(v) for v in ("4009585481903", "2.14.3.1", "4539542274725285")]
    ['ean', 'network', None]
    """
    value = value.strip()
    for kind, pattern in _FORMS:
        if pattern.fullmatch(value):
            return kind
    digits = re.sub(r"[- ]", "", value).upper()
    if _ISBN.fullmatch(value) and _isbn(digits):
        return "isbn"
    if _ISSN.fullmatch(value) and _weighted(digits, range(8, 0, -1)) % 11 == 0:
        return "issn"
    if _EAN.fullmatch(digits) and digits == value and _ean(digits):
        return "ean"
    return "iccid" if _ICCID.fullmatch(digits) else None


_FORMS: Final = (
    ("uuid", _UUID),
    ("time", _TIME),
    ("epoch", _EPOCH),
    ("hash", re.compile(r"(?:0x)?(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{16,128}", re.IGNORECASE)),
    ("hash", _SUBRESOURCE),
    ("coordinates", _COORDINATES),
    ("network", _NETWORK),
    ("version", _VERSION),
    ("fraction", _FRACTION),
)


def _isbn(digits: str) -> bool:
    if len(digits) == 13:
        return _ean(digits)
    return _weighted(digits, range(10, 0, -1)) % 11 == 0


def _weighted(digits: str, weights: range) -> int:
    return sum(
        (10 if digit == "X" else int(digit)) * weight
        for digit, weight in zip(digits, weights, strict=True)
    )


def _ean(digits: str) -> bool:
    """Whether the last digit is the right check digit of a GTIN."""
    odd = sum(map(int, digits[-2::-2]))
    even = sum(map(int, digits[-3::-2]))
    return (odd * 3 + even + int(digits[-1])) % 10 == 0


_CALLED_DOI = re.compile(
    r"doi(?:\.org)?(?:[/:\s]|\s?=|\s(?:is|ist|est|es)\b){1,3}[\s\"'(<`*]*$",
    re.IGNORECASE,
)


def not_a_doi(text: str, start: int, end: int) -> str | None:
    """What `text[start:end]`, which begins as a DOI does ("10.…/…"), is instead; None for a DOI.

    One of "price", "network", "version", "fraction", "link" and "time". What is called a DOI is
    one, however it is written.

    >>> not_a_doi("It costs $10.99/month.", 10, 21)
    'price'
    >>> not_a_doi("See doi:10.12/abc.1.", 8, 19) is None
    True
    """
    value = text[start:end].rstrip(".,;:)]}'\"`*")
    before = text[max(0, start - 40) : start]
    if _CALLED_DOI.search(before):
        return None
    if _CURRENCY.search(before) or re.match(r"\d+\.\d{2}/(?:€|\$|£)", value):
        return "price"
    number, _, rest = value.partition("/")
    if re.fullmatch(r"10(?:\.\d{1,3}){3}(?::\d{1,5})?", number):
        return "network"
    if number.count(".") > 1 and len(number.split(".")[1]) < 4:
        return "version"
    registrant = number.split(".")[1] if "." in number else ""
    if _LINK.search((text[max(0, start - 200) : start].split() or [""])[-1]):
        return None if len(registrant) >= 4 else "link"
    if len(registrant) >= 4:
        return "fraction" if re.fullmatch(r"[-+]?\d{1,3}(?:[.,]\d+)?|[^\W\d_]{1,8}", rest) else None
    return "fraction"
