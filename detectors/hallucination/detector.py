"""Answers that their documents don't bear out, and citations that can't exist.

`hallucination.ungrounded` compares each claim of an answer with the documents in
`Record.context`: words, numbers, names, word order, negation and opposites, judged by a small
model. That sees wording, not meaning, so what it finds made up is read a second time: figures in
whatever writing, days, denials, and words that say the same (`borne_out`). Documents
that instruct (hours, prices, terms, steps: `register`) are put in people's own words most freely:
there a claim counts for what speaks against it (`conflicts`): a figure that is neither given nor
follows, a denial, a name, another matter. Elsewhere a faithful paraphrase in quite other words
still scores higher than a copied sentence with one fact exchanged where that fact's word stands
elsewhere in the documents. Of an answer in another language than its documents only figures, times
and days are compared. A figure that somebody asks for may follow from the documents' figures
(`reckoning`), and a short answer should stand where what was asked for is spoken of (`answering`).

`hallucination.citation` checks what each scheme of citation allows, whether the parts of a
reference go together (`references`, `bibtex`, `meetings`) and its journal's name is known, and the
titles of an answer that was asked for references. It looks nothing up: a citation that is well
formed and made up passes, except for its title and its journal. `hallucination.unconfirmed` counts
the sources that the model wasn't given (`unconfirmed`).

`hallucination.contradiction` compares an answer with what the assistant said before in
`Record.messages`, and with itself. `hallucination.cascade` finds answers that build on what was
made up before: citations that can't exist, figures and names that the documents don't have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

import msgspec

from detectors._text.language import language_of, small_words
from detectors._text.words import stem, tokens_of
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.hallucination import cascade, contradiction, unconfirmed
from detectors.hallucination.answering import MOST_CHARS, apart
from detectors.hallucination.borne_out import Verdict, second_reading
from detectors.hallucination.citations import Citation, citations_in
from detectors.hallucination.claims import as_question, claim_spans
from detectors.hallucination.clauses import Documents, is_cut_short
from detectors.hallucination.conflicts import against
from detectors.hallucination.conversation import Conversation
from detectors.hallucination.given import Given
from detectors.hallucination.grounding import (
    CLAIM_FEATURES,
    Claim,
    Index,
    claim_features,
    pool,
    stems_of,
)
from detectors.hallucination.likeness import Matrix, WordLikeness, likeness
from detectors.hallucination.models import (
    GroundingModel,
    TitleModel,
    WordVectors,
    read_grounding_model,
    read_title_model,
    read_venues,
    read_word_vectors,
)
from detectors.hallucination.reckoning import reckon, without_figures
from detectors.hallucination.titles import (
    asks_for_references,
    fabricated,
    title_spans,
    topic_of,
)
from detectors.hallucination.triggers import trigger
from detectors.hallucination.venues import Venues

_UNGROUNDED = "hallucination.ungrounded"
_CITATION = "hallucination.citation"
_MAX_FINDINGS = 20
_SAMPLE = 500
_MAX_QUESTION = 2_000
_FEW_KNOWN = 0.25
_TELLING = [CLAIM_FEATURES.index(name) for name in ("numbers_missing", "negation")]
_UNSETTLED = (Verdict.OPEN, Verdict.REFUTED)
# What an answer scores at least whose words the documents have, but not its figure.
_REFUTED = 0.6
# Figures that follow score this at least; longer answers have more to be right about.
_FIGURED = 0.15
_MOST_FIGURED = 300
# What a short answer scores at most for where it stands in the documents.
_NEARLY_SURE = 0.05
# What an invented-sounding title among works that nobody asked for scores at most.
_HARDLY = 0.45


class _Models(NamedTuple):
    """What it judges by."""

    grounding: GroundingModel
    lexicon: WordLikeness
    titles: TitleModel
    venues: Venues


class HallucinationDetector:
    """Judges answers against their documents, citations by their form, and conversations.

    `hallucination.ungrounded` is absent without documents; `hallucination.citation` is absent
    where nothing is cited, `hallucination.cascade` where the assistant said nothing before, and
    `hallucination.contradiction` where there are no two statements to compare. The first 600,000
    characters of the documents are looked at, the first 24,000 of the answer (48 claims), for
    citations its first 200,000, for contradictions its first 12,000; of the conversation the
    newest 60 messages, 60,000 characters of them.
    """

    name = "hallucination"
    signals = (
        Signal(_UNGROUNDED, "the documents given don't bear out what the answer claims"),
        Signal(_CITATION, "the answer cites something that can't exist or seems made up"),
        Signal(contradiction.SIGNAL, "the answer contradicts what was said before, or itself"),
        Signal(unconfirmed.SIGNAL, unconfirmed.MEANING),
        Signal(cascade.SIGNAL, "the answer builds on what was made up earlier"),
    )

    def __init__(self) -> None:
        self._models: _Models | None = None

    def load(self) -> None:
        """Reads the models. Raises `BrokenModel` where a file is missing or damaged."""
        self._read()

    def _read(self) -> _Models:
        if self._models is None:
            model = read_grounding_model()
            lexicon = WordLikeness(model.weights, read_word_vectors(), model.wording)
            self._models = _Models(model, lexicon, read_title_model(), read_venues())
        return self._models

    def _known_venues(self) -> Venues:
        return self._read().venues

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, in order. Documents shared within a batch are read once."""
        self._read()
        known: dict[tuple[str, ...], Documents] = {}
        return [self._score(record, known) for record in batch.records]

    def _score(self, record: Record, known: dict[tuple[str, ...], Documents]) -> Scores:
        scores: dict[str, float] = {}
        findings: list[Finding] = []
        if any(not document.isspace() for document in record.context if document):
            documents = known.get(record.context)
            if documents is None:
                documents = known[record.context] = Documents(Index(record.context))
            scores[_UNGROUNDED], ungrounded = self._judge_claims(record, documents)
            findings += ungrounded
        cited, made_up, doubted = self._judge_citations(record)
        if cited is not None:
            scores[_CITATION] = cited
            findings += made_up
        scores[unconfirmed.SIGNAL], further = doubted
        findings += further
        self._judge_conversation(record, known, scores, findings)
        if findings and (why := trigger(record, _question(record))):
            findings = [_explained(finding, why) for finding in findings]
        return Scores(scores, tuple(findings))

    def _judge_conversation(
        self,
        record: Record,
        known: dict[tuple[str, ...], Documents],
        scores: dict[str, float],
        findings: list[Finding],
    ) -> None:
        conversation = Conversation(record)
        documents = known.get(record.context)
        index = None if documents is None else lambda: documents.index
        judged = {
            contradiction.SIGNAL: contradiction.judge(record, conversation),
            cascade.SIGNAL: cascade.judge(
                record, conversation, index, self._read().titles, self._known_venues
            ),
        }
        for signal, (score, found) in judged.items():
            if score is not None:
                scores[signal] = score
                findings += found

    def _judge_claims(self, record: Record, documents: Documents) -> tuple[float, list[Finding]]:
        model, lexicon, index = self._read().grounding, self._read().lexicon, documents.index
        answer = record.output
        asked = stems_of(_question(record)[-8000:])
        claims, questions = claim_spans(answer)
        known = [
            (start, end, claim)
            for start, end in claims or questions
            if (claim := claim_features(answer[start:end], index, asked, lexicon))
        ]
        if not known:
            return 0.0, []
        [score] = model.ungrounded([pool([claim for _, _, claim in known], lexicon)])
        if not claims:
            return as_question(score), []
        if score > _FIGURED and len(answer) <= _MOST_FIGURED:
            score = self._figured(record, documents, asked, score)
        if score < _NEARLY_SURE and asked and len(answer) <= MOST_CHARS:
            away = apart(answer, asked, index, model.weights) or 0.0
            score = max(score, _NEARLY_SURE * away)
        doubtful = score > 0.5 or any(_is_telling(claim) for _, _, claim in known)
        if doubtful or documents.instructs:
            known, score = self._read_again(record, known, documents, asked, score, doubtful)
        if score <= 0.5:
            return score, []
        alone = model.ungrounded([pool([claim], lexicon) for _, _, claim in known])
        findings = [
            Finding(_UNGROUNDED, "claim", start, end, _why(claim.features), round(each, 3))
            for (start, end, claim), each in zip(known, alone, strict=True)
            if each > 0.5
        ]
        findings.sort(key=lambda finding: -finding.score)
        return score, findings[:_MAX_FINDINGS]

    def _figured(
        self, record: Record, documents: Documents, asked: frozenset[str], score: float
    ) -> float:
        """The score of an answer whose figures are the documents' or follow from these.

        It is what the answer scores without its figures; one that may be right is in doubt.
        """
        model, lexicon, answer = self._read().grounding, self._read().lexicon, record.output
        found = reckon(answer, _question(record)[-_MAX_QUESTION:], documents.index)
        if found is None or not (found.follows or found.may_be):
            return score
        rest = claim_features(without_figures(answer), documents.index, asked, lexicon)
        bare = model.ungrounded([pool([rest], lexicon)])[0] if rest else 0.0
        return min(score, max(bare, _FIGURED if found.follows else _HARDLY))

    def _read_again(
        self,
        record: Record,
        known: list[tuple[int, int, Claim]],
        documents: Documents,
        asked: frozenset[str],
        score: float,
        doubtful: bool,
    ) -> tuple[list[tuple[int, int, Claim]], float]:
        """The claims that a second reading leaves open or refutes, and the score of these.

        A score that isn't `doubtful` is only raised.
        """
        model, lexicon = self._read().grounding, self._read().lexicon
        translated = _is_translated(record, documents.index)
        whole = list(_whole_claims(record.output, known))
        verdicts = [
            second_reading(claim, documents, asked, translated=translated) for claim in whole
        ]
        if documents.instructs and not translated:
            like = partial(_like, documents.index, lexicon.vectors)
            question = _question(record)[-_MAX_QUESTION:]
            verdicts = [
                _settled(verdict, against(claim, documents, question, like))
                if verdict in _UNSETTLED
                else verdict
                for claim, verdict in zip(whole, verdicts, strict=True)
            ]
        if Verdict.REFUTED in verdicts:
            return known, max(score, _REFUTED)
        if Verdict.BORNE_OUT not in verdicts or not doubtful:
            return known, score
        left = [
            one for one, verdict in zip(known, verdicts, strict=True) if verdict is Verdict.OPEN
        ]
        if not left:
            return left, as_question(score)
        [again] = model.ungrounded([pool([claim for _, _, claim in left], lexicon)])
        return left, min(score, max(again, as_question(score)))

    def _judge_citations(
        self, record: Record
    ) -> tuple[float | None, list[Finding], tuple[float, tuple[Finding, ...]]]:
        """Of citations the score, None without any, and findings; and what nothing confirms."""
        model = self._read().titles
        answer, prompt = record.output, _question(record)

        @cache
        def known() -> Given:
            return _given(record)

        citations = citations_in(
            answer, known, record.event_time, bool(record.context), self._known_venues
        )
        findings = [
            Finding(_CITATION, f"fabricated_{c.kind}", c.start, c.end, c.fault, c.score)
            for c in citations
            if c.fault
        ]
        scores = [citation.score for citation in citations]
        if asks_for_references(prompt):
            topic = topic_of(prompt)
            titles = [
                (start, end, fabricated(answer[start:end], topic, model))
                for start, end in title_spans(answer)
                if not record.context or not known().says(answer[start:end])
            ]
            if titles:
                # A list is as doubtful as its titles are on the whole, not as its worst one.
                scores.append(sum(p for _, _, p in titles) / len(titles))
                findings += [
                    Finding(
                        _CITATION,
                        "fabricated_title",
                        start,
                        end,
                        "the title is worded as invented ones are",
                        round(p, 3),
                    )
                    for start, end, p in titles
                    if p > 0.5
                ]
        elif entries := [c for c in citations if c.kind in ("reference", "authors")]:
            # Nobody asked for works: how a title sounds makes one of them no more than doubtful.
            doubts = [
                fabricated(title, "", model)
                for entry in entries
                for title in _titles(answer, entry)
            ]
            scores.append(_HARDLY * sum(doubts) / max(1, len(doubts)))
        doubted = unconfirmed.judge(answer, citations, known)
        return max(scores, default=None), findings[:_MAX_FINDINGS], doubted


