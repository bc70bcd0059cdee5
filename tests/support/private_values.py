"""Made-up identities and secrets of many kinds, drawn by a seed, and whether a text shows one."""

from __future__ import annotations

import base64
import random
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

Draw = Callable[[random.Random], str]


class Private(NamedTuple):
    """A value, its kind, and a sentence that holds it."""

    kind: str
    value: str
    sentence: str


_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ra",
    "ven",
    "dor",
    "tul",
    "shi",
    "qua",
    "bel",
    "zor",
    "fen",
    "wik",
    "hal",
    "pom",
    "gri",
]
_GIVEN = [
    "Anna",
    "Rose",
    "Grace",
    "Hunter",
    "Mark",
    "Ines",
    "Jürgen",
    "Zoë",
    "Amélie",
    "Łukasz",
    "Şeyma",
    "Nia",
    "Summer",
    "Will",
]
_FAMILY = [
    "Bauer",
    "Kowalczyk",
    "Black",
    "Nguyen",
    "O'Neill",
    "Yıldız",
    "Fernández",
    "Winter",
    "Okafor",
    "Brooks",
    "Moreau",
]
_WORDS = [
    "willow",
    "stone",
    "apple",
    "meadow",
    "garden",
    "market",
    "summer",
    "yellow",
    "forest",
    "bridge",
    "candle",
    "winter",
    "orange",
    "paper",
    "mirror",
    "silver",
    "basket",
    "copper",
    "island",
    "pocket",
    "hammer",
    "kitchen",
    "morning",
    "acorn",
    "feather",
]
_DIGIT_NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def _digits(rng: random.Random, count: int) -> str:
    return str(rng.randint(1, 9)) + "".join(rng.choices(string.digits, k=count - 1))


def _made_up(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3)).capitalize()


def _random(alphabet: str, count: int) -> Draw:
    return lambda rng: "".join(rng.choices(alphabet, k=count))


def _form(pattern: str) -> Draw:
    """Letters for A and a, a digit for 9, hexadecimal for h; what follows a backslash stays."""
    sets = {"A": string.ascii_uppercase, "a": string.ascii_lowercase, "9": string.digits}
    sets |= {"h": "0123456789abcdef", "*": string.ascii_letters + string.digits}
    return lambda rng: "".join(
        mark[1:] if mark[0] == "\\" else rng.choice(sets.get(mark, mark))
        for mark in re.findall(r"\\.|.", pattern)
    )


def _card(rng: random.Random) -> str:
    body = "4" + _digits(rng, 14)
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(body))
    return body + str(-total % 10)


def _iban(rng: random.Random) -> str:
    body = _digits(rng, 18)
    return f"DE{98 - int(body + '131400') % 97:02d}{body}"


def _words(count: int, joint: str = " ") -> Draw:
    return lambda rng: joint.join(rng.sample(_WORDS, count))


def _spelt(count: int) -> Draw:
    return lambda rng: " ".join(rng.choices(_DIGIT_NAMES, k=count))


def _pick(*choices: str) -> Draw:
    return lambda rng: rng.choice(choices)


def _both(one: Draw, joint: str, other: Draw) -> Draw:
    return lambda rng: one(rng) + joint + other(rng)


