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
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from detectors._hallucination.assertions import (
    Assertion,
    Naming,
    assertions_in,
    extends,
    namings_in,
    other_name,
)
from detectors._hallucination.conversation import (
    Conversation,
    Turn,
    asked_stems,
    corrects,
    supposes,
)
from detectors._hallucination.quantities import differ
from detectors._hallucination.statements import Fact, Sentence, facts_in, fold, sentences_in
from detectors._text.passages import is_composition
from detectors.base import Finding, Record

SIGNAL: Final = "hallucination.contradiction"
MAX_ANSWER_CHARS: Final = 12_000
MAX_EARLIER_CHARS: Final = 60_000
_MAX_ALIKE = 6
_MAX_FINDINGS = 10
_MAX_TAIL = 6
_SHORT_ANSWER = 14

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
_PROBE = re.compile(r"[^\W\d_]{4,6}|\d{2,}")
_NON_SPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")

_KINDS = {
    "year": ("other_date", "another year"),
    "date": ("other_date", "another date"),
    "time": ("other_date", "another time"),
    "%": ("other_amount", "another percentage"),
}
_COUNTS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class _Parts(NamedTuple):
    """What a text states."""

    sentences: Sequence[Sentence]
    facts: list[Fact]
    assertions: list[Assertion]
    namings: list[Naming]


def judge(record: Record, conversation: Conversation) -> tuple[float | None, list[Finding]]:
    """The score in [0, 1], None where there is nothing to contradict, and what contradicts."""
    answer = record.output[:MAX_ANSWER_CHARS]
    if not answer or answer.isspace():
        return None, []
    sentences = sentences_in(answer)
    if not conversation.turns and len(sentences) < 2:
        return None, []
    findings: list[Finding] = []
    if sentences and not is_composition(record):
        mine = _parts(sentences)
        findings += _against_itself(answer, mine, conversation.asked)
        findings += _against_turns(record, answer, mine, conversation)
    findings += _other_answers(record, answer, conversation)
    best: dict[tuple[int, int], Finding] = {}
    for finding in findings:
        place = (finding.start, finding.end)
        if place not in best or best[place].score < finding.score:
            best[place] = finding
    kept = sorted(best.values(), key=lambda finding: (-finding.score, finding.start))
    return max((finding.score for finding in kept), default=0.0), kept[:_MAX_FINDINGS]


def _parts(sentences: list[Sentence]) -> _Parts:
    return _Parts(
        sentences, list(facts_in(sentences)), list(assertions_in(sentences)),
        list(namings_in(sentences)),
    )  # fmt: skip


# ── Against earlier turns ───────────────────────────────────────────────────────────────────


def _against_turns(
    record: Record, answer: str, mine: _Parts, conversation: Conversation
) -> Iterable[Finding]:
    if not (mine.facts or mine.assertions or mine.namings):
        return
    probes = _probes(sentence.text for sentence in mine.sentences)
    room = MAX_EARLIER_CHARS
    for turn in reversed(conversation.turns):
        room -= len(turn.said)
        if room < 0:
            return
        if not _speaks_of(turn.said, probes):
            continue
        theirs = _parts(sentences_in(turn.said))
        found = list(_pairs(mine, theirs, conversation, turn))
        if not found or not _may_contradict(conversation, turn):
            continue
        for start, end, kind, what, score, value in found:
            if _known(value, record, conversation) or _corrected(answer, start, end):
                continue
            yield Finding(SIGNAL, kind, start, end, f"{what} {_where(turn)}", score)


_Pair = tuple[int, int, str, str, float, str]


def _pairs(mine: _Parts, theirs: _Parts, conversation: Conversation, turn: Turn) -> Iterable[_Pair]:
    for now, before in _alike(mine.facts, theirs.facts):
        score = _fact_clash(now, before, conversation, turn)
        if score:
            kind, another = _KINDS.get(now.quantity.unit, ("other_amount", "another amount"))
            what = f"gives {another} than"
            yield now.start, now.end, kind, what, score, now.quantity.text
    if not conversation.new_facts_since(turn):
        for said, other in _opposed(mine.assertions, theirs.assertions):
            if _subject_holds(said.content, said.names | other.names, said.vague or other.vague,
                              conversation, turn):  # fmt: skip
                what = "denies what is said in" if said.denied else "affirms what is denied in"
                yield said.start, said.end, "denial", what, 0.85, ""
    by_key: dict[tuple[str, ...], list[Naming]] = defaultdict(list)
    for naming in theirs.namings:
        by_key[naming.key].append(naming)
    for one in mine.namings:
        others = by_key.get(one.key, [])
        if others and all(other_name(one.name, other.name) for other in others):
            if one.listed or others[0].listed:
                continue
            named = bool(one.content & one.names)
            if named or _subject_holds(one.content, one.names, False, conversation, turn):
                value = " ".join(one.name)
                yield one.start, one.end, "other_name", "names another than", 0.8, value


