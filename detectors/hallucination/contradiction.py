"""An answer that contradicts what the assistant said before, or itself.

Compared are plain statements (`statements`, `assertions`): two figures of one unit said of the
same thing, a statement and its denial, two names where there can be one, and yes and no to the
same question. It is made to stay quiet where two statements may both be meant: after a
correction, a tool's answer, new facts or a supposition of the user, in stories, lists and sums,
of another subject, time or unit. Contradictions worded quite differently are missed.

Time is linear: the newest messages up to a budget of characters, looked up by unit and stem.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from detectors._text.passages import is_composition
from detectors.base import Finding, Record
from detectors.hallucination.assertions import (
    Assertion,
    assertions_in,
    may_deny,
    may_name,
    naming_in,
    opposed,
    other_name,
)
from detectors.hallucination.conversation import (
    Conversation,
    Turn,
    asked_stems,
    corrects,
    supposes,
)
from detectors.hallucination.quantities import (
    Quantity,
    differ,
    may_hold_quantity,
    quantities_in,
)
from detectors.hallucination.statements import (
    Fact,
    Sentence,
    Statements,
    content_of,
    fold,
)

SIGNAL: Final = "hallucination.contradiction"
MAX_ANSWER_CHARS: Final = 12_000
MAX_EARLIER_CHARS: Final = 60_000
_MAX_ALIKE = 6
_MAX_POSTINGS = 12
# Sentences of an answer that are compared with its others, and words that two must share.
_MAX_MARKED = 24
_SHARED_WORDS = 3
# Sentences of so many longer words are on one matter if they share one, longer ones two.
_FEW_WORDS = 4
_MAX_FINDINGS = 10
_MAX_TAIL = 6
# A sentence of so many different words is nobody else's, whatever was asked in between.
_RETOLD_STEMS = 4

_YES = re.compile(
    r"(?i)\W*(?:yes|yeah|yep|correct|indeed|certainly|ja|jawohl|oui|sí|si,|sim|da\b|да|tak|evet"
    r"|是的|是。|是，|可以|能|对|はい|네)(?=\W|$|[\u3040-\u9fff])"
)
_NO = re.compile(
    r"(?i)\W*(?:no|nope|nein|non|não|nee|nej|nei|nie|нет|不是|不可以|不能|不行|不，|不。|いいえ|아니요)(?=\W|$"
    r"|[\u3040-\u9fff])"
)
_ASKS_WHICH = re.compile(
    r"(?i)\W*(?:who|when|where|which|in (?:which|what)|what (?:is|was|are) the|how (?:many|much"
    r"|old|tall|long|high|big|far"
    r"|deep)|wer|wann|wo|wie (?:viele?|alt|hoch|lang)|qui|quand|où|combien|quién|cuándo|dónde"
    r"|cuánt[oa]s?|chi|quando|dove"
    r"|quant[oiae]|wie is|wanneer|hoeveel|vem|när|hur)\b|.{0,40}(?:几|多少|谁|哪)"
)
_BETWEEN_TIMES = re.compile(
    r"(?i)\b(?:compare|difference|differences|versus|vs|timeline|history|calculate|compute|solve"
    r"|convert|sum|average"
    r"|table|examples?|list)\b|[+*/=]"
)
_DIGITS = re.compile(r"\d[\d.,:]*\d|\d")

_KINDS = {
    "year": ("other_date", "another year"),
    "date": ("other_date", "another date"),
    "time": ("other_date", "another time"),
    "%": ("other_amount", "another percentage"),
}
_COUNTS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def judge(record: Record, conversation: Conversation) -> tuple[float | None, list[Finding]]:
    """The score in [0, 1], None where there is nothing to contradict, and what contradicts."""
    answer = record.output[:MAX_ANSWER_CHARS]
    if not answer or answer.isspace():
        return None, []
    mine = _Text(answer)
    if not conversation.turns and len(mine.spans) < 2:
        return None, []
    compared = [*_against_itself(mine, conversation), *_against_turns(mine, record, conversation)]
    if compared and is_composition(record):
        compared = []
    findings = [
        Finding(SIGNAL, one.kind, one.start, one.end, one.reason, one.score)
        for one in compared
        if not _corrected(answer, one.start, one.end)
    ]
    findings += _other_answers(record, answer, conversation)
    best: dict[tuple[int, int], Finding] = {}
    for finding in findings:
        place = (finding.start, finding.end)
        if place not in best or best[place].score < finding.score:
            best[place] = finding
    kept = sorted(best.values(), key=lambda finding: (-finding.score, finding.start))
    return max((finding.score for finding in kept), default=0.0), kept[:_MAX_FINDINGS]


class _Clash(NamedTuple):
    """A sentence of the answer that contradicts: how, than what, and the value it gives."""

    start: int
    end: int
    kind: str
    reason: str
    score: float
    value: str


# ── Which sentences are on one matter ───────────────────────────────────────────────────────


class _Text(Statements):
    """Statements with marks: whether each may hold a figure, a denial, a name for something."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._marks: dict[int, tuple[bool, bool, bool]] = {}
        self._assertions: dict[int, list[Assertion]] = {}

    def assertions(self, number: int, sentence: Sentence) -> list[Assertion]:
        """What a sentence of this number affirms or denies."""
        found = self._assertions.get(number)
        if found is None:
            found = self._assertions[number] = assertions_in(sentence)
        return found

    def marks(self, number: int) -> tuple[bool, bool, bool]:
        """The marks of a sentence."""
        marks = self._marks.get(number)
        if marks is None:
            text, words = self.raw(number), self.words(number)
            marks = may_hold_quantity(text, words), may_deny(text, words), may_name(words)
            self._marks[number] = marks
        return marks


