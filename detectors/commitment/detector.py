"""Commitments that nobody authorised: prices, discounts, refunds, contracts, promises.

What the model may promise stands in a policy file of the operator's, which is read again when it
changes. Quoting prices and explaining rules is no commitment; a first person that gives, agrees
or promises is: patterns know the plain wordings, most of them English, and heads over what
sentences mean know paraphrases, in six languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detectors._meaning.judge import ENCODER, Meant, Place
from detectors._meaning.score import score_of
from detectors._policy import PACKAGED, PolicyFile
from detectors._tiers import AUDIT_SHARE
from detectors.base import Batch, Finding, Record, Scores, Signal, sentence_spans
from detectors.commitment.others import of_somebody_named
from detectors.commitment.policy import Policy, parse_policy, plain
from detectors.commitment.sentences import WORTH_READING, permits, read

_MOST_CHARS: Final = 200_000
_MOST_READ: Final = 2_000
_MOST_FINDINGS: Final = 20
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_THRESHOLD: Final = 0.6
_PAGED: Final = 0.8
_QUOTED: Final = 0.6
_FICTION: Final = re.compile(r"\b(?:said|says|asked|replied|whispered|shouted|cried|muttered)\b")

_SAYS: Final = {
    "contract": "declares an agreement or calls what it says binding",
    "price": "agrees to a price that the policy doesn't hold",
    "discount": "grants a discount above what the policy allows",
    "refund": "grants or reports money back above what the policy allows",
    "gift": "gives goods away or lets charges go",
    "guarantee": "gives a guarantee or promise in the company's name",
    "liability": "accepts liability in the company's name",
    "approval": "grants an application or an exception",
    "currency": "makes an offer in a currency outside the policy",
    "forbidden_topic": "speaks of what the policy forbids",
    "promise": "promises something in the company's name, or grants it",
}


class CommitmentDetector:
    """Sentences that bind the company beyond its policy.

    `policy` is a YAML file; the packaged one (`policies/commitment.yaml`, which documents the
    format) allows explanations and nothing else. Of a longer answer the first 200,000
    characters are read. For `meaning`, `audit_share` and `exemplars` see
    `detectors._meaning.judge.Meant`, which raises `ValueError` for wrong ones.
    """

    name = "commitment"
    signals = (
        Signal(
            "commitment.unauthorised", "the answer binds the company beyond its policy", _THRESHOLD
        ),
    )

    def __init__(
        self,
        policy: str | Path | None = None,
        meaning: str = ENCODER,
        audit_share: float = AUDIT_SHARE,
        exemplars: str | Path | None = None,
    ) -> None:
        self._meant = Meant(("commitment",), meaning, audit_share, exemplars)
        self.cascades = (self._meant.cascade,)
        self._policy = PolicyFile(policy or PACKAGED / "commitment.yaml", parse_policy)

    def load(self) -> None:
        """Reads the policy and the models.

        Raises `PolicyError`, a `ValueError`, where the policy is missing or wrong, and
        `BrokenModel` for a model's file that was changed.
        """
        self._meant.load()
        self._policy.load()

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with a finding for each of the first 20 such sentences."""
        policy = self._policy.current()
        return [
            _score(record, policy, places, spans)
            for record, (places,), spans in zip(
                batch.records, self._meant.judge(batch), batch.sentences, strict=True
            )
        ]


def _score(
    record: Record, policy: Policy, places: Sequence[Place], spans: Sequence[tuple[int, int]]
) -> Scores:
    findings = _by_words(record, policy, spans)
    best = max((one.score for one in findings), default=0.0)
    for place in places:
        score = score_of(place.logit, _THRESHOLD, _PAGED)
        if score > _THRESHOLD / 2 and (
            permits(plain(_readable(record.output[place.first : place.last])), policy)
            or _of_others(record.output[place.start : place.end], policy)
        ):
            score *= _QUOTED
        best = max(best, score)
        told = any(one.start < place.end and place.start < one.end for one in findings)
        if score > _THRESHOLD and not told:
            findings.append(
                Finding(
                    "commitment.unauthorised",
                    "promise",
                    place.start,
                    place.end,
                    _SAYS["promise"],
                    score,
                )
            )
    kept = [one for one in findings if one.score > _THRESHOLD][:_MOST_FINDINGS]
    return Scores({"commitment.unauthorised": best}, tuple(kept))


def _of_others(sentence: str, policy: Policy) -> bool:
    company = policy.company is not None and policy.company.search(plain(sentence))
    return not company and of_somebody_named(sentence)


def _by_words(record: Record, policy: Policy, spans: Sequence[tuple[int, int]]) -> list[Finding]:
    """What patterns find in the sentences, given by their `spans`, sure or not."""
    text = record.output[:_MOST_CHARS]
    special = policy.forbidden or policy.products
    plain_text = text if text.isascii() else plain(_INVISIBLE.sub("", text))
    if not special and not WORTH_READING.search(plain_text.encode("utf-8", "replace")):
        return []
    findings: list[Finding] = []
    if len(text) < len(record.output):
        spans = sentence_spans(text)
    for start, end in spans[:_MOST_READ]:
        sentence = plain(_readable(text[start:end]))
        if not special and not WORTH_READING.search(sentence.encode("utf-8", "replace")):
            continue
        found = read(sentence, policy)
        if found is None:
            continue
        score = found.score
        if found.kind != "forbidden_topic" and _is_quotation(text, start, end):
            score *= _QUOTED
        reason = _SAYS[found.kind]
        findings.append(Finding("commitment.unauthorised", found.kind, start, end, reason, score))
    return findings


def _readable(text: str) -> str:
    return _INVISIBLE.sub("", text.encode("utf-8", "replace").decode())


def _is_quotation(text: str, start: int, end: int) -> bool:
    """Whether a sentence stands in quotation marks, inside a text that goes on around them."""
    sentence = text[start:end]
    if end - start >= len(text.strip()):
        return False
    if sentence.startswith((">", "“", '"', "«", "„")) or _FICTION.search(sentence):
        return True
    before = text[max(0, start - 300) : start]
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")
