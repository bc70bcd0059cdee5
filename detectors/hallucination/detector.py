"""Answers that their documents don't bear out, and citations that can't exist.

`hallucination.ungrounded` compares each claim of an answer with the documents in
`Record.context`: words, numbers, names, word order, negation and opposites, judged by a small
model. That sees wording, not meaning, so what it finds made up is read a second time: figures in
whatever writing, days, denials, and words that say the same (`borne_out`). A faithful paraphrase in
quite other words still scores higher than a copied sentence with one fact exchanged where that
fact's word stands elsewhere in the documents. Of an answer in another language than its documents
only figures, times and days are compared.

`hallucination.citation` checks what each scheme of citation allows, and the titles of an
answer that was asked for references. It looks nothing up: a citation that is well formed and
made up passes, except for its title.

`hallucination.contradiction` compares an answer with what the assistant said before in
`Record.messages`, and with itself. `hallucination.cascade` finds answers that build on what was
made up before: citations that can't exist, figures and names that the documents don't have.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from detectors._text.language import language_of, small_words
from detectors._text.words import tokens_of
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.hallucination import cascade, contradiction
from detectors.hallucination.borne_out import (
    Documents,
    Verdict,
    is_cut_short,
    second_reading,
)
from detectors.hallucination.citations import citations_in
from detectors.hallucination.claims import as_question, claim_spans
from detectors.hallucination.conversation import Conversation
from detectors.hallucination.grounding import (
    CLAIM_FEATURES,
    CONTEXT_CHARS,
    Claim,
    Index,
    claim_features,
    pool,
    stems_of,
)
from detectors.hallucination.likeness import WordLikeness
from detectors.hallucination.models import (
    GroundingModel,
    TitleModel,
    read_grounding_model,
    read_title_model,
    read_word_vectors,
)
from detectors.hallucination.titles import (
    asks_for_references,
    fabricated,
    title_spans,
    topic_of,
)
from detectors.hallucination.triggers import trigger

_UNGROUNDED = "hallucination.ungrounded"
_CITATION = "hallucination.citation"
_MAX_FINDINGS = 20
_SAMPLE = 500
_FEW_KNOWN = 0.25
_TELLING = [CLAIM_FEATURES.index(name) for name in ("numbers_missing", "negation")]
# What an answer scores at least whose words the documents have, but not its figure.
_REFUTED = 0.6


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
        Signal(cascade.SIGNAL, "the answer builds on what was made up earlier"),
    )

    def __init__(self) -> None:
        self._grounding: GroundingModel | None = None
        self._lexicon: WordLikeness | None = None
        self._titles: TitleModel | None = None

    def load(self) -> None:
        """Reads the models. Raises `BrokenModel` where a file is missing or damaged."""
        self._grounding = model = read_grounding_model()
        self._lexicon = WordLikeness(model.weights, read_word_vectors(), model.wording)
        self._titles = read_title_model()

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, in order. Documents shared within a batch are read once."""
        if self._grounding is None or self._titles is None:
            self.load()
        indices: dict[tuple[str, ...], Index] = {}
        return [self._score(record, indices) for record in batch.records]

    def _score(self, record: Record, indices: dict[tuple[str, ...], Index]) -> Scores:
        scores: dict[str, float] = {}
        findings: list[Finding] = []
        if any(not document.isspace() for document in record.context if document):
            index = indices.get(record.context)
            if index is None:
                index = indices[record.context] = Index(record.context)
            scores[_UNGROUNDED], ungrounded = self._judge_claims(record, index)
            findings += ungrounded
        cited, made_up = self._judge_citations(record)
        if cited is not None:
            scores[_CITATION] = cited
            findings += made_up
        self._judge_conversation(record, indices, scores, findings)
        if findings and (why := trigger(record, _question(record))):
            findings = [_explained(finding, why) for finding in findings]
        return Scores(scores, tuple(findings))

    def _judge_conversation(
        self,
        record: Record,
        indices: dict[tuple[str, ...], Index],
        scores: dict[str, float],
        findings: list[Finding],
    ) -> None:
        assert self._titles is not None  # noqa: S101
        conversation = Conversation(record)
        index = indices.get(record.context)
        documents = None if index is None else lambda: index
        judged = {
            contradiction.SIGNAL: contradiction.judge(record, conversation),
            cascade.SIGNAL: cascade.judge(record, conversation, documents, self._titles),
        }
        for signal, (score, found) in judged.items():
            if score is not None:
                scores[signal] = score
                findings += found

    def _judge_claims(self, record: Record, index: Index) -> tuple[float, list[Finding]]:
        model, lexicon = self._grounding, self._lexicon
        assert model is not None  # noqa: S101
        assert lexicon is not None  # noqa: S101
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
        if score > 0.5 or any(_is_telling(claim) for _, _, claim in known):
            known, score = self._read_again(record, known, index, asked, score)
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

    def _read_again(
        self,
        record: Record,
        known: list[tuple[int, int, Claim]],
        index: Index,
        asked: frozenset[str],
        score: float,
    ) -> tuple[list[tuple[int, int, Claim]], float]:
        """The claims that a second reading leaves open or refutes, and the score of these."""
        model, lexicon = self._grounding, self._lexicon
        assert model is not None  # noqa: S101
        assert lexicon is not None  # noqa: S101
        documents = Documents(index)
        translated = _is_translated(record, index)
        verdicts = [
            second_reading(claim, documents, asked, translated=translated)
            for claim in _whole_claims(record.output, known)
        ]
        if Verdict.REFUTED in verdicts:
            return known, max(score, _REFUTED)
        if Verdict.BORNE_OUT not in verdicts:
            return known, score
        left = [
            one for one, verdict in zip(known, verdicts, strict=True) if verdict is Verdict.OPEN
        ]
        if not left:
            return left, as_question(score)
        [again] = model.ungrounded([pool([claim for _, _, claim in left], lexicon)])
        return left, min(score, max(again, as_question(score)))

    def _judge_citations(self, record: Record) -> tuple[float | None, list[Finding]]:
        model = self._titles
        assert model is not None  # noqa: S101
        answer, prompt = record.output, _question(record)

        @cache
        def known_text() -> str:
            return "\n".join((*record.context, prompt))[:CONTEXT_CHARS].lower()

        citations = citations_in(answer, known_text, record.event_time, bool(record.context))
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
                if not record.context or answer[start:end].lower() not in known_text()
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
        return max(scores, default=None), findings[:_MAX_FINDINGS]


def _question(record: Record) -> str:
    """What was asked: the prompt, or else the user's last message."""
    if record.prompt is not None:
        return record.prompt
    said = (message.content for message in reversed(record.messages) if message.role == "user")
    return next(said, "")


def _whole_claims(answer: str, claims: list[tuple[int, int, Claim]]) -> Iterator[str]:
    """The claims' texts, each with the one before where an abbreviation parts them."""
    before = ""
    for start, end, _ in claims:
        claim = answer[start:end]
        before = f"{before} {claim}" if before and is_cut_short(before) else claim
        yield before


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
