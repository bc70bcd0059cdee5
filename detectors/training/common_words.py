"""Makes the lists of common words that excerpts are made of, `detectors/_text/common/*.txt`.

    pip download --no-deps -d PACKAGES home-assistant-frontend==20250109.2 Django==5.2.19 \\
        wagtail==8.0.1 spacy-lookups-data==1.0.5 stopwordsiso==0.7.1 symspellpy==6.10.1 \\
        jieba==0.42.1 Faker==40.63.0 zxcvbn==4.5.0
    python -m detectors.training.common_words PACKAGES

A word is common where many people write it in small letters: by its frequency (English, German,
Spanish, Greek, Chinese), or because interfaces that are translated into the language use it. Names
of people and places, numbers and common passwords are taken out; where the sources are from and
under which licences says `detectors/_text/common/README.md`.
"""

from __future__ import annotations

import argparse
import ast
import gettext
import gzip
import importlib
import io
import json
import re
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detectors._text.common_words import FOLDER, Kind

_PLAIN_CODES: Final = (
    *("en", "de", "fr", "es", "it", "nl", "sv", "da", "fi", "pl", "cs", "ru", "uk", "tr", "el"),
    *("ro", "hu", "vi", "ar", "hi", "ko", "ja"),
)
_LANGUAGES: Final[Mapping[str, tuple[str, ...]]] = {
    # Our code, and what the packages of interfaces call it.
    **{code: (code,) for code in _PLAIN_CODES},
    "pt": ("pt", "pt-BR", "pt_BR", "pt_PT"),
    "nb": ("nb",),
    "id": ("id", "id_ID"),
    "zh": ("zh-Hans", "zh_Hans"),
}  # fmt: skip
_BY_FREQUENCY: Final = {"en": 24_000, "de": 20_000, "es": 16_000, "el": 9_000}
_OPENERS: Final = 1.5
"""How much more often, as a logarithm, an English word may open sentences ("Additionally")."""
_GERMAN_NOUNS: Final = 9_000
_CHINESE_WORDS: Final = 16_000
_CASELESS: Final = frozenset({"ar", "hi", "ko", "ja", "zh"})
_LETTERS: Final[Mapping[str, str]] = {
    "ru": "\u0400-\u04ff", "uk": "\u0400-\u04ff", "el": "\u0370-\u03ff\u1f00-\u1fff",
    "ar": "\u0620-\u065f", "hi": "\u0900-\u0963", "ko": "\uac00-\ud7a3",
}  # fmt: skip
_LATIN: Final = "a-zA-Z\u00c0-\u024f\u1e00-\u1eff"
_KANJI: Final = "\u4e00-\u9fff"
_JAPANESE = re.compile(rf"[{_KANJI}々]+|[\u3041-\u309f]+|[\u30a1-\u30fa\u30fc]+")
_MARKUP = re.compile(r"<[^>]*>|\{[^}]*\}|%\(\w+\)\w|https?://\S+|&\w+;")
# Letters spelt out on the phone, and numbers that no list of spaCy's holds.
_SPELT: Final = [
    "alpha",
    "alfa",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "hotel",
    "juliet",
    "juliett",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
    "double",
    "triple",
    "dozen",
    "nought",
    "oh",
    "digit",
    "digits",
    "anton",
    "berta",
    "dora",
    "emil",
    "friedrich",
    "gustav",
    "heinrich",
    "ida",
    "julius",
    "kaufmann",
    "ludwig",
    "nordpol",
    "otto",
    "richard",
    "samuel",
    "theodor",
    "ulrich",
    "wilhelm",
    "zeppelin",
    "zwo",
    "hundert",
    "tausend",
]
_COUNTS_AS_ARTICLE: Final = frozenset(
    [
        "one",
        "un",
        "une",
        "ein",
        "eine",
        "einen",
        "einem",
        "einer",
        "eines",
        "uno",
        "una",
        "um",
        "uma",
        "een",
        "en",
        "ett",
        "et",
        "jeden",
        "jedna",
        "bir",
        "o",
        "один",
        "одна",
        "один",
        "ένα",
        "ένας",
        "μία",
        "egy",
        "một",
        "satu",
    ]
)
_CHINESE_DIGITS: Final = frozenset("零〇一二三四五六七八九十百千万萬亿億两兩壹贰叁肆伍陆柒捌玖拾")
# Of jieba's parts of speech: names, numbers, and what is no word.
_CHINESE_LEFT_OUT: Final = ("nr", "ns", "nt", "nz", "m", "x", "eng", "q", "j", "t")
_CHINESE_PLAIN: Final = frozenset(
    "是有在会能要用为到说看做请您你我他她它们的了吗呢吧和对可以时都就也不很上下中"
)
_CHINESE_SINGLE: Final = ("u", "p", "c", "d", "r", "y", "e", "f", "v", "a", "n")


