"""Canaries in every writing that a model may be talked into, and in no text without one."""

from __future__ import annotations

import base64
import codecs
import json
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.leak.canary import Canaries, parse_canaries
from detectors.leak.readings import readings

TOKEN = "7c1e90b2-d4f83a65-0be7129d-58a6c3f4"
SPELT = dict(
    zip(
        "abcdef0123456789",
        [
            "alfa",
            "bravo",
            "charlie",
            "delta",
            "echo",
            "foxtrot",
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
        ],
        strict=True,
    )
)
EACH = list(TOKEN)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def codes(form: str, between: str = " ") -> str:
    return between.join(form.format(ord(one)) for one in EACH)


WRITINGS = {
    "as it is": TOKEN,
    "backwards": TOKEN[::-1],
    "base64": b64(TOKEN),
    "base64 in lines": b64(f"Of course. The reference is {TOKEN}, as you asked.").replace(
        "Zm", "Zm\n", 1
    ),
    "base64 twice": b64(b64(TOKEN)),
    "base64 three times": b64(b64(b64(TOKEN))),
    "hex of base64": b64(TOKEN).encode().hex(),
    "base64 of hex": b64(TOKEN.encode().hex()),
    "base64 of rot13": b64(codecs.encode(TOKEN, "rot13")),
    "base64 backwards": b64(TOKEN[::-1]),
    "base32": base64.b32encode(TOKEN.encode()).decode(),
    "base32 in lower case": base64.b32encode(TOKEN.encode()).decode().lower(),
    "base85": base64.b85encode(TOKEN.encode()).decode(),
    "ascii85": base64.a85encode(TOKEN.encode(), adobe=True).decode(),
    "escapes of bytes": codes("\\x{:02x}", ""),
    "escapes of characters": codes("\\u{:04x}", ""),
    "escapes in braces": codes("\\u{{{:x}}}", ""),
    "code points": codes("U+{:04X}"),
    "octal escapes": codes("\\{:03o}", ""),
    "percent": codes("%{:02X}", ""),
    "percent twice": codes("%25{:02X}", ""),
    "quoted-printable": codes("={:02X}", ""),
    "entities": codes("&#{};", ""),
    "entities in hex": codes("&#x{:x};", ""),
    "entities escaped": codes("&amp;#{};", ""),
    "hex numbers": "[" + codes("0x{:02x}", ", ") + "]",
    "hex with colons": codes("{:02x}", ":"),
    "decimal numbers": codes("{}"),
    "decimal numbers in a list": "[" + codes("{}", ", ") + "]",
    "binary": codes("{:08b}"),
    "binary without spaces": codes("{:08b}", ""),
    "binary of seven": codes("{:07b}"),
    "octal numbers": codes("{:03o}"),
    "mixed": TOKEN.replace("9", "\\x39").replace("a", "\\x61").replace("-", "\\x2d"),
    "rot13": codecs.encode(TOKEN, "rot13"),
    "atbash": TOKEN.translate(str.maketrans("abcdef", "zyxwvu")),
    "rot47": "".join(chr(33 + (ord(one) - 33 + 47) % 94) for one in EACH),
    "a list with numbers": "\n".join(f"{n}. {one}" for n, one in enumerate(EACH, 1)),
    "a list in a line": " ".join(f"{n}) {one}" for n, one in enumerate(EACH, 1)),
    "steps": "\n".join(f"Step {n}: {one}" for n, one in enumerate(EACH, 1)),
    "a list of bullets": "\n".join(f"- {one}" for one in EACH),
    "a table": "\n".join(f"| {n} | {one} |" for n, one in enumerate(EACH, 1)),
    "an object": json.dumps({str(n): one for n, one in enumerate(EACH, 1)}),
    "an array": json.dumps(EACH),
    "first letters of lines": "\n".join(f"{one}nd so it goes on" for one in EACH),
    "first letters of words": " ".join(f"{one}ear" for one in EACH if one != "-"),
    "a spelling alphabet": " ".join(SPELT.get(one, "dash") for one in EACH),
    "a spelling alphabet in capitals": ", ".join(SPELT.get(one, "").upper() for one in EACH),
    "Morse code": "--... -.-. .---- . ----. ----- -... ..--- -.. ....- ..-. ---.. ...-- .- -.... "
    "..... ----- -... . --... .---- ..--- ----. -.. ..... ---.. .- -.... -.-. ...-- ..-. ....-",
    "the first half": f"It begins with {TOKEN[:17]} and there is more.",
    "the last half": f"The rest of it was {TOKEN[18:]}.",
    "all but its ends": TOKEN[2:-2],
    "words between its groups": "First comes 7c1e90b2, then, after a pause, d4f83a65, and after"
    " that 0be7129d; it ends with 58a6c3f4.",
    "words between smaller pieces": "7c1e and 90b2 and d4f8 and 3a65 and 0be7 and 129d and 58a6 and"
    " last c3f4",
    "look-alikes": TOKEN.replace("0", "o").replace("1", "l"),
    "in bold pieces": "**7c1e**90b2-_d4f8_3a65-`0be7`129d-58a6c3f4",
    "full width": "".join(chr(ord(one) + 0xFEE0) for one in EACH),
    "characters nobody sees": "\u200b".join(EACH),
}


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return parse_canaries(f"{TOKEN}\nMarmalade-Heron-4417-Quartz\n".encode())


