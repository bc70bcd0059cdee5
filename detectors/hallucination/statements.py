"""What sentences state that can be compared: figures, dates, names, and yes or no.

Only plain statements count. Questions, suppositions, hearsay, ranges, bounds, lists, tables,
quotations, code and reckoning are left out: two of those that differ need not contradict.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from detectors._text.passages import without_quotations
from detectors._text.words import FUNCTION_WORDS, stem, word_set
from detectors.base import sentence_spans
from detectors.hallucination.quantities import Quantity, may_hold_quantity, quantities_in

MAX_SENTENCES: Final = 120
MAX_SENTENCE_CHARS: Final = 400
_MAX_CLAUSES = 6


# Words that leave open whether what is said is so.
_UNCERTAIN = word_set(
    """
    if unless would could might maybe perhaps possibly presumably suppose supposing assume
    assuming imagine hypothetically hypothetical depends depending depend whether either allegedly
    reportedly supposedly rumored rumoured wenn falls würde könnte vielleicht angeblich pourrait
    peut-être podría quizás potrebbe forse poderia talvez misschien zou kanske если бы может
    """
)
# Words of another time, another thing or another speaker: figures beside them needn't agree.
_ELSEWHERE = word_set(
    """
    example instance until till formerly originally initially previously now today currently later
    another other others or according claims claimed said says believed thought estimate estimates
    estimated expected planned projected forecast aims goal target myth misconception wrongly
    instead rather whereas while step remaining remains left earlier else different vary varies
    scenario version let ago typically oder derzeit aktuell heute früher laut selon ou actuellement
    según actualmente secondo attualmente atualmente volgens enligt nu eller или сейчас
    """
)
_LETTERS = re.compile(r"[^\W\d_]{2,16}")
_ASCII_WORD = re.compile(r"[a-z]{1,64}|\d+")
_TOO_COMMON = FUNCTION_WORDS | frozenset("的是在了有和")
_MAY = re.compile(r"\bmay\b")
_CONDITIONAL_CJK = re.compile("如果|假设|可能|也许|或者|大概|据说|もし|かもしれ|または|만약|아마")
_RECKONING = re.compile(r"[=×÷√≈<>]|\d ?[+*/^] ?\d|->|→|\be\.g\.|\bi\.e\.")
_LIST_LINE = re.compile(
    r"\s{0,12}(?:[-*•|#>]|\(?\d{1,3}[.)](?:\s|$)|\(?[a-z]\)|\*\*|[^\n.!?]{1,40}:\s)"
)

_PRONOUNS = word_set(
    """
    it he she they this that these those its his her their es er sie il elle ils elles ce cela él
    ella ellos eso esto lui lei esso ele ela isso hij ze het zij han hon den det hun de оно он она
    они 它 他 她 they're there you i we
    """
)
_ARTICLES = word_set(
    """
    the a an der die das den dem des ein eine einen le la les l un une el los las una lo il i gli
    o os as um uma de het een en ett
    """
)
# Verbs and adverbs that say no more than that a figure belongs to a subject.
_LIGHT = frozenset(
    map(
        stem,
        word_set("""
    have has had hold holds contain contains comprise comprises boast boasts feature features
    include includes consist consists possess stand stands measure measures equal equals amount
    amounts total totals officially official roughly approximately around about exactly nearly
    almost precisely actually first door doors located currently altogether also overall located
    approximate range reach reaches rise rises come comes offer offers hat haben besitzt zählt
    umfasst enthält beträgt liegt compte possède contient tiene cuenta mide possui conta
    person's year's well known ca circa etwa rund ungefähr environ aproximadamente
    """),
    )
)
_SAME = {
    stem(word): group.split()[0]
    for group in (
        "tall high height hoch höhe haut hauteur alto altura",
        "cost price fee charge pay priced costs prices kostet preis coûte cuesta precio",
        "found establish founded established create created formed set gegründet fondé fundado",
        "born birth birthday birthdate geboren né née nació nacido",
        "die died death dies passed gestorben mort murió",
        "open opened opens opening inaugurated eröffnet öffnete ouvert abrió",
        "write wrote written author authored",
        "weigh weighs weight weighed wiegt pèse pesa",
        "long length lang longueur largo",
        "take takes last lasts require requires need needs dauert dure dura tarda",
        "population inhabitant inhabitants resident residents people live lives einwohner habitants"
        " habitantes",
        "build built construct constructed complete completed finished gebaut construit construido",
        "publish published release released",
        "locate located situated",
        "big large size",
        "begin began start started begins starts",
        "end ended finish ends",
        "area surface fläche superficie",
        "capital capitol hauptstadt capitale",
    )
    for word in group.split()
}
_SPLIT = re.compile(
    r"[,;:()–—]|\s-\s|\b(?:but|which|who|because|although|though|whereas|making|aber|weil|mais|pero"
    r"|und|et|porque)\b|[，；：、]"
)
_DIGITS_APART = re.compile(r"(?<=\d),(?=\d)")
_LEADING = word_set(
    """
    in on at during for by after before since from within under with as among when of to per
    im am bei seit vor nach für en dans pendant pour avant après depuis por para desde antes
    após nel durante per sotto bij voor sinds i på under för
    """
)
_CAPITAL = re.compile(
    r"(?<![.!?:\n\"“'(] )(?<!^)\b[A-ZÀ-ÞА-Я][^\W\d_]+|\b[A-ZÀ-ÞА-Я][^\W\d_]+(?= [A-ZÀ-ÞА-Я])"
)
_GERMAN = re.compile(r"\b(?:der|die|das|und|ist|nicht|ein|eine|dem|den|Der|Die|Das)\b")
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{1,64}"
)


class Sentence(NamedTuple):
    """A plain statement: where it stands, and its text folded (compatibility forms, apostrophes,
    "not" for "n't"), with capitals kept.

    `listed` tells items of lists and rows of tables, `certain` what depends on no condition, and
    `plain` what besides speaks of no other time, other thing or other speaker.
    """

    start: int
    end: int
    text: str
    listed: bool
    certain: bool
    plain: bool


class Fact(NamedTuple):
    """A quantity that a clause states of something.

    `bag` are the canonical content stems of the clause, other figures among them, `tail` those
    after the quantity that aren't before it. `vague` facts are said of "it" or of nothing named;
    `around` is what the sentence before speaks of.
    """

    start: int
    end: int
    quantity: Quantity
    bag: frozenset[str]
    tail: frozenset[str]
    names: frozenset[str]
    vague: bool
    listed: bool
    around: frozenset[str]


def fold(text: str) -> str:
    """Compatibility forms and apostrophes made plain, and "n't" written as "not"."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("\u200b", "")
    if "n't" in text:
        text = text.replace("can't", "can not").replace("won't", "will not")
        text = text.replace("Can't", "Can not").replace("n't", " not")
    return text