class _Evidence:
    """The sentences of the answer that could contradict anything, by beginnings of words."""

    def __init__(self, mine: _Text) -> None:
        self.statements = mine
        self.marks: dict[int, tuple[bool, bool, bool]] = {}
        self.probes: dict[str, list[int]] = defaultdict(list)
        self.sizes: dict[int, int] = {}
        self.wanted = (False, False, False)

    def add(self, number: int) -> None:
        """Enters a sentence, to be found by later look-ups."""
        marks = self.statements.marks(number)
        probes = self.statements.probes(number)
        self.marks[number] = marks
        self.sizes[number] = len(probes)
        had = self.wanted
        self.wanted = (had[0] or marks[0], had[1] or marks[1], had[2] or marks[2])
        for probe in probes:
            places = self.probes[probe]
            if len(places) < _MAX_POSTINGS:
                places.append(number)

    def like(self, other: _Text, number: int) -> list[int]:
        """The sentences that share words with another's and could contradict it, a few."""
        marks = other.marks(number)
        wanted = self.wanted
        if not (wanted[1] or marks[1] or (wanted[0] and marks[0]) or (wanted[2] and marks[2])):
            return []
        probes = other.probes(number)
        shared: Counter[int] = Counter()
        for probe in probes & self.probes.keys():
            shared.update(self.probes[probe])
        found = []
        for place, count in shared.most_common(2 * _MAX_ALIKE):
            figures, denies, names = self.marks[place]
            enough = 2 if min(self.sizes[place], len(probes)) > _FEW_WORDS else 1
            if count >= enough and (
                (figures and marks[0]) or denies or marks[1] or (names and marks[2])
            ):
                found.append(place)
        return found[:_MAX_ALIKE]


# ── Against earlier turns ───────────────────────────────────────────────────────────────────


def _against_turns(mine: _Text, record: Record, conversation: Conversation) -> Iterable[_Clash]:
    if not conversation.turns:
        return
    evidence = _Evidence(mine)
    for number in range(len(mine.spans)):
        evidence.add(number)
    room = MAX_EARLIER_CHARS
    for turn in reversed(conversation.turns):
        room -= len(turn.said)
        if room < 0:
            return
        clashes = list(_with_turn(evidence, _Text(turn.said), conversation, turn))
        if not clashes or not _may_contradict(conversation, turn):
            continue
        for clash in clashes:
            if not _known(clash.value, record, conversation):
                yield clash._replace(reason=f"{clash.reason} {_where(turn)}")


