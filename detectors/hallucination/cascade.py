"""An answer that builds on what the assistant made up earlier in the conversation.

Made up is a citation that can't exist (`citations`), and, where there are documents, a figure or
a name of a sentence that the documents speak of but don't bear out. An answer builds on it by
repeating it, or by resting on it ("as the study shows"). What the user or a tool said is nobody's
invention, and what is taken back isn't built on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

from detectors._text.passages import is_composition
from detectors._text.words import number_in, tokens_of
from detectors.base import Finding, Record, sentence_spans
from detectors.hallucination.citations import Citation, citations_in
from detectors.hallucination.conversation import Conversation, Turn, corrects
from detectors.hallucination.given import Given
from detectors.hallucination.grounding import Index, stems_of
from detectors.hallucination.models import TitleModel
from detectors.hallucination.quantities import quantities_in
from detectors.hallucination.statements import (
    Sentence,
    Statements,
    content_of,
    names_in,
)
from detectors.hallucination.titles import (
    asks_for_references,
    fabricated,
    title_spans,
    topic_of,
)
from detectors.hallucination.venues import Venues

SIGNAL: Final = "hallucination.cascade"
MAX_ANSWER_CHARS: Final = 12_000
MAX_EARLIER_CHARS: Final = 60_000
_MAX_SENTENCES = 80
_MAX_ITEMS = 40
_MAX_FINDINGS = 10
# An earlier sentence counts as spoken of in the documents from this share of its stems on.
_SPOKEN_OF = 0.6

# What every citation that can be told to be impossible holds.
_MARKERS = (
    "10.", "rfc", "arxiv", "isbn", "issn", "orcid", "pm", "http", "cve-", "iso", "patent", "] uk",
    "] ew", "ecli", "bgh", "doe", "author", "@",
)  # fmt: skip
_MAY_CITE = re.compile(
    r"\d (?:U\. ?S\.|S\. ?C|L\. ?E|F\.|B\. ?R|[PANS]\. ?)|\d ?\(\d|\(?[12]\d{3}[a-z]?\)|\b[CTF]-\d"
    r"|\b(?:Journal|Annals|Archives|Quarterly|Letters|Bulletin|Acta|Review|Zeitschrift|Revue|Revista)\b"
    r"|\b[Vv]ol(?:ume|\.)? ?\d|\d[,:] ?(?:pp?\. ?)?\d+ ?[-–]\d|\b(?:US|EP) ?\d"
)
_UNVERIFIED = re.compile(
    r"(?i)\b(?:does(?:n['’]t| not) (?:seem to |appear to )?exist|do(?:n['’]t| not) exist"
    r"|can(?:not|['’]t| not) (?:verify|find|confirm)"
    r"|could(?:n['’]t| not) (?:verify|find|confirm)|unable to (?:verify|find|confirm)|made[- ]up"
    r"|fabricat|invented|not real|fictitious|fictional"
    r"|no such (?:study|paper|case|article|book|source)|not a real|should(?:n['’]t| not) (?:have"
    r"|rely|be relied)|disregard|unreliable|hallucinat"
    r"|existiert nicht|nicht bestätigen|n['’]existe pas|no existe|non esiste|não existe"
    r"|bestaat niet|finns inte)"
    r"|不存在|无法核实|編造|编造|存在しません|не существует"
)
_RESTS_ON = re.compile(
    r"(?i)\b(?:(?:as|like) (?:the|this|that|these|those|our) (?:study|studies|paper|papers"
    r"|article|research|report|findings|case"
    r"|ruling|decision|book|source|authors?) (?:shows?|showed|says?|states?|found|finds|suggests?"
    r"|indicates?|demonstrates?|argues?|held|notes?|makes? clear|reports?)"
    r"|(?:based|building|drawing|relying|resting) (?:up)?on (?:the|this|that|these"
    r"|those) (?:\w+ )?(?:study|paper|article|research|report|findings|case|ruling|precedent"
    r"|decision|book|source|work|evidence)"
    r"|according to (?:the|this|that|these|those) (?:\w+ )?(?:study|paper|article|research|report"
    r"|authors?|case|ruling|decision|book|source)"
    r"|(?:the|this|that|these|those) (?:same )?(?:study|paper|article|research|report|authors?"
    r"|findings|ruling|case|decision|book) "
    r"(?:also |further |clearly |therefore )?(?:shows?|showed|says?|states?|found|finds|suggests?"
    r"|indicates?|demonstrates?|proves?|proved|established|establishes|held|holds|argues?|argued"
    r"|concludes?|concluded|reports?|confirms?|supports?)"
    r"|(?:wie|laut) (?:die|der|diese[rs]?) (?:studie|arbeit|artikel|urteil)|(?:selon"
    r"|d['’]après) (?:l['’]étude|cette étude|l['’]article|cet article)"
    r"|según (?:el|la|este|esta) (?:estudio|artículo|sentencia|investigación)|(?:come mostra"
    r"|secondo) (?:lo|questo|il) (?:studio|articolo)"
    r"|como mostra o estudo|segundo (?:o|este) (?:estudo|artigo)|volgens (?:de|deze) (?:studie"
    r"|artikel))"
    r"|(?:该|这项|上述|这篇)(?:研究|论文|判例|文章)"
)
_THEREFORE = re.compile(
    r"(?i)\b(?:so|therefore|thus|hence|that means|which means|based on|given (?:that|the)"
    r"|this means|in total|altogether|twice|double|half|makes"
    r"|daher|also|somit|donc|par conséquent|por lo tanto|quindi|portanto|dus)\b|因此|所以"
)
_SURNAME = re.compile(r"\b([A-ZÀ-Þ][^\W\d_]{2,30})(?=,? (?:et al|[A-Z]\.|and |& |\(|\d{4}))")
_PARTIES = re.compile(
    r"([A-Z][\w.'&-]{0,30}(?: [A-Z][\w.'&-]{0,30}){0,4}) v(?:s)?\. ([A-Z][\w.'&-]{0,30}"
    r"(?: [A-Z][\w.'&-]{0,30}){0,4})"
)
_CITING = re.compile(
    r"(?i)\bet al|\bcolleagues\b|\(\d{4}|\b(?:study|paper|article|research|work|findings|book"
    r"|report|found|shows?"
    r"|showed|argues?|argued|reports?|reported|demonstrate[sd]?|conclude[sd]?|according to)\b"
)
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MULTIPLES = (*(float(n) for n in range(2, 13)), 0.5, 0.25, 1 / 3, 24.0, 52.0, 100.0, 365.0)
# What one use scores at least, and the most that many can.
_ONCE = 0.5
_MOST = 0.97
_MAX_TITLES = 12
_INVENTED_TITLE = 0.8
_KIND = {"repeats": "repeated", "reckons with": "derived_from", "rests on": "rests_on"}
_WHAT = {
    "citation": "a citation that can't exist",
    "title": "a title worded as invented ones are",
    "figure": "a figure that the documents don't have",
    "name": "a name that the documents don't have",
}


class Item(NamedTuple):
    """Something made up: how sure that is, the turn that said it first, and what to look for.

    `keys` are lower-cased strings of which one tells a use, `authors` surnames that tell one
    beside a word of citing; a `figure` in its `unit` is used where one of the stems `near` it is.
    """

    what: str
    certainty: float
    turn: Turn
    keys: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()
    figure: float | None = None
    unit: str = ""


def judge(
    record: Record,
    conversation: Conversation,
    index: Callable[[], Index] | None,
    titles: TitleModel,
    venues: Callable[[], Venues],
) -> tuple[float | None, list[Finding]]:
    """The score in [0, 1], None where the assistant said nothing before, and what is built on.

    `index` gives the documents ready for look-up, None where there are none. The score grows
    with the sentences of this and of earlier turns that use something made up, and with how
    long ago it was said first.
    """
    if not conversation.turns:
        return None, []
    answer = record.output[:MAX_ANSWER_CHARS]
    if not answer or answer.isspace():
        return 0.0, []
    turns = _newest(conversation)
    items = [
        *_citations(record, conversation, turns, venues),
        *_titles(conversation, turns, titles),
        *_unsupported(conversation, turns, index),
    ]
    if not items or is_composition(record):
        return 0.0, []
    if corrects(answer[:160]) or _UNVERIFIED.search(answer):
        return 0.0, []
    taken_back = max((turn.place for turn in turns if _takes_back(turn.said)), default=-1)
    standing = [
        item
        for item in items
        if item.turn.place > taken_back and not conversation.composed(item.turn)
    ]
    return _uses(answer, standing[:_MAX_ITEMS], turns)


def _newest(conversation: Conversation) -> list[Turn]:
    """The turns that are looked at, oldest first."""
    turns: list[Turn] = []
    room = MAX_EARLIER_CHARS
    for turn in reversed(conversation.turns):
        room -= len(turn.said)
        if room < 0:
            break
        turns.append(turn)
    return turns[::-1]


def _takes_back(said: str) -> bool:
    return corrects(said[:160]) or _UNVERIFIED.search(said) is not None


# ── What was made up ────────────────────────────────────────────────────────────────────────


def _citations(
    record: Record,
    conversation: Conversation,
    turns: Sequence[Turn],
    venues: Callable[[], Venues],
) -> Iterable[Item]:
    seen: set[tuple[str, ...]] = set()

    @cache
    def given() -> Given:
        return Given("\n".join((conversation.users_text, *record.context)))

    for turn in turns:
        if not _may_cite(turn.said):
            continue
        for citation in citations_in(turn.said, given, record.event_time, False, venues):
            if not citation.fault:
                continue
            keys, authors = _keys(citation, turn.said)
            if keys + authors and keys + authors not in seen:
                seen.add(keys + authors)
                yield Item("citation", citation.score, turn, keys, authors)


def _may_cite(text: str) -> bool:
    lowered = text.lower()
    return any(marker in lowered for marker in _MARKERS) or _MAY_CITE.search(text) is not None


def _keys(citation: Citation, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What tells that a citation is used: its identifier or its parties, and its authors."""
    line_start = text.rfind("\n", 0, citation.start) + 1
    line = text[max(line_start, citation.start - 200) : citation.end + 10]
    authors = tuple(name.lower() for name in dict.fromkeys(_SURNAME.findall(line)))[:2]
    if citation.kind in ("pages", "dated", "authors"):
        return (), authors
    keys = [text[citation.start : citation.end].strip(" .,;:()[]\"'").lower()]
    parties = list(_PARTIES.finditer(line)) if citation.kind == "case" else []
    if parties:
        return (keys[0], parties[-1][0].lower()), ()
    return tuple(keys), authors