def words_in(text: str) -> frozenset[str]:
    """The words and figures of a text in lower case."""
    pattern = _ASCII_WORD if text.isascii() else _WORD
    return frozenset(pattern.findall(text.lower()))


class Statements:
    """The statements of a text, each read only when it is asked for.

    `spans` are of its sentences, the first 120; `probes` are the beginnings of the longer words
    of each, by which statements on one matter are found without reading all.
    """

    def __init__(self, text: str) -> None:
        self._text = without_quotations(text)
        self.spans = sentence_spans(self._text)[:MAX_SENTENCES]
        self._sentences: dict[int, Sentence | None] = {}
        self._words: dict[int, frozenset[str]] = {}
        self._facts: dict[int, list[Fact]] = {}

    def words(self, number: int) -> frozenset[str]:
        """The words and figures of a sentence in lower case."""
        words = self._words.get(number)
        if words is None:
            words = self._words[number] = words_in(self.raw(number))
        return words

    def probes(self, number: int) -> frozenset[str]:
        """Beginnings of the longer words of a sentence."""
        words = self.words(number) - _TOO_COMMON
        return frozenset([word[:5] for word in words if len(word) > 3 or not word.isascii()])

    def raw(self, number: int) -> str:
        """A sentence as it stands, quotations blanked."""
        start, end = self.spans[number]
        return self._text[start:end]

    def sentence(self, number: int) -> Sentence | None:
        """A sentence read; None for questions, sums, and what is very long."""
        if number not in self._sentences:
            self._sentences[number] = self._read(number)
        return self._sentences[number]

    def all(self) -> list[Sentence]:
        """All sentences that state something."""
        read = map(self.sentence, range(len(self.spans)))
        return [sentence for sentence in read if sentence is not None]

    def facts(self, number: int) -> list[Fact]:
        """The quantities that a sentence states plainly."""
        if number not in self._facts:
            sentence = self.sentence(number)
            before = self.raw(number - 1) if number else ""
            holds = sentence is not None and may_hold_quantity(sentence.text, self.words(number))
            self._facts[number] = _facts_in(sentence, before) if sentence and holds else []
        return self._facts[number]

    def _read(self, number: int) -> Sentence | None:
        start, end = self.spans[number]
        plain = self._text
        if end - start > MAX_SENTENCE_CHARS or plain[end - 1] in "?？:：":
            return None
        folded = fold(plain[start:end])
        if _RECKONING.search(folded):
            return None
        line = plain.rfind("\n", 0, start) + 1
        listed = _LIST_LINE.match(plain, line, min(len(plain), line + 60)) is not None
        words = frozenset(_LETTERS.findall(folded.lower()))
        certain = _UNCERTAIN.isdisjoint(words) and not _MAY.search(folded)
        if not folded.isascii() and _CONDITIONAL_CJK.search(folded):
            certain = False
        simple = certain and _ELSEWHERE.isdisjoint(words)
        return Sentence(start, end, folded, listed, certain, simple)