def _with_turn(
    evidence: _Evidence, theirs: _Text, conversation: Conversation, turn: Turn
) -> Iterable[_Clash]:
    mine = evidence.statements
    facts: dict[int, list[tuple[Fact, Fact]]] = defaultdict(list)
    for number in range(len(theirs.spans)):
        for place in evidence.like(theirs, number):
            now, before = mine.sentence(place), theirs.sentence(number)
            if now is None or before is None or now.listed or before.listed:
                continue
            mark, other = evidence.marks[place], theirs.marks(number)
            if mark[0] and other[0]:
                for fact in mine.facts(place):
                    facts[id(fact)] += [(fact, one) for one in theirs.facts(number)]
                retold = _retold(now, before)
                if retold and (conversation.same_topic(turn) or not conversation.shifted(turn)):
                    yield _amount(now.start, now.end, retold, 0.85)
            denied, named = mark[1] or other[1], mark[2] and other[2]
            yield from _other_said(now, before, denied, named, conversation, turn)
    for pairs in facts.values():
        alike = [
            (one, other, score)
            for one, other in pairs
            if _unit(one) == _unit(other) and (score := _fact_clash(one, other, conversation, turn))
        ]
        # Where the earlier text also says the same, the two don't disagree.
        if alike and all(differ(one.quantity, other.quantity) for one, other, _ in alike):
            fact, _, score = max(alike, key=lambda pair: pair[2])
            yield _amount(fact.start, fact.end, fact.quantity, score)


def _amount(start: int, end: int, quantity: Quantity, score: float) -> _Clash:
    kind, another = _KINDS.get(quantity.unit, ("other_amount", "another amount"))
    return _Clash(start, end, kind, f"gives {another} than", score, quantity.text)


def _other_said(
    now: Sentence,
    before: Sentence,
    denied: bool,
    named: bool,
    conversation: Conversation,
    turn: Turn,
) -> Iterable[_Clash]:
    """Denials and other names."""
    if denied:
        pair = _opposed(assertions_in(now), assertions_in(before))
        if pair and not conversation.new_facts_since(turn):
            said, other = pair
            if _subject_holds(said.content, said.names, said.vague, conversation, turn):
                denies = said.negations > other.negations
                how = "denies what is said in" if denies else "affirms what is denied in"
                yield _Clash(now.start, now.end, "denial", how, 0.85, "")
    if named:
        one, was = naming_in(now), naming_in(before)
        if one and was and one.key == was.key and other_name(one.name, was.name):
            known = bool(one.content & one.names)
            if known or _subject_holds(one.content, one.names, False, conversation, turn):
                how = "names another than"
                yield _Clash(now.start, now.end, "other_name", how, 0.8, " ".join(one.name))


def _unit(fact: Fact) -> str:
    return "date" if fact.quantity.unit == "year" else fact.quantity.unit


def _fact_clash(now: Fact, before: Fact, conversation: Conversation, turn: Turn) -> float:
    """How surely two facts of one unit are said of the same thing, 0 where they may not be."""
    dated = _unit(now) == "date"
    shared = now.bag & before.bag
    strength = _strength(shared) + (not dated and _counts_something(now.quantity.unit))
    mine, yours = now.bag - before.bag, before.bag - now.bag
    vague = now.vague or before.vague
    score = 0.85
    if mine and yours:
        return 0.0
    extra, owner = (mine, now) if mine else (yours, before)
    if extra:
        score = 0.7
        if any(one.startswith("=") for one in extra) or len(extra) > _MAX_TAIL:
            return 0.0
        in_tail = extra <= owner.tail and dated and not extra & owner.names
        # "It opened in 1991" of what was called by its name before.
        spelt_out = vague and not owner.vague and not extra & owner.tail
        part_of_name = extra <= owner.names and not extra & owner.tail
        if not in_tail and not ((spelt_out or part_of_name) and conversation.same_topic(turn)):
            return 0.0
    if vague:
        known = before.bag | before.around | asked_stems(turn.asked)
        if now.vague and now.around and known and not now.around & known:
            return 0.0
        return score if strength >= 1 and conversation.same_topic(turn) else 0.0
    names = now.names | before.names
    return score if _named_or_same(shared, names, strength, conversation, turn) else 0.0


def _named_or_same(
    shared: frozenset[str],
    names: frozenset[str],
    strength: float,
    conversation: Conversation,
    turn: Turn,
) -> bool:
    if shared & names and strength >= 2:
        return True
    if strength >= 3 and not conversation.shifted(turn):
        return True
    return strength >= 1.5 and conversation.same_topic(turn)