def _alike(mine: list[Fact], theirs: list[Fact]) -> Iterable[tuple[Fact, Fact]]:
    """Facts of one unit that share a stem, or have none; a few for each."""
    places: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in theirs:
        for one in fact.bag or ("",):
            places[_unit(fact), one].append(fact)
    for fact in mine:
        seen: list[Fact] = []
        for one in sorted(fact.bag) or ("",):
            for other in places.get((_unit(fact), one), ())[-_MAX_ALIKE:]:
                if other not in seen:
                    seen.append(other)
        for other in seen[:_MAX_ALIKE]:
            # Where the earlier text also says the same, the two don't disagree.
            if not any(not differ(fact.quantity, same.quantity) for same in seen):
                yield fact, other


def _unit(fact: Fact) -> str:
    return "date" if fact.quantity.unit == "year" else fact.quantity.unit


def _fact_clash(now: Fact, before: Fact, conversation: Conversation, turn: Turn) -> float:
    if now.listed or before.listed or not differ(now.quantity, before.quantity):
        return 0.0
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


def _opposed(
    mine: list[Assertion], theirs: list[Assertion]
) -> Iterable[tuple[Assertion, Assertion]]:
    """Statements of which one denies the other."""
    denied: dict[tuple[str, ...], Assertion] = {}
    prefixes: dict[tuple[str, ...], Assertion] = {}
    keys = {(one.key, one.denied) for one in theirs}
    for one in theirs:
        if one.denied:
            denied[one.key] = one
        else:
            for size in range(3, len(one.key) + 1):
                if extends(one.key, one.key[:size]):
                    prefixes[one.key[:size]] = one
    for said in mine:
        if said.listed or (said.key, said.denied) in keys:
            continue
        other = None
        if said.denied:
            other = prefixes.get(said.key)
        else:
            for size in range(len(said.key), 2, -1):
                if said.key[:size] in denied and extends(said.key, said.key[:size]):
                    other = denied[said.key[:size]]
                    break
        if other is not None and not other.listed:
            yield said, other


# ── Against itself ──────────────────────────────────────────────────────────────────────────


def _against_itself(answer: str, mine: _Parts, asked: str) -> Iterable[Finding]:
    found: list[tuple[int, int, str, str, float]] = []
    if not (_BETWEEN_TIMES.search(asked) or supposes(asked) or len(_DIGITS.findall(asked)) > 1):
        for earlier, later in _earlier_and_later(mine.facts):
            if later.bag == earlier.bag and _clear_alone(later):
                kind, another = _KINDS.get(later.quantity.unit, ("other_amount", "another amount"))
                found.append((later.start, later.end, kind, f"gives {another} than", 0.7))
    seen: list[Assertion] = []
    for said in mine.assertions:
        if not said.vague and _strength(said.content) >= 2:
            for _, other in _opposed([said], seen[-40:]):
                if other.key == said.key:
                    found.append((said.start, said.end, "denial", "denies or is denied by", 0.75))
            seen.append(said)
    for start, end, kind, what, score in found:
        if not _corrected(answer, start, end):
            reason = f"{what} an earlier sentence of this answer"
            yield Finding(SIGNAL, kind, start, end, reason, score)


def _earlier_and_later(facts: list[Fact]) -> Iterable[tuple[Fact, Fact]]:
    """Facts of one answer that are said of the same thing and differ."""
    places: dict[tuple[str, frozenset[str]], list[Fact]] = defaultdict(list)
    for fact in facts:
        same = places[_unit(fact), fact.bag]
        apart = [one for one in same if differ(one.quantity, fact.quantity)]
        if same and len(apart) == len(same) and same[0].start != fact.start:
            yield same[0], fact
        same.append(fact)


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


def _probes(texts: Iterable[str]) -> tuple[str, ...] | None:
    """Beginnings of words to look for in a message; None where words aren't spaced."""
    joined = " ".join(texts)
    if _NON_SPACED.search(joined):
        return None
    return tuple(sorted({probe[:6] for probe in _PROBE.findall(joined.lower())}))[:150]


def _speaks_of(text: str, probes: tuple[str, ...] | None) -> bool:
    if probes is None:
        return True
    lowered = text.lower()
    return sum(probe in lowered for probe in probes) >= (2 if len(probes) > 12 else 1)


def _where(turn: Turn) -> str:
    if turn.back <= 1:
        return "the assistant's message just before"
    count = _COUNTS[turn.back] if turn.back < len(_COUNTS) else str(turn.back)
    return f"the assistant's answer {count} messages before"