def _titles(conversation: Conversation, turns: Sequence[Turn], model: TitleModel) -> Iterable[Item]:
    for turn in turns:
        if not asks_for_references(turn.asked):
            continue
        topic = topic_of(turn.asked)
        for start, end in title_spans(turn.said)[:_MAX_TITLES]:
            title = turn.said[start:end].strip(" .\"'*_").lower()
            if len(title.split()) < 4 or title in conversation.users_text:
                continue
            doubt = fabricated(turn.said[start:end], topic, model)
            if doubt >= _INVENTED_TITLE:
                yield Item("title", round(doubt, 3), turn, (title,))


def _unsupported(
    conversation: Conversation, turns: Sequence[Turn], index: Callable[[], Index] | None
) -> Iterable[Item]:
    if index is None or not turns:
        return
    documents = index()
    for turn in turns:
        for sentence in Statements(turn.said).all()[:_MAX_SENTENCES]:
            yield from _not_borne_out(sentence, turn, documents, conversation)


def _not_borne_out(
    sentence: Sentence, turn: Turn, documents: Index, conversation: Conversation
) -> Iterable[Item]:
    stems = stems_of(sentence.text)
    words = frozenset(one for one in stems if not number_in(one))
    if len(words) < 3:
        return
    spoken_of = len(words & documents.stems) / len(words)
    if spoken_of < _SPOKEN_OF:
        return
    given = conversation.users_text
    content = content_of(sentence.text)
    for quantity in quantities_in(sentence.text):
        number = next(iter(quantity.value), 0.0)
        digits = [number_in(token) for token in tokens_of(quantity.text) if token[0].isdigit()]
        if not digits or quantity.unit.startswith("#"):
            continue
        if any(one in documents.numbers for one in digits) or quantity.text in given:
            continue
        if len(digits) == 1 and number < 13 and len(quantity.unit) != 1:
            continue
        yield Item("figure", 0.8, turn, near=content, figure=number, unit=quantity.unit)
    for name in names_in(sentence.text):
        if name not in documents.stems and name not in given and len(name) >= 4:
            yield Item("name", 0.75, turn, (name,))