def main() -> None:
    """Writes the lists."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path, help="folder of the downloaded packages")
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    packages = Packages(arguments.packages)
    names = packages.names()
    for language in _LANGUAGES:
        lists = _lists(language, packages, names)
        (arguments.out / f"{language}.txt").write_text(_written(lists), encoding="utf-8")
        print(language, {kind.name: len(words) for kind, words in lists.items()})


class Packages:
    """What the downloaded packages hold."""

    def __init__(self, folder: Path) -> None:
        self._wheels = {
            path.name.split("-")[0].lower(): zipfile.ZipFile(path) for path in folder.glob("*.whl")
        }
        (jieba,) = folder.glob("jieba-*.tar.gz")
        self._jieba = jieba
        self._unpacked = tempfile.TemporaryDirectory()
        for wheel in ("faker", "zxcvbn"):
            self._wheels[wheel].extractall(self._unpacked.name)
        sys.path.insert(0, self._unpacked.name)
        self._english = dict(self._interface("en"))

    def names(self) -> frozenset[str]:
        """Names of people and places of all countries, in small letters."""
        found: set[str] = set()
        lists = importlib.import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
        for kind in ("male_names", "female_names", "surnames"):
            found.update(lists[kind])
        root = Path(self._unpacked.name) / "faker" / "providers"
        for kind in ("person", "address"):
            for place in sorted((root / kind).glob("*_*")):
                if place.is_dir() and not place.name.startswith("__"):
                    module = importlib.import_module(f"faker.providers.{kind}.{place.name}")
                    found.update(_names_in(module.Provider, kind))
        return frozenset(
            part
            for name in found
            for part in re.split(r"[^\w'’]+", unicodedata.normalize("NFC", name.lower()))
            if len(part) > 1
        )

    def chinese_surnames(self) -> set[str]:
        """Surnames of one character, as they are written in mainland China and in Taiwan."""
        found: set[str] = set()
        for place in ("zh_CN", "zh_TW"):
            module = importlib.import_module(f"faker.providers.person.{place}")
            found.update(name for name in _strings(module.Provider.last_names) if len(name) == 1)
        return found

    def passwords(self) -> Sequence[str]:
        """Common passwords, most common first."""
        lists = importlib.import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
        return list(lists["passwords"])

    def stop_words(self, language: str) -> set[str]:
        """Words of the language that carry no meaning of their own, more or less."""
        data = json.loads(self._read("stopwordsiso", "stopwordsiso/stopwords-iso.json"))
        key = {"nb": "no"}.get(language, language)
        return set(data.get(key, ()))

    def frequencies(self, language: str) -> dict[str, float]:
        """The logarithm of each word's share in texts, in the case it is written in."""
        name = f"spacy_lookups_data/data/{language}_lexeme_prob.json.gz"
        found: dict[str, float] = json.loads(
            gzip.decompress(self._read("spacy_lookups_data", name))
        )
        return found

    def english(self) -> set[str]:
        """English words that a spelling dictionary holds."""
        lines = self._read("symspellpy", "symspellpy/frequency_dictionary_en_82_765.txt")
        return {line.split()[0] for line in lines.decode("utf-8-sig").splitlines() if line}

    def chinese(self) -> Iterator[tuple[str, int, str]]:
        """Chinese words, their counts and parts of speech."""
        with tarfile.open(self._jieba) as archive:
            (member,) = (m for m in archive.getmembers() if m.name.endswith("/jieba/dict.txt"))
            held = archive.extractfile(member)
            assert held is not None
            for line in io.TextIOWrapper(held, encoding="utf-8"):
                word, count, part = line.split()
                yield word, int(count), part

    def texts(self, language: str) -> Iterator[str]:
        """What interfaces say in the language, where it isn't what they say in English."""
        for code in _LANGUAGES[language]:
            for key, text in self._interface(code):
                if language == "en" or self._english.get(key) != text:
                    yield _MARKUP.sub(" ", unicodedata.normalize("NFC", text))
            for package in ("django", "wagtail"):
                yield from self._catalogues(package, code.replace("-", "_"))

    def _interface(self, code: str) -> Iterator[tuple[str, str]]:
        wheel = self._wheels["home_assistant_frontend"]
        pattern = re.compile(rf"static/translations/(.*/)?{code}-[0-9a-f]+\.json$")
        for name in sorted(wheel.namelist()):
            found = pattern.search(name)
            if found:
                yield from _leaves(json.loads(wheel.read(name)), found[1] or "")

    def _catalogues(self, package: str, code: str) -> Iterator[str]:
        wheel = self._wheels[package]
        for name in sorted(wheel.namelist()):
            if re.search(rf"/locale/{code}/LC_MESSAGES/[a-z]+\.mo$", name):
                catalogue = gettext.GNUTranslations(io.BytesIO(wheel.read(name)))
                for key, text in catalogue._catalog.items():  # type: ignore[attr-defined]
                    if key and text != key:
                        yield _MARKUP.sub(" ", unicodedata.normalize("NFC", str(text)))

    def _read(self, package: str, name: str) -> bytes:
        return self._wheels[package].read(name)