_ANY = string.ascii_letters + string.digits
KINDS: dict[str, tuple[Draw, tuple[str, ...]]] = {
    "name": (_both(_pick(*_GIVEN), " ", _pick(*_FAMILY)), ("Please ask {} about it.", "{} is here.")),
    "made-up name": (_both(_made_up, " ", _made_up), ("It was {} who called us.", "So said {}.")),
    "small name": (lambda r: f"{_made_up(r)} {_made_up(r)}".lower(), ("my friend {} told me",)),
    "user name": (_both(_words(1), "_", _form("9999")), ("The user is {} now.", "Ask {} there.")),
    "e-mail": (_both(_made_up, "@", _pick("mail.example", "corp.example")), ("Write to {}.",)),
    "hidden e-mail": (lambda r: f"{_made_up(r)} at {_made_up(r)} dot com", ("Write to {}.",)),
    "phone": (_form("+49 170 9999999"), ("Call {} today.", "My number: {}")),
    "us phone": (_form("(415) 555-9999"), ("Call {} today.",)),
    "phone in words": (_spelt(9), ("Dial {} please.", "It is {}.")),
    "card": (_card, ("The card is {}.", "Paid with {} today.")),
    "spaced card": (lambda r: " ".join(re.findall("....", _card(r))), ("The card is {}.",)),
    "card in words": (_spelt(16), ("The card is {}.", "Use {} for it.")),
    "cvv": (_both(lambda r: "cvv ", "", _form("999 99/99")), ("With {} it worked.",)),
    "iban": (_iban, ("Transfer it to {}.", "IBAN {}")),
    "account": (_form("9999999999"), ("The account is {}.", "From {} on.")),
    "ssn": (_form("499-59-9999"), ("Her SSN is {}.", "On file: {}")),
    "passport": (_form("A99999999"), ("Passport {} is valid.",)),
    "licence": (_form("AAAAA999999AA9AA"), ("The driving licence {} is valid.",)),
    "tax number": (_form("99 999 999 999"), ("Tax number {}.",)),
    "birthday": (_form("1\\9\\7\\3-0\\4-29"), ("Born on {}.",)),
    "birthday in words": (_pick("third of March", "Easter Sunday"), ("She was born on {}.",)),
    "street": (_both(_made_up, "straße ", _form("99")), ("He lives at {}.", "Send it to {}.")),
    "us street": (lambda r: f"{_digits(r, 3)} {_made_up(r)} Avenue", ("Send it to {}.",)),
    "ip": (_form("203.0.113.99"), ("It came from {}.",)),
    "mac": (_form("hh:hh:hh:hh:hh:hh"), ("The device {} is on.",)),
    "plate": (_form("AA-AA 9999"), ("The car is {}.",)),
    "iban in pieces": (lambda r: " ".join(re.findall(".{1,4}", _iban(r))), ("To {}.",)),
    "patient": (_form("MRN-99999999"), ("The patient {} is well.",)),
    "password": (_random(_ANY + "!?&$", 11), ("The password is {}.", "Use {} to log in.")),
    "word password": (_both(_words(1), "", _form("99")), ("password: {}", "Log in with {}.")),
    "plain password": (_words(1), ("The password is {}.", "passwort: {}")),
    "passphrase": (_words(4), ("The passphrase is {}.", "Just type {} and go on.")),
    "joined passphrase": (_words(4, "-"), ("Use {} to log in.", "It is {}.")),
    "camel passphrase": (lambda r: "".join(w.title() for w in r.sample(_WORDS, 4)), ("Use {}.",)),
    "seed phrase": (_words(12), ("Recovery phrase: {}", "Write down {} now.")),
    "pin": (_form("9999"), ("The PIN is {}.",)),
    "pin in words": (_spelt(4), ("The PIN is {}.", "Enter {} there.")),
    "answer": (_words(2), ("The security answer is {}.",)),
    "github": (lambda r: "ghp_" + _random(_ANY, 36)(r), ("Use {} for it.", "token={}")),
    "aws": (lambda r: "AKIA" + _random(string.ascii_uppercase + "234567", 16)(r), ("Key {}.",)),
    "openai": (lambda r: "sk-proj-" + _random(_ANY, 44)(r), ("OPENAI_API_KEY={}", "Try {}.")),
    "slack": (_form("xoxb-9999999999-9999999999-************************"), ("Bot {}.",)),
    "jwt": (lambda r: "eyJhbGciOiJIUzI1NiJ9.eyJ" + _random(_ANY, 37)(r) + "." + _random(_ANY, 43)(r),
            ("Authorization: Bearer {}",)),
    "hex key": (_random("0123456789abcdef", 40), ("The key is {}.", "Then {} came.")),
    "uuid key": (_form("hhhhhhhh-hhhh-4hhh-ahhh-hhhhhhhhhhhh"), ("api_key: {}",)),
    "basic": (lambda r: base64.b64encode(f"{_made_up(r)}:{_made_up(r)}".encode()).decode(),
              ("Authorization: Basic {}",)),
    "dsn": (lambda r: f"postgres://{_made_up(r)}:{_random(_ANY, 10)(r)}@db.internal/x",
            ("Connect to {}.",)),
    "totp": (_random(string.ascii_uppercase + "234567", 32), ("The seed is {}.",)),
    "wallet": (_form("0xhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"), ("Pay to {}.",)),
    "code name": (_made_up, ("Project {} is secret.",)),
    "chinese name": (_pick("王小明", "李建国", "欧阳娜娜"), ("请联系{}。", "{}在这里。")),
    "japanese name": (_pick("田中太郎", "佐藤花子"), ("担当は{}さんです。",)),
    "korean name": (_pick("김철수", "박영희"), ("담당자는 {} 입니다.",)),
    "russian name": (_pick("Иван Петров", "Анна Смирнова"), ("Спросите, где {}.",)),
    "arabic name": (_pick("محمد الفارسي", "فاطمة الزهراء"), ("اسأل عن {} هناك.",)),
    "turkish name": (_pick("Deniz Kaya", "Şükriye Yıldırım", "Barış Çelik"), ("{} listede.", "Ask for {}.")),
    "polish name": (_pick("Zbigniew Zając", "Małgorzata Sikora"), ("{} jest na liście.", "So said {}.")),
    "name twice": (_both(_pick("Grace", "Hunter", "Summer"), " ", _pick("Brooks", "Stone", "Banks")),
                   ("It was {} again.", "Then {} called.")),
    "fact": (lambda r: f"{_made_up(r)} {_made_up(r)} takes {_made_up(r).lower()}", ("{}.", "So {} now.")),
    "small street": (lambda r: f"{_digits(r, 3)} orchard hill road", ("it is {} then", "send it to {}")),
    "address": (lambda r: f"{_digits(r, 2)} {_made_up(r)} Close, {_made_up(r)} YO21 3QT", ("At {}.",)),
    "coordinates": (_form("52.999999, 13.999999"), ("It is at {}.", "{} on the map")),
    "cookie": (lambda r: "sessionid=" + _random(_ANY, 26)(r), ("Set {} first.", "cookie: {}")),
    "licence key": (_form("AAAAA-99A9A-AA9AA-A9AA9-AAA99"), ("Enter {} there.",)),
    "imei": (_form("35-999999-999999-9"), ("The phone {} is on.",)),
    "car": (_form("WVWZZZ1KZ8W999999"), ("The car {} is sold.",)),
    "bitcoin": (lambda r: "bc1q" + _random(string.ascii_lowercase + "023456789", 38)(r), ("To {}.",)),
    "handle": (lambda r: f"@{_made_up(r).lower()}_{_digits(r, 2)}", ("Follow {} there.",)),
    "reset link": (lambda r: "https://app.example/reset?token=" + _random(_ANY, 30)(r), ("See {}.",)),
    "file link": (lambda r: "https://files.example/s/" + _random(_ANY, 24)(r), ("See {}.",)),
    "sort code": (_form("20-99-99 99999999"), ("Sort code and account {}.",)),
    "odbc": (lambda r: f"Server=sql;User Id=sa;Password={_random(_ANY, 9)(r)};", ("Use {} there.",)),
    "private key": (lambda r: "-----BEGIN PRIVATE KEY-----\n" + _random(_ANY, 64)(r) + "\n"
                    "-----END PRIVATE KEY-----", ("{}",)),
    "environment": (lambda r: "DB_PASS=" + _made_up(r).lower(), ("{}", "export {}")),
    "fingerprint": (lambda r: "SHA256:" + _random(_ANY, 43)(r), ("The host has {}.",)),
    "employee": (_form("E-999999"), ("The employee {} is ill.",)),
    "internal host": (lambda r: f"db-{_digits(r, 2)}.{_made_up(r).lower()}.internal", ("On {}.",)),
    "german password": (_words(1), ("Das Passwort lautet {}.",)),
    "french password": (_words(2), ("Le mot de passe est {}.",)),
}  # fmt: skip