def _titles(answer: str, entry: Citation) -> list[str]:
    """The titles in an entry of BibTeX, or in the line of an entry of a list of references."""
    if answer.startswith("@", entry.start):
        whole = answer[entry.start : entry.end]
        return [whole[a:b] for a, b in title_spans(whole)]
    start = answer.rfind("\n", 0, entry.start) + 1
    end = answer.find("\n", entry.end)
    line = answer[start : end if end >= 0 else len(answer)]
    return [line[a:b] for a, b in title_spans(line)]


def _question(record: Record) -> str:
    """What was asked: the prompt, or else the user's last message."""
    if record.prompt is not None:
        return record.prompt
    said = (message.content for message in reversed(record.messages) if message.role == "user")
    return next(said, "")


def _given(record: Record) -> Given:
    """What the model was given, and users said before; the documents last, as they may be cut."""
    said = (message.content for message in record.messages if message.role != "assistant")
    parts = (record.prompt or "", record.system_prompt or "", *said, *record.context)
    return Given("\n".join(parts))


def _whole_claims(answer: str, claims: list[tuple[int, int, Claim]]) -> Iterator[str]:
    """The claims' texts, each with the one before where an abbreviation parts them."""
    before = ""
    for start, end, _ in claims:
        claim = answer[start:end]
        before = f"{before} {claim}" if before and is_cut_short(before) else claim
        yield before