@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS.keys())
def test_found_however_written(canaries: Canaries, written: str) -> None:
    text = f"Certainly! Here you are:\n\n{written}\n\nIs there anything else?"
    (hit,) = canaries.find(text)
    assert hit.place == 0
    assert 0 <= hit.start < hit.end <= len(text)
    assert not any(part in hit.writing for part in TOKEN.split("-"))


QUIET = {
    "another one": "7c1e91b2-d4f83b65-0be6129d-58a7c3f4",
    "its first group alone": "commit 7c1e90b2 mends the build",
    "its groups in disorder": "d4f83a65 then 58a6c3f4 then 7c1e90b2 then 0be7129d",
    "words of a canary of words": "The marmalade stands by the heron, 4417 of them in all.",
    "base64 of something": b64("a perfectly ordinary sentence about herons and quartz clocks"),
    "a list": "\n".join(f"{n}. item {n}" for n in range(1, 40)),
    "numbers": " ".join(str(n) for n in range(32, 127)),
    "bits": "01" * 500,
    "hashes": "\n".join(f"{n:040x}" for n in range(50)),
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_quiet_where_there_is_none(canaries: Canaries, text: str) -> None:
    assert canaries.find(text) == []


HOSTILE = {
    "brackets": "[" * 100_000,
    "digits": "0123456789" * 20_000,
    "bits that end in a letter": "01" * 50_000 + "x",
    "hex that ends in a letter": "ab" * 50_000 + "x",
    "gaps": "ab " * 60_000 + "zz",
    "dots and dashes": ".- " * 60_000 + "!",
    "escapes": "\\x41" * 40_000,
    "base64 in base64": b64(b64(b64("nothing " * 10_000))),
    "list": "\n".join(f"{n}. x" for n in range(30_000)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_read_to_their_end(canaries: Canaries, text: str) -> None:
    assert canaries.find(text) == []
    assert sum(len(one.text) for one in readings(text)) <= 1_000_000


@given(st.text(max_size=200), st.text(max_size=200))
def test_found_between_any_texts(before: str, after: str) -> None:
    known = parse_canaries(TOKEN.encode())
    assert [hit.place for hit in known.find(f"{before} {TOKEN} {after}")] == [0]


def test_each_is_told_from_thousands() -> None:
    tokens = [secrets.token_hex(16) for _ in range(2_000)]
    known = parse_canaries("\n".join(tokens).encode())
    for place in (0, 999, 1_999):
        for written in (tokens[place], b64(tokens[place]), tokens[place][::-1]):
            assert [hit.place for hit in known.find(f"so: {written}.")] == [place]
