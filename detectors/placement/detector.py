"""Brands and offers that nobody asked for: advertising in an answer.

A sentence counts when it names something that neither the prompt, the documents, the system
prompt nor the operator's allow list holds, and praises it or invites to it as advertisements do.
A linear model judges each such sentence, heads over what sentences mean judge a few at a time, in
six languages; the answer scores as its most telling one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from detectors._linear.model_file import MODELS
from detectors._meaning.judge import ENCODER, Meant, Place
from detectors._meaning.score import score_of
from detectors._policy import PACKAGED, PolicyFile, words, yaml_mapping
from detectors._tiers import AUDIT_SHARE
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.placement.competitors import RECOMMENDED, competitor_pattern, recommended
from detectors.placement.features import candidates, new_names
from detectors.placement.model import Model, load

FILE: Final = MODELS / "placement.npz"
_MOST_KNOWN: Final = 200_000
_MOST_FINDINGS: Final = 10
_KNOWN: Final = 0.3
_THRESHOLD: Final = 0.6
_PAGED: Final = 0.7


class PlacementDetector:
    """Advertising that nobody asked for.

    `allow` is a YAML file with two lists of names: `allowed`, which the answers may always praise
    (the operator's own brands), and `competitors`, which they may never recommend, whoever brought
    them up (finding `competitor`, score `RECOMMENDED`). It is read again when it changes.
    `model` takes the place of the one that ships, for measuring.
    For `meaning`, `audit_share` and `exemplars` see
    `detectors._meaning.judge.Meant`, which raises `ValueError` for wrong ones.
    """

    name = "placement"
    signals = (
        Signal(
            "placement.brand", "the answer advertises something that nobody asked for", _THRESHOLD
        ),
    )

    def __init__(
        self,
        allow: str | Path | None = None,
        model: Model | None = None,
        meaning: str = ENCODER,
        audit_share: float = AUDIT_SHARE,
        exemplars: str | Path | None = None,
    ) -> None:
        self._meant = Meant(("placement",), meaning, audit_share, exemplars)
        self.cascades = (self._meant.cascade,)
        self._allow = PolicyFile(allow or PACKAGED / "placement.yaml", parse_names)
        self._model = model

    def load(self) -> None:
        """Reads the models and the allow list. Raises `BrokenModel` or `PolicyError`."""
        self._meant.load()
        self._model = self._model or load(FILE)
        self._allow.load()

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record, with a finding for each sentence that advertises.

        Raises `RuntimeError` before `load`.
        """
        if self._model is None:
            raise RuntimeError("load the placement detector before scoring")
        names = self._allow.current()
        model = self._model
        return [
            _with_competitors(
                _score(model, record, spans, names.allowed, places), record, spans, names
            )
            for record, spans, (places,) in zip(
                batch.records, batch.sentences, self._meant.judge(batch), strict=True
            )
        ]


class Names(NamedTuple):
    """What an operator says of names: the allowed ones, one a line in lower case, and a pattern of
    the competitors' in UTF-8, None where there are none."""

    allowed: str
    competitors: Any


def parse_names(data: bytes) -> Names:
    """The names in a YAML file. Raises `ValueError`."""
    policy = yaml_mapping(data, ("allowed", "competitors"))
    competitors = words(policy, "competitors")
    return Names("\n".join(words(policy, "allowed")).lower(), competitor_pattern(competitors))


def known_text(record: Record, allowed: str = "") -> str:
    """All that an answer may name, in lower case: what it was asked and given, and `allowed`."""
    parts = [record.prompt, record.system_prompt, *record.context]
    parts += [message.content for message in record.messages]
    return "\n".join([allowed, *(part for part in parts if part)])[:_MOST_KNOWN].lower()


def _score(
    model: Model,
    record: Record,
    spans: Sequence[tuple[int, int]],
    allowed: str,
    places: Sequence[Place],
) -> Scores:
    text = record.output
    best = 0.0
    known = known_text(record, allowed)
    findings: list[Finding] = []
    for one in candidates(text, known, spans):
        score = model.probability(model.logit(one))
        best = max(best, score)
        if score > _THRESHOLD and len(findings) < _MOST_FINDINGS:
            kind = "brand" if new_names(text[one.start : one.end], "") else "address"
            reason = "praises or offers something that was not asked about"
            findings.append(Finding("placement.brand", kind, one.start, one.end, reason, score))
    for place in places:
        score = score_of(place.logit, _THRESHOLD, _PAGED)
        if _names_what_is_known(text[place.first : place.last], known):
            score *= _KNOWN
        best = max(best, score)
        told = any(one.start < place.end and place.start < one.end for one in findings)
        if score > _THRESHOLD and not told and len(findings) < _MOST_FINDINGS:
            reason = "steers to something to buy or use that was not asked about"
            findings.append(
                Finding("placement.brand", "steering", place.start, place.end, reason, score)
            )
    return Scores({"placement.brand": best}, tuple(findings))


def _names_what_is_known(said: str, known: str) -> bool:
    """Whether a text has names, and all of them may be named."""
    return bool(known) and bool(new_names(said, "")) and not new_names(said, known)


def _with_competitors(
    scores: Scores, record: Record, spans: Sequence[tuple[int, int]], names: Names
) -> Scores:
    if names.competitors is None:
        return scores
    found = [
        Finding(
            "placement.brand",
            "competitor",
            start,
            end,
            "recommends a name on the operator's list of competitors",
            RECOMMENDED,
        )
        for start, end in recommended(record.output, spans, names.competitors)
    ]
    if not found:
        return scores
    best = max(RECOMMENDED, scores.scores["placement.brand"])
    return Scores({"placement.brand": best}, (*found, *scores.findings)[:_MOST_FINDINGS])