def _lists(language: str, packages: Packages, names: frozenset[str]) -> dict[Kind, set[str]]:
    if language == "zh":
        return _chinese(packages)
    if language == "ja":
        return _japanese(packages)
    numbers = _numbers(language)
    function = {w for w in _spacy_stop_words(language) if _is_word(w, language)} - numbers
    words = {w for w in packages.stop_words(language) if _is_word(w, language)}
    words |= {w for w in _glossed(language) if _is_word(w, language)}
    counts: Counter[str] = Counter()
    for text in packages.texts(language):
        counts.update(re.findall(rf"[{_letters(language)}]+", text))
    words |= {w for w in counts if _is_word(w, language) and counts[w] > counts[w.title()] / 2}
    nouns: set[str] = set()
    rank: dict[str, int] = {}
    if language in _BY_FREQUENCY:
        shares = packages.frequencies(language)
        known = packages.english() if language == "en" else None
        frequent = [
            w
            for w in sorted(shares, key=lambda one: -shares[one])
            if _is_word(w, language)
            and (known is None or w in known)
            and shares[w]
            > shares.get(w.title(), -99.0) - (_OPENERS if w not in names and known else 0)
        ][: _BY_FREQUENCY[language]]
        rank = {w: place for place, w in enumerate(frequent)}
        words |= set(frequent)
        if language == "de":
            nouns = set(_german_nouns(shares, names))
    passwords = {w for w in packages.passwords()[:3_000] if rank.get(w, 9_999) > 4_000}
    left_out = numbers | set(_SPELT) | (passwords if language == "en" else set())
    words -= left_out
    function = {w for w in function if len(w) > 1 or w in "aioyeuwzкивсоуяαηоàéèóùí"} - left_out
    words = {w for w in words if len(w) > 1} - function
    both = words & names
    return {
        Kind.FUNCTION: function,
        Kind.COMMON: words - both,
        Kind.SMALL: both,
        Kind.NOUN: nouns - left_out,
    }


def _german_nouns(shares: Mapping[str, float], names: frozenset[str]) -> list[str]:
    """Words that German writes with a capital, and that are nobody's name."""
    found = [
        word
        for word in sorted(shares, key=lambda one: -shares[one])
        if word.istitle()
        and len(word) > 2
        and re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]+", word)
        and shares[word] > shares.get(word.lower(), -99.0)
        and word.lower() not in names
        # An ending of a noun, a compound, or an inflected form beside the word itself: names
        # have none.
        and (_NOUN_ENDING.search(word) or any(word + end in shares for end in ("en", "er", "es")))
    ]
    return found[:_GERMAN_NOUNS]


_NOUN_ENDING = re.compile(
    r"(?:ung|ungen|heit|heiten|keit|keiten|schaft|schaften|tion|tionen|tät|täten|nis|nisse|nissen"
    r"|tum|ling|linge|zeug|nummer|adresse|daten|zeit|zeiten|tage?n?|seite|seiten|weise|stelle|wort"
    r"|punkte?n?|teile?n?|karte|karten|konto|preis|preise|wert|werte|recht|rechte|system|systeme)$"
)


