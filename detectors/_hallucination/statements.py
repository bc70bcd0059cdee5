"""What sentences state that can be compared: figures, dates, names, and yes or no.

Only plain statements count. Questions, suppositions, hearsay, ranges, bounds, lists, tables,
quotations, code and reckoning are left out: two of those that differ need not contradict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from detectors._hallucination.quantities import Quantity, may_hold_quantity, quantities_in
from detectors._hallucination.words import FUNCTION_WORDS, stem, word_set
from detectors._text.passages import without_quotations
from detectors.batch import sentence_spans

MAX_SENTENCES: Final = 120
MAX_SENTENCE_CHARS: Final = 400
_MAX_CLAUSES = 6


# Words on which a sentence depends on something that isn't said, or tells what others say.
_CONDITIONAL = word_set(
    """
    if unless would could might maybe perhaps possibly presumably suppose assume assuming
    imagine hypothetically hypothetical example instance until till formerly originally initially
    previously now today currently later another other others or either according reportedly
    allegedly claims claimed said says believed thought estimate estimates estimated expected
    planned projected forecast aims goal target myth misconception wrongly supposedly instead
    rather whereas while step remaining left earlier else different vary varies depending depends
    depend scenario version approximately-or whether should let remain remains ago
    wenn falls würde könnte vielleicht oder derzeit aktuell heute früher laut angeblich pourrait
    selon ou peut-être actuellement podría según quizás tal vez actualmente potrebbe secondo
    forse attualmente poderia talvez atualmente misschien zou volgens kanske enligt nu eller
    если бы может или сейчас
    """
)
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
    "not" for "n't"), with capitals kept. `listed` tells items of lists and rows of tables."""

    start: int
    end: int
    text: str
    listed: bool
    opens: bool


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


def sentences_in(text: str) -> list[Sentence]:
    """The first plain statements of a text, questions and conditional ones left out."""
    plain = without_quotations(text)
    found = []
    for number, (start, end) in enumerate(sentence_spans(plain)[:MAX_SENTENCES]):
        if end - start > MAX_SENTENCE_CHARS or plain[end - 1] in "?？:：":
            continue
        line = plain.rfind("\n", 0, start) + 1
        listed = _LIST_LINE.match(plain, line, min(len(plain), line + 60)) is not None
        folded = fold(plain[start:end])
        if _RECKONING.search(folded) or _MAY.search(folded):
            continue
        lowered = folded.lower()
        if not _CONDITIONAL.isdisjoint(_WORD.findall(lowered)):
            continue
        if not folded.isascii() and _CONDITIONAL_CJK.search(folded):
            continue
        found.append(Sentence(start, end, folded, listed, number == 0))
    return found


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


def facts_in(sentences: list[Sentence]) -> Iterator[Fact]:
    """The quantities that sentences state, one for each clause that states just one of its kind."""
    around: frozenset[str] = frozenset()
    for number, sentence in enumerate(sentences):
        if not may_hold_quantity(sentence.text):
            continue
        names = names_in(sentence.text)
        if number:
            around = content_of(sentences[number - 1].text)
        for clause in clauses_of(sentence.text):
            found = quantities_in(clause)
            if not found or len(found) > 4:
                continue
            kinds = [quantity.unit for quantity in found]
            for quantity in found:
                if quantity.bounded or kinds.count(quantity.unit) > 1:
                    continue
                yield _fact(sentence, clause, quantity, found, names, around)


def _fact(
    sentence: Sentence,
    clause: str,
    quantity: Quantity,
    found: list[Quantity],
    names: frozenset[str],
    around: frozenset[str],
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
        around,
    )