@lru_cache(maxsize=16_384)
def canonical(word: str) -> str:
    """The stem that stands for a word and those that state the same of a figure; "" for words
    that state nothing."""
    if word in FUNCTION_WORDS or word in _ARTICLES or word in _PRONOUNS:
        return ""
    one = stem(word)
    if one in _LIGHT:
        return ""
    return _SAME.get(one, one)


def content_of(text: str) -> frozenset[str]:
    """Canonical stems of a folded text, figures left out."""
    return frozenset(
        one
        for word in _WORD.findall(text.lower())
        if not word[0].isdigit() and (one := canonical(word))
    )


def names_in(text: str) -> frozenset[str]:
    """Canonical stems of the capitalised words that don't begin a sentence.

    None in German, where every noun is capitalised.
    """
    if _GERMAN.search(text):
        return frozenset()
    return frozenset(filter(None, (canonical(name.lower()) for name in _CAPITAL.findall(text))))


def clauses_of(text: str) -> list[str]:
    """A folded sentence's clauses, each with what it takes from the first.

    A leading adverbial ("In 1990, …") goes with every clause; a clause that begins with its verb
    takes the subject of the first.
    """
    joined = _DIGITS_APART.sub("\x00", text)
    pieces = [piece.replace("\x00", ",").strip() for piece in _SPLIT.split(joined)]
    pieces = [piece for piece in pieces if piece][:_MAX_CLAUSES]
    if len(pieces) < 2:
        return pieces
    first = pieces[0].split(None, 1)[0].lower()
    if first in _LEADING:
        return [pieces[0], *(f"{pieces[0]} {piece}" for piece in pieces[1:])]
    subject = " ".join(pieces[0].split()[:6])
    if any(character.isdigit() for character in subject):
        return pieces
    clauses = [pieces[0]]
    for piece in pieces[1:]:
        start = piece.split(None, 1)[0]
        plain = start.lower()
        lends = start[0].islower() and plain not in _ARTICLES and plain not in _PRONOUNS
        clauses.append(f"{subject} {piece}" if lends and plain not in _LEADING else piece)
    return clauses


def _facts_in(sentence: Sentence, before: str) -> list[Fact]:
    """The quantities that a sentence states, for each clause those that are one of their kind."""
    if not sentence.plain:
        return []
    names = names_in(sentence.text)
    facts = []
    for clause in clauses_of(sentence.text):
        found = quantities_in(clause)
        if not found or len(found) > 4:
            continue
        kinds = [quantity.unit for quantity in found]
        for quantity in found:
            if not quantity.bounded and kinds.count(quantity.unit) == 1:
                facts.append(_fact(sentence, clause, quantity, found, names, before))
    return facts


def _fact(
    sentence: Sentence,
    clause: str,
    quantity: Quantity,
    found: list[Quantity],
    names: frozenset[str],
    around: str,
) -> Fact:
    before, after = clause[: quantity.start], clause[quantity.end :]
    rest = [other for other in found if other is not quantity]
    for other in sorted(rest, key=lambda one: -one.start):
        if other.start >= quantity.end:
            at = other.start - quantity.end
            after = after[:at] + after[at + other.end - other.start :]
        else:
            before = before[: other.start] + before[other.end :]
    head = content_of(before)
    tail = content_of(after) - head - {quantity.unit, _SAME.get(quantity.unit, "")}
    literals = {f"={other.unit}={other.text}" for other in rest}
    first = next(iter(_WORD.findall(before.lower())), "")
    vague = first in _PRONOUNS or not (head | tail)
    bag = head | tail | literals
    return Fact(
        sentence.start,
        sentence.end,
        quantity,
        bag,
        tail | {one for one in literals if any(o.start >= quantity.end for o in rest)},
        names & bag,
        vague,
        sentence.listed,
        content_of(fold(around)) if vague else frozenset(),
    )