def _chinese(packages: Packages) -> dict[Kind, set[str]]:
    function, words = set(), []
    for word, count, part in packages.chinese():
        if not re.fullmatch(rf"[{_KANJI}]+", word) or set(word) & _CHINESE_DIGITS:
            continue
        if len(word) == 1:
            if part.startswith(_CHINESE_SINGLE) and count > (
                3_000 if part[0] not in "vna" else 9_000
            ):
                function.add(word)
        elif not part.startswith(_CHINESE_LEFT_OUT) and len(word) <= 6:
            words.append((count, word))
    function |= _CHINESE_PLAIN
    surnames = packages.chinese_surnames() - _CHINESE_PLAIN
    common = {word for _, word in sorted(words, reverse=True)[:_CHINESE_WORDS]}
    for text in packages.texts("zh"):
        common |= {w for w in re.findall(rf"[{_KANJI}]+", text) if 2 <= len(w) <= 4}
    common = {word for word in common if not set(word) & _CHINESE_DIGITS}
    return {Kind.FUNCTION: function - surnames, Kind.COMMON: common, Kind.SMALL: surnames}


def _japanese(packages: Packages) -> dict[Kind, set[str]]:
    counts: Counter[str] = Counter()
    for text in packages.texts("ja"):
        counts.update(_JAPANESE.findall(text))
    counts.update(dict.fromkeys(_spacy_stop_words("ja") | packages.stop_words("ja"), 9))
    counts.update(dict.fromkeys(_glossed("ja"), 9))
    small = {
        w
        for w, count in counts.items()
        if re.fullmatch(r"[\u3041-\u309f]+", w) and len(w) <= 8 and count >= 2
    } | set("はがをにでとのもへや")
    common = {
        w
        for w, count in counts.items()
        if count >= 2
        and 2 <= len(w) <= 8
        and re.fullmatch(rf"[{_KANJI}々]+|[\u30a1-\u30fa\u30fc]+", w)
    }
    single = {w for w, count in counts.items() if count >= 4 and re.fullmatch(rf"[{_KANJI}]", w)}
    words = {word for word in common | small if not set(word) & _CHINESE_DIGITS}
    return {
        Kind.FUNCTION: words & small | (single - _CHINESE_DIGITS),
        Kind.COMMON: words - small,
    }


def _names_in(provider: Any, kind: str) -> Iterator[str]:
    for attribute in dir(provider):
        wanted = (
            ("name" in attribute)
            if kind == "person"
            else re.search(
                r"cit(y|ies)|town|state|countr|province|department|region|district|village|street_names?$|road",
                attribute,
            )
        )
        if attribute.startswith("_") or not wanted or re.search("format|suffix|prefix", attribute):
            continue
        yield from _strings(getattr(provider, attribute))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) or (isinstance(value, Iterable) and not callable(value)):
        for one in value:
            yield from _strings(one)


def _leaves(data: object, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, dict):
        for name, inner in data.items():
            yield from _leaves(inner, f"{key}.{name}")


def _spacy_stop_words(language: str) -> set[str]:
    module = importlib.import_module(f"spacy.lang.{language}.stop_words")
    return {unicodedata.normalize("NFC", word.lower()) for word in module.STOP_WORDS}


def _numbers(language: str) -> set[str]:
    """Words of numbers, from the lists that spaCy's rules hold."""
    spec = importlib.util.find_spec(f"spacy.lang.{language}.lex_attrs")  # type: ignore[attr-defined]
    found: set[str] = set()
    if spec is not None and spec.origin:
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {w for w in node.value.lower().split() if w.isalpha()}
    return found - _COUNTS_AS_ARTICLE


def _glossed(language: str) -> set[str]:
    """The words of the tables of glosses that stand in this package."""
    path = FOLDER.parent / "glosses" / f"{language}.txt"
    if not path.exists():
        return set()
    forms = (line.partition("\t")[2] for line in path.read_text(encoding="utf-8").splitlines())
    return {word for form in forms for word in re.split(r"[\s_]+", form) if word}


def _letters(language: str) -> str:
    return _LETTERS.get(language, _LATIN)


def _is_word(word: str, language: str) -> bool:
    if len(word) > 30 or not re.fullmatch(rf"[{_letters(language)}]+", word):
        return False
    return language in _CASELESS or word.islower()


def _written(lists: Mapping[Kind, set[str]]) -> str:
    lines = []
    for kind, words in lists.items():
        if words:
            lines.append(f"# {kind.name.lower()}")
            line = ""
            for word in sorted(words):
                if len(line) + len(word) >= 100:
                    lines.append(line)
                    line = ""
                line += f" {word}" if line else word
            lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