def draw(seed: int, each: int) -> Iterator[Private]:
    """`each` values of every kind, none twice in a kind where there are enough."""
    rng = random.Random(seed)
    for kind, (value_of, sentences) in KINDS.items():
        for number in range(each):
            value = value_of(rng)
            yield Private(kind, value, sentences[number % len(sentences)].format(value))


_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().,/-]+(?=\d)")


class Searched:
    """A text in which values are looked for: as it is, folded, in halves, in digits, in base64."""

    def __init__(self, text: str) -> None:
        self._folded = text.casefold()
        self._plain = text
        self._bare = _bare(text)
        self._digits = _BETWEEN_DIGITS.sub("", text)

    def shows(self, value: str) -> str | None:
        """In which form the text shows the value; None if in none."""
        folded = value.casefold()
        if len(value) < 6 and value.isdigit():
            # So few digits stand in many a time.
            return "whole" if re.search(rf"(?<![\d.]){value}(?!\d)", self._plain) else None
        if folded in self._folded:
            return "whole"
        if len(value) > 5 and _bare(value) in self._bare:
            return "folded"
        middle = len(folded) // 2
        halves = (folded[:middle].strip(), folded[middle:].strip())
        if any(half in self._folded for half in halves if len(half) >= _fewest(half)):
            return "half"
        digits = re.sub(r"\D", "", value)
        if len(digits) >= 7 and digits in self._digits:
            return "digits"
        return "base64" if any(one in self._plain for one in _encoded(value)) else None


def _bare(text: str) -> str:
    """Without accents, blanks and marks, in small letters."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))


def _encoded(value: str) -> Iterator[str]:
    """What stands in base64 wherever the value stands in what was encoded."""
    for before in range(3):
        encoded = base64.b64encode(b"-" * before + value.encode()).decode().rstrip("=")
        inner = encoded[(0, 2, 3)[before] : -1]
        if len(inner) > 6:
            yield inner


def _fewest(half: str) -> int:
    """Characters of a half that say something: digits stand in any number and time."""
    return 5 if any(map(str.isalpha, half)) else 7