def _subject_holds(
    content: frozenset[str],
    names: frozenset[str],
    vague: bool,
    conversation: Conversation,
    turn: Turn,
) -> bool:
    strength = _strength(content)
    if vague:
        return strength >= 1.5 and conversation.same_topic(turn)
    return _named_or_same(content, names, strength, conversation, turn)


def _strength(stems: frozenset[str]) -> float:
    """How many words tell what is spoken of; a Chinese character is half of one."""
    return sum(
        0.5 if len(one) == 1 and not one.isascii() else 1.0
        for one in stems
        if not one.startswith("=")
    )


def _counts_something(unit: str) -> bool:
    return len(unit) > 1 or (bool(unit) and not unit.isascii() and unit not in "€£¥₹")


def _opposed(mine: list[Assertion], theirs: list[Assertion]) -> tuple[Assertion, Assertion] | None:
    """A statement, and one of theirs of which it is the denial or that denies it."""
    pairs = ((said, other) for said in mine for other in theirs)
    return next(((said, other) for said, other in pairs if opposed(said, other)), None)


def _retold(now: Sentence, before: Sentence) -> Quantity | None:
    """The one figure by which a sentence differs from one said before, word for word."""
    if not now.certain:
        return None
    masked, found = _masked(now.text)
    earlier_masked, earlier = _masked(before.text)
    if masked != earlier_masked or len(content_of(masked)) < _RETOLD_STEMS:
        return None
    apart = [(one, was) for one, was in zip(found, earlier, strict=True) if differ(one, was)]
    if len(apart) != 1:
        return None
    units = {quantity.unit for quantity in apart[0]}
    timed = units & {"year", "date", "time"}
    # In another year the rest may be as it was.
    if not timed or (len(found) == 1 and (len(units) == 1 or timed == {"year"})):
        return apart[0][0]
    return None


def _masked(text: str) -> tuple[str, list[Quantity]]:
    found = quantities_in(text)
    pieces, at = [], 0
    for quantity in found:
        pieces.append(text[at : quantity.start].lower())
        at = quantity.end
    return "#".join((*pieces, text[at:].lower())), found


# ── Against itself ──────────────────────────────────────────────────────────────────────────


def _against_itself(mine: _Text, conversation: Conversation) -> Iterable[_Clash]:
    """Sentences that contradict an earlier one of the answer. Not where times, cases or sums
    were asked for: each has figures of its own."""
    marks = [mine.marks(number) for number in range(len(mine.spans))]
    figures = sum(has for has, _, _ in marks) > 1
    denies = any(denied for _, denied, _ in marks)
    if not figures and not denies:
        return
    asked = conversation.asked
    figures = figures and not (
        _BETWEEN_TIMES.search(asked) or supposes(asked) or len(_DIGITS.findall(asked)) > 1
    )
    marked = [n for n, mark in enumerate(marks) if (figures and mark[0]) or mark[1]][:_MAX_MARKED]
    words = [mine.words(number) for number in range(len(mine.spans))] if marked else []
    for one in marked:
        for other, others in enumerate(words):
            if len(words[one] & others) < _SHARED_WORDS:
                continue
            if other == one or (other > one and other in marked):
                continue
            place, number = sorted((one, other))
            now, before = mine.sentence(number), mine.sentence(place)
            if now is None or before is None or now.listed or before.listed:
                continue
            if figures and marks[one][0] and marks[other][0]:
                yield from _own_figures(mine.facts(number), mine.facts(place))
            if marks[one][1] or marks[other][1]:
                pair = _opposed(mine.assertions(number, now), mine.assertions(place, before))
                if pair and not pair[0].vague and _strength(pair[0].content) >= 2:
                    reason = "denies or is denied by an earlier sentence of this answer"
                    yield _Clash(now.start, now.end, "denial", reason, 0.75, "")


def _own_figures(later: list[Fact], earlier: list[Fact]) -> Iterable[_Clash]:
    for now in later:
        for before in earlier:
            if _unit(now) != _unit(before) or now.bag != before.bag or not _clear_alone(now):
                continue
            if differ(now.quantity, before.quantity):
                clash = _amount(now.start, now.end, now.quantity, 0.7)
                reason = f"{clash.reason} an earlier sentence of this answer"
                yield clash._replace(reason=reason)