def _settled(verdict: Verdict, found: Verdict) -> Verdict:
    """A verdict and that of what speaks against a claim, joined: what is new refutes nothing."""
    return verdict if found is Verdict.OPEN else found


def _like(index: Index, vectors: WordVectors, words: Sequence[str]) -> list[float]:
    """For each word how like it is to the likest word of the documents."""
    if index.matrix is None:
        index.matrix = Matrix(index.stems, vectors)
    return likeness([stem(word) for word in words], [False] * len(words), index.matrix, vectors)


def _is_telling(claim: Claim) -> bool:
    """Whether a claim has a figure that documents lack, or denies what they don't."""
    return any(claim.features[place] for place in _TELLING)


def _is_translated(record: Record, index: Index) -> bool:
    """Whether an answer is in another language than its documents, as far as can be told."""
    documents = language_of(" ".join(text[:_SAMPLE] for text in record.context[:4]))
    if not documents:
        return False
    said = f"{_question(record)} {record.output}"
    answered = language_of(record.output) or language_of(said)
    if answered:
        return answered != documents
    # Too short to tell the language, but not the documents'.
    found = small_words(said)
    if found:
        return found[documents] < max(found.values())
    words = [token for token in tokens_of(said) if token[0].isalpha()]
    return sum(word in index.words for word in words) < _FEW_KNOWN * len(words)


def _explained(finding: Finding, why: str) -> Finding:
    """The finding with what the question says of its cause; contradictions have none."""
    if finding.signal == contradiction.SIGNAL:
        return finding
    return msgspec.structs.replace(finding, reason=finding.reason + why)


def _why(features: list[float]) -> str:
    """The plainest reason why a claim isn't borne out, in words."""
    named = dict(zip(CLAIM_FEATURES, features, strict=True))
    if named["numbers_missing"]:
        return "a number of this sentence isn't in the documents"
    if named["opposites"]:
        return "the documents say the opposite of a word of this sentence"
    if named["names_missing"]:
        return "a name of this sentence isn't in the documents"
    if named["negation"]:
        return "this sentence denies what the documents say, or the other way round"
    share = round(100 * (1.0 - named["coverage"]))
    if share >= 20:
        return f"{share} % of what this sentence says isn't in the documents"
    return "the documents don't put these words together in this way"
