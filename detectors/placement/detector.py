"""Brands and offers that nobody asked for: advertising in an answer.

A sentence counts when it names something that neither the prompt, the documents, the system
prompt nor the operator's allow list holds, and praises it or invites to it as advertisements do.
A linear model judges each such sentence; the answer scores as its most telling one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import re2

from detectors._linear.model_file import MODELS
from detectors._policy import PACKAGED, PolicyFile, words, yaml_mapping
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.placement.competitors import RECOMMENDED, competitor_pattern, recommended
from detectors.placement.features import candidates, new_names
from detectors.placement.model import Model, load

FILE: Final = MODELS / "placement.npz"
_MOST_KNOWN: Final = 200_000
_MOST_FINDINGS: Final = 10
_TO_ORDER: Final = 0.3
_ADVERTISING = re2.compile(
    rb"(?i)\b(?:advert\w*|ads?|slogans?|taglines?|marketing|promot(?:e|es|ing|ion\w*)|commercials?"
    rb"|product descriptions?|sales|press release|brand(?:ing)?|company names?|pitch|campaigns?|"
    rb"testimonials?|reviews?|brochure|flyer|(?:facebook|instagram|linkedin|twitter|social media|"
    rb"blog) posts?|tweets?|jingle|catchy|stor(?:y|ies)|poems?|novel|fiction\w*|lyrics|songs?"
    rb"|raps?)\b"
)


class PlacementDetector:
    """Advertising that nobody asked for.

    `allow` is a YAML file with two lists of names: `allowed`, which the answers may always praise
    (the operator's own brands), and `competitors`, which they may never recommend, whoever brought
    them up (finding `competitor`, score `RECOMMENDED`). It is read again when it changes.
    `model` takes the place of the one that ships, for measuring. Prompts that ask
    for advertising or fiction excuse most of it.
    """

    name = "placement"
    signals = (
        Signal("placement.brand", "the answer advertises something that nobody asked for", 0.6),
    )

    def __init__(self, allow: str | Path | None = None, model: Model | None = None) -> None:
        self._allow = PolicyFile(allow or PACKAGED / "placement.yaml", parse_names)
        self._model = model

    def load(self) -> None:
        """Reads the model and the allow list. Raises `BrokenModel` or `PolicyError`."""
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
            _with_competitors(_score(model, record, spans, names.allowed), record, spans, names)
            for record, spans in zip(batch.records, batch.sentences, strict=True)
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


def asks_for_advertising(prompt: str | None) -> bool:
    """Whether a prompt asks for advertising, reviews or fiction, where names may be praised."""
    if not prompt:
        return False
    return _ADVERTISING.search(prompt[:4_000].encode("utf-8", "replace")) is not None


def known_text(record: Record, allowed: str = "") -> str:
    """All that an answer may name, in lower case: what it was asked and given, and `allowed`."""
    parts = [record.prompt, record.system_prompt, *record.context]
    parts += [message.content for message in record.messages]
    return "\n".join([allowed, *(part for part in parts if part)])[:_MOST_KNOWN].lower()


def _score(model: Model, record: Record, spans: Sequence[tuple[int, int]], allowed: str) -> Scores:
    text = record.output
    best = 0.0
    findings: list[Finding] = []
    excuse = _TO_ORDER if asks_for_advertising(record.prompt) else 1.0
    for one in candidates(text, known_text(record, allowed), spans):
        score = model.probability(model.logit(one)) * excuse
        best = max(best, score)
        if score > 0.6 and len(findings) < _MOST_FINDINGS:
            kind = "brand" if new_names(text[one.start : one.end], "") else "address"
            reason = "praises or offers something that was not asked about"
            findings.append(Finding("placement.brand", kind, one.start, one.end, reason, score))
    return Scores({"placement.brand": best}, tuple(findings))


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