def _clear_alone(fact: Fact) -> bool:
    if fact.vague or fact.listed:
        return False
    strength = _strength(fact.bag) + _counts_something(fact.quantity.unit)
    return strength >= 3 or (strength >= 2 and bool(fact.names))


# ── The same question, answered otherwise ───────────────────────────────────────────────────


def _other_answers(record: Record, answer: str, conversation: Conversation) -> Iterable[Finding]:
    if not conversation.turns or len(conversation.asked) < 6:
        return
    for turn in reversed(conversation.turns):
        if not conversation.same_question(turn):
            continue
        if conversation.tool_since(turn) or conversation.new_facts_since(turn):
            continue
        if corrects(answer[:200]) or corrects(turn.said[:200]):
            continue
        end = min(len(answer), _first_sentence_end(answer))
        start = len(answer) - len(answer.lstrip())
        now, before = _polarity(answer), _polarity(turn.said)
        if now and before and now != before:
            reason = f"answers yes or no otherwise to the same question than {_where(turn)}"
            yield Finding(SIGNAL, "other_answer", start, max(start + 1, end), reason, 0.85)
            return
        value = _short_value(answer, end)
        earlier = _short_value(turn.said, _first_sentence_end(turn.said))
        if not (value and earlier and _ASKS_WHICH.match(conversation.asked)):
            continue
        if _values_differ(value, earlier) and not _known(value, record, conversation):
            reason = f"gives another answer to the same question than {_where(turn)}"
            yield Finding(SIGNAL, "other_answer", start, max(start + 1, end), reason, 0.75)
            return


def _polarity(text: str) -> str:
    head = text[:40]
    if _NO.match(head):
        return "no"
    return "yes" if _YES.match(head) else ""


def _first_sentence_end(text: str) -> int:
    match = re.search(r"\S[^\n]{0,300}?(?:[.!?。！？](?=\s|$)|\n|\Z)", text[:400])
    return match.end() if match else min(len(text), 300)


def _short_value(text: str, end: int) -> str:
    """What a short answer says, folded: a bare name or figure. "" for anything longer."""
    first = fold(text[:end]).strip(" .!\n*\"'")
    if len(text) > end + 40 or len(first.split()) > 5 or len(first) > 60:
        return ""
    return first.lower()


def _values_differ(one: str, other: str) -> bool:
    figures, others = _DIGITS.findall(one), _DIGITS.findall(other)
    if figures or others:
        return len(figures) == len(others) == 1 and _plain(figures[0]) != _plain(others[0])
    words, more = frozenset(one.split()), frozenset(other.split())
    capital = len(words) <= 3 and len(more) <= 3
    return capital and other_name(words, more)


def _plain(figure: str) -> str:
    return figure.replace(",", "").replace(".", "")


# ── Reasons to stay quiet ───────────────────────────────────────────────────────────────────


def _may_contradict(conversation: Conversation, turn: Turn) -> bool:
    return not (
        conversation.tool_since(turn)
        or conversation.supposed_since(turn)
        or corrects(turn.said[-300:])
        or conversation.composed(turn)
    )


def _corrected(answer: str, start: int, end: int) -> bool:
    """Whether a correction is announced where an answer begins, or around a sentence of it."""
    return corrects(answer[:160]) or corrects(answer[max(0, start - 160) : end + 120])


def _known(value: str, record: Record, conversation: Conversation) -> bool:
    """Whether the user or the documents gave what the answer says now."""
    digits = _DIGITS.findall(value)
    wanted = digits or value.split()
    if not wanted:
        return False
    given = "\n".join((conversation.users_text, *(text[:50_000] for text in record.context)))
    words = frozenset(_DIGITS.findall(given)) if digits else given.lower()
    return all(one in words for one in wanted)


def _where(turn: Turn) -> str:
    if turn.back <= 1:
        return "the assistant's message just before"
    count = _COUNTS[turn.back] if turn.back < len(_COUNTS) else str(turn.back)
    return f"the assistant's answer {count} messages before"
