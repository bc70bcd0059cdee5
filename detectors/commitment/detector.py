"""Commitments that nobody authorised: prices, discounts, refunds, contracts, promises.

What the model may promise stands in a policy file of the operator's, which is read again when it
changes. Quoting prices and explaining rules is no commitment; a first person that gives, agrees
or promises is. English in full, and the plainest wordings of German, French and Spanish.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import re2

from detectors._policy import PACKAGED, PolicyFile
from detectors.base import Batch, Finding, Record, Scores, Signal, sentence_spans
from detectors.commitment.policy import Policy, parse_policy, plain
from detectors.commitment.sentences import WORTH_READING, read

_MOST_CHARS: Final = 200_000
_MOST_READ: Final = 2_000
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_WRITING = re2.compile(
    rb"(?i)\b(?:write|draft|compose|rewrite|create|generate|translate|paraphrase|proofread|edit|"
    rb"summari[sz]e|story|poem|dialogue|script|advert\w*|slogans?|scene|essay|lyrics|pitch|"
    rb"imagine|role-?play|pretend|sample|template|example|describe|brainstorm|suggest|design|"
    rb"list|classify|construct|make up|come up|provide|give me an?|produce|tweet|email|letter)\b"
)
# Written to order, a promise is a text's, not the company's: still to be seen when it is plain.
_TO_ORDER: Final = 0.55
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
}


class CommitmentDetector:
    """Sentences that bind the company beyond its policy.

    `policy` is a YAML file; the packaged one (`policies/commitment.yaml`, which documents the
    format) allows explanations and nothing else. Of a longer answer the first 200,000
    characters are read.
    """

    name = "commitment"
    signals = (
        Signal("commitment.unauthorised", "the answer binds the company beyond its policy", 0.6),
    )

    def __init__(self, policy: str | Path | None = None) -> None:
        self._policy = PolicyFile(policy or PACKAGED / "commitment.yaml", parse_policy)

    def load(self) -> None:
        """Reads the policy. Raises `PolicyError`, a `ValueError`, where it is missing or wrong."""
        self._policy.load()

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with a finding for each of the first 20 such sentences."""
        policy = self._policy.current()
        return [_score(record, policy) for record in batch.records]


def _score(record: Record, policy: Policy) -> Scores:
    text = record.output[:_MOST_CHARS]
    special = policy.forbidden or policy.products
    plain_text = text if text.isascii() else plain(_INVISIBLE.sub("", text))
    if not special and not WORTH_READING.search(plain_text.encode("utf-8", "replace")):
        return Scores({"commitment.unauthorised": 0.0})
    to_order = record.prompt is not None and _WRITING.search(
        record.prompt[:4_000].encode("utf-8", "replace")
    )
    best = 0.0
    findings: list[Finding] = []
    for start, end in sentence_spans(text)[:_MOST_READ]:
        sentence = plain(_INVISIBLE.sub("", text[start:end].encode("utf-8", "replace").decode()))
        if not special and not WORTH_READING.search(sentence.encode("utf-8", "replace")):
            continue
        found = read(sentence, policy)
        if found is None:
            continue
        score = found.score
        if found.kind != "forbidden_topic":
            if to_order:
                score *= _TO_ORDER
            if _is_quotation(text, start, end):
                score *= _QUOTED
        best = max(best, score)
        if score > 0.6 and len(findings) < 20:
            reason = _SAYS[found.kind]
            findings.append(
                Finding("commitment.unauthorised", found.kind, start, end, reason, score)
            )
    return Scores({"commitment.unauthorised": best}, tuple(findings))


def _is_quotation(text: str, start: int, end: int) -> bool:
    """Whether a sentence stands in quotation marks, inside a text that goes on around them."""
    sentence = text[start:end]
    if end - start >= len(text.strip()):
        return False
    if sentence.startswith((">", "“", '"', "«", "„")) or _FICTION.search(sentence):
        return True
    before = text[max(0, start - 300) : start]
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")