# ── What is built on it ─────────────────────────────────────────────────────────────────────


def _uses(answer: str, items: Sequence[Item], turns: Sequence[Turn]) -> tuple[float, list[Finding]]:
    findings: list[Finding] = []
    used: dict[int, Item] = {}
    for start, end in _whole_sentences(answer):
        sentence = answer[start:end]
        if sentence.endswith(("?", "？")) or corrects(sentence):
            continue
        item, how = _used_in(sentence, items)
        if item is None:
            continue
        used[id(item)] = item
        reason = f"{how} {_WHAT[item.what]}, which the assistant gave {_ago(item.turn)}"
        score = _ONCE + 0.05 * item.certainty
        kind = f"{_KIND[how]}_{item.what}"
        findings.append(Finding(SIGNAL, kind, start, end, reason, round(score, 3)))
    if not findings:
        return 0.0, []
    between = sum(
        any(turn.place > item.turn.place and _repeats(turn.said, item) for item in used.values())
        for turn in turns
    )
    oldest = max(item.turn.turns for item in used.values())
    # Each further use, each turn in between that used it and each turn that it stood count.
    weight = (len(findings) - 1) + 1.5 * between + 0.5 * (oldest - 1)
    first = max(finding.score for finding in findings)
    score = round(first + (_MOST - first) * (1 - 0.75**weight), 3)
    return score, findings[:_MAX_FINDINGS]


