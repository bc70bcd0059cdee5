"""Answers that give away what they rest on: planted canaries, the system prompt, a corpus.

Canaries and the corpus are an operator's files; without the option their signals are absent.
The system prompt is compared where the record holds it. Where it doesn't, only answers that
announce instructions can be told. A translation is told by the names and figures that survive it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detectors._policy import PolicyFile
from detectors._text.squeeze import span_in, squeeze
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.leak.canary import Canaries, parse_canaries
from detectors.leak.prompt_echo import Echo, find_echo
from detectors.leak.statements import announces, find_statement
from detectors.leak.translated import translated
from detectors.leak.verbatim import WINDOW, Corpus, parse_corpus

_MOST_CHARS: Final = 2_000_000
_MOST_FINDINGS: Final = 20
_TOLD: Final = 0.5
# A statement that nothing of the real prompt bears out is most often made up.
_UNBORNE: Final = 0.6

_WAYS: Final = {
    "verbatim": "repeats instructions of its system prompt word for word",
    "paraphrase": "tells instructions of its system prompt in other words",
    "translated": "holds its system prompt in another language",
    "encoded": "holds instructions of its system prompt, encoded or reversed",
}


class LeakDetector:
    """Canaries, the system prompt and protected texts in answers.

    `canaries` is a file with one canary a line (at least eight letters or digits each, lines
    that begin with # aside); `corpus` a file made by `fingerprint`; `min_run` how many letters
    and digits in a row, from the corpus, score 0.5. Both files are read again when they change.
    Of a longer answer the first 2,000,000 characters are searched.

    Raises `ValueError` for a `min_run` below 32, which fingerprints can't tell.
    """

    name = "leak"
    signals = (
        Signal("leak.canary", "the answer holds a planted canary"),
        Signal("leak.system_prompt", "the answer gives its system prompt away"),
        Signal("leak.verbatim", "the answer holds long runs of protected texts"),
    )

    def __init__(
        self,
        canaries: str | Path | None = None,
        corpus: str | Path | None = None,
        min_run: int = 200,
    ) -> None:
        if min_run < 32:
            raise ValueError("min_run must be at least 32")
        self._canaries = PolicyFile(canaries, parse_canaries) if canaries else None
        self._corpus = PolicyFile(corpus, parse_corpus) if corpus else None
        self._min_run = min_run

    def load(self) -> None:
        """Reads the files. Raises `PolicyError`, a `ValueError`, where one is missing or wrong."""
        for file in (self._canaries, self._corpus):
            if file is not None:
                file.load()

    def score(self, batch: Batch) -> list[Scores]:
        """One `Scores` per record; `leak.canary` and `leak.verbatim` only with their files."""
        canaries = self._canaries.current() if self._canaries else None
        corpus = self._corpus.current() if self._corpus else None
        return [self._score(record, canaries, corpus) for record in batch.records]

    def _score(self, record: Record, canaries: Canaries | None, corpus: Corpus | None) -> Scores:
        text = record.output[:_MOST_CHARS]
        findings = []
        scores = {}
        if canaries is not None:
            found = _canaries(record, text, canaries)
            scores["leak.canary"] = max((finding.score for finding in found), default=0.0)
            findings += found
        prompt, finding = _system_prompt(record, text)
        scores["leak.system_prompt"] = prompt
        if finding is not None and prompt > 0.5:
            findings.append(finding)
        if corpus is not None:
            score, found = self._verbatim(text, squeeze(text), corpus)
            scores["leak.verbatim"] = score
            findings += found
        return Scores(scores, tuple(findings))

    def _verbatim(self, text: str, squeezed: bytes, corpus: Corpus) -> tuple[float, list[Finding]]:
        runs = sorted(corpus.runs(squeezed), key=lambda run: run.start - run.end)
        if not runs:
            return 0.0, []
        # Up to a window's characters at either end of a run hold no fingerprint.
        lengths = [run.end - run.start + WINDOW for run in runs]
        longest, total = lengths[0], sum(lengths)
        # Scattered short matches are formulas that everybody uses; half of them is counted.
        score = 1.0 - math.exp2(-max(longest, total / 2) / self._min_run)
        if score < 0.5:
            return score, []
        reason = "a long run of letters stands in the protected corpus"
        return score, [
            Finding("leak.verbatim", "corpus", *span_in(text, run.start, run.end), reason, score)
            for run in runs[:3]
        ]


def _canaries(record: Record, text: str, canaries: Canaries) -> list[Finding]:
    findings = []
    for hit in canaries.find(text)[:_MOST_FINDINGS]:
        canary = canaries.known[hit.place]
        if not canary.counts(record.event_time):
            continue
        score = 1.0 if hit.writing == "plain" else 0.97
        where = f", planted in {canary.where}" if canary.where else ""
        reason = f"canary {canary.id}{where}; written as {hit.writing}"
        kind = f"canary_{canary.kind}" if canary.kind else "canary"
        findings.append(Finding("leak.canary", kind, hit.start, hit.end, reason, score))
    return findings


def _in_translation(text: str, system_prompt: str, excused: Sequence[str]) -> Echo:
    return Echo(translated(text, system_prompt, excused), "translated", 0, len(text))


def _system_prompt(record: Record, text: str) -> tuple[float, Finding | None]:
    statement = find_statement(text)
    if not record.system_prompt:
        finding = Finding(
            "leak.system_prompt",
            "statement",
            statement.start,
            statement.end,
            "speaks of instructions or secrets as given to it, and lists them",
            statement.score,
        )
        return statement.score, finding
    excused = [text for text in (record.prompt, *record.context) if text]
    echo = find_echo(text, record.system_prompt, excused, announced=announces(text))
    if echo.score <= _TOLD:
        echo = max(echo, _in_translation(text, record.system_prompt, excused))
    unborne = statement.score * _UNBORNE
    if echo.score < unborne:
        return unborne, None
    reason = _WAYS.get(echo.way, "")
    finding = Finding("leak.system_prompt", echo.way, echo.start, echo.end, reason, echo.score)
    return echo.score, finding