def _whole_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences, not split after the "v." between parties and the "al." of authors."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text)[:_MAX_SENTENCES]:
        if spans and text[spans[-1][0] : spans[-1][1]].endswith((" v.", " vs.", " al.")):
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _used_in(sentence: str, items: Sequence[Item]) -> tuple[Item | None, str]:
    """The item that a sentence repeats, derives a figure from, or rests on."""
    for item in items:
        if _repeats(sentence, item):
            return item, "repeats"
    if _THEREFORE.search(sentence):
        for item in items:
            if item.figure is not None and _derives(sentence, item):
                return item, "reckons with"
    if _RESTS_ON.search(sentence):
        # "The study" is what was cited last, and nothing else is where the sentence cites itself.
        cited = [item for item in items if item.what in ("citation", "title")]
        if cited and cited[-1].turn.turns == 1 and not _may_cite(sentence):
            return cited[-1], "rests on"
    return None, ""


def _repeats(text: str, item: Item) -> bool:
    lowered = text.lower()
    for key in item.keys:
        at = lowered.find(key)
        if at >= 0 and not lowered[at - 1 : at].isalnum():
            return True
    if item.authors and all(author in lowered for author in item.authors):
        return _CITING.search(text) is not None
    if item.figure is None:
        return False
    return any(
        one.unit == item.unit and one.value[0] == item.figure for one in quantities_in(text[:2000])
    ) and not item.near.isdisjoint(content_of(text[:2000]))


def _derives(sentence: str, item: Item) -> bool:
    """Whether a figure of the sentence is a small multiple or share of the item's."""
    figure = item.figure
    if not figure or item.unit in ("year", "date", "time"):
        return False
    for one in quantities_in(sentence):
        if one.unit == item.unit and one.value[0] not in (0.0, figure):
            ratio = one.value[0] / figure
            if any(math.isclose(ratio, known) for known in _MULTIPLES):
                return True
    return False


def _ago(turn: Turn) -> str:
    number = turn.turns
    return f"{_NUMBERS[number] if number < len(_NUMBERS) else number} turns back".replace(
        "one turns", "one turn"
    )
