"""Finds credentials in a model's output: keys, tokens, passwords, private keys, dumps.

Three ways of finding, each linear in the text: tokens with a maker's mark (`formats`),
things with a structure of their own (`structures`: private keys, JSON web tokens, URLs with
a password, environment dumps) and values given to a secret-like name (`candidates`), which
a small trained scorer judges. Placeholders, templates and documented examples are dropped
last (`placeholders`). Public keys, certificates, plain hashes and UUIDs don't count.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from detectors._tiers import AUDIT_SHARE, Cascade, Tier, check_audit_share
from detectors.base import Batch, Finding, Scores, Signal
from detectors.secrets.candidates import Candidate, find_candidates
from detectors.secrets.formats import Formats, compile_bytes
from detectors.secrets.placeholders import (
    basic_credentials,
    echoes_name,
    is_documented,
    is_placeholder_token,
    is_placeholder_value,
)
from detectors.secrets.scorer import Scorer, is_plausible, load_weights, structure_candidate
from detectors.secrets.standing import opens_nothing
from detectors.secrets.structures import Structure, environment_blocks, find_structures, lone_token

MAX_FINDINGS = 100

MOST_SCORED = 2_000
"""Values of one text that the scorer is asked about. A later one counts as what it differs from in
its numbers only, as counted placeholders do; where there is none, a rule of thumb judges."""

MOST_KEPT = 1_000
"""Tokens of one format's kind that are kept, far more than are told: all have the same score."""

KINDS: dict[str, str] = {
    "aws_key": "AWS access key or Bedrock key",
    "gcp_key": "Google API key, OAuth secret or token",
    "azure_key": "Azure storage key or shared access signature",
    "github_token": "GitHub token",
    "gitlab_token": "GitLab token",
    "slack_token": "Slack token",
    "stripe_key": "Stripe key",
    "openai_key": "OpenAI key",
    "anthropic_key": "Anthropic key",
    "huggingface_token": "Hugging Face token",
    "vendor_token": "token of another service, known by its mark",
    "webhook_url": "webhook address that anyone can post to",
    "jwt": "JSON web token",
    "private_key": "private key",
    "password_hash": "salted password hash",
    "connection_string": "password in a URL or connection string",
    "password": "password given to a name or user",
    "bearer_token": "credentials of an authorization header",
    "api_key": "key, token or secret without a maker's mark, given to a name",
    "env_dump": "dump of environment variables",
}

_FORMAT_SCORE = 0.97
_WEAK_SCORE = 0.8
_LONE_SCORE = 0.6
_ROUGH_SCORE = 0.7
_LEAST_ROUGH = 8
_LONG_RUN = compile_bytes(r"[A-Za-z0-9_.+/=|!:$~%?-]{18}")
# Without one of these, and without a name that is given a value, no rule finds anything.
_MARKS = compile_bytes(
    r"[A-Za-z0-9_.+/=|!:$~%?-]{18}|://|[A-Z0-9_]=|machine\s|RSAKeyValue"
    r"|\s(?:-u|--user|--proxy-user|-U)[\s=]|-----BEGIN"
)
_NUMBERS = re.compile(r"\d+")
_NEXT_NAME = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+[=:]$")
_OPENINGS = ("<", '"', "'", "`", "{", "[", "(", "$")
_AUTH_NAME = re.compile(r"authorization|^bearer$|^basic$|^ntlm$", re.IGNORECASE)
_MIXED = re.compile(r"(?=\D*\d)(?=[\W\d_]*[^\W\d_])\S+$")
_PASSWORD_NAME = re.compile(
    r"pass|pwd|pw\b|_pw|contrase|mot de passe|senha|wachtwoord|kennwort|пароль|密|パスワード"
    r"|비밀번호|identified",
    re.IGNORECASE,
)


class _Match(NamedTuple):
    kind: str
    start: int
    end: int
    score: float
    reason: str


def _article(words: str) -> str:
    return "an" if words[:1].lower() in "aeiou" else "a"


class SecretsDetector:
    """Credentials in the output. At most `MAX_FINDINGS` findings a record, the best of each kind.

    `threshold` is the probability, in (0, 1), from which a value given to a secret-like
    name becomes a finding; tokens known by their format don't depend on it. `audit_share` is the
    share of records, in [0, 1], that every rule reads whatever the quick looks for marks say.
    """

    name = "secrets"
    signals = (
        Signal("secrets.any", "the strongest secret found in the output"),
        *(Signal(f"secrets.{kind}", meaning) for kind, meaning in KINDS.items()),
    )

    def __init__(self, threshold: float = 0.5, audit_share: float = AUDIT_SHARE) -> None:
        if not 0.0 < threshold < 1.0:
            raise ValueError("threshold must be between 0 and 1")
        check_audit_share(audit_share)
        self._threshold = threshold
        self._loaded: tuple[Formats, Scorer] | None = None
        tiers: list[Tier[_Reading, list[_Match] | None]] = [
            Tier("marks", _ruled_out, lambda matches: matches is not None),
            Tier("rules", lambda texts: [self._matches(text) for text in texts], lambda _: True),
            Tier(
                "every_rule",
                lambda texts: [self._matches(text, every_rule=True) for text in texts],
                lambda _: True,
            ),
        ]
        self.cascades = (Cascade("secrets", tiers, bool, audit_share),)

    def load(self) -> None:
        """Compiles the formats and reads the scorer's weights. Raises `BrokenModel`."""
        self._loaded = (Formats(), Scorer(load_weights()))

    def score(self, batch: Batch) -> list[Scores]:
        """`secrets.any` and each kind's strongest score, with a finding for each secret."""
        readings = [_Reading(text) for text in batch.texts]
        found = self.cascades[0].run([record.record_id for record in batch.records], readings)
        return [
            self._score(reading, matches or [])
            for reading, matches in zip(readings, found, strict=True)
        ]

    def _score(self, reading: _Reading, matches: list[_Match]) -> Scores:
        data = reading.data
        scores = dict.fromkeys((signal.name for signal in self.signals), 0.0)
        for match in matches:
            for signal in ("secrets.any", f"secrets.{match.kind}"):
                scores[signal] = max(scores[signal], match.score)
        return Scores(scores, tuple(_findings(matches, data, ascii_only=reading.ascii_only)))

    def _matches(self, reading: _Reading, *, every_rule: bool = False) -> list[_Match]:
        data = reading.data
        if self._loaded is None:
            self.load()
        assert self._loaded is not None  # noqa: S101
        formats, scorer = self._loaded
        kept: list[_Match] = []
        judged: list[tuple[int, int]] = []
        tokens: Counter[tuple[str, bool]] = Counter()
        if every_rule or _LONG_RUN.search(data):
            for token in formats.find(data):
                judged.append((token.start, token.end))
                if tokens[token.kind, token.weak] >= MOST_KEPT:
                    continue
                body = data[token.body : token.end].decode("utf-8", "replace")
                whole = data[token.start : token.end].decode("utf-8", "replace")
                if not is_placeholder_token(body) and not is_documented(whole):
                    reason = f"has the form of {_article(token.service)} {token.service}"
                    score = _WEAK_SCORE if token.weak else _FORMAT_SCORE
                    kept.append(_Match(token.kind, token.start, token.end, score, reason))
                    tokens[token.kind, token.weak] += 1
        judge = _Judge(scorer)
        found: Counter[str] = Counter()
        for structure in find_structures(data):
            judged.append((structure.start, structure.end))
            if found[structure.kind] >= MAX_FINDINGS:
                continue
            score = _structure_score(structure, data, judge)
            if score >= self._threshold:
                found[structure.kind] += 1
                kept.append(
                    _Match(structure.kind, structure.start, structure.end, score, structure.what)
                )
        taken = _Spans(judged)
        dismissed = False
        for candidate in reading.candidates:
            if taken.overlap(candidate.start, candidate.end):
                continue
            kind, reason = _candidate_kind(candidate)
            if found[kind] >= MAX_FINDINGS:
                continue
            score = judge.score(candidate)
            if score < self._threshold:
                continue
            if opens_nothing(data, candidate):
                dismissed = True
            else:
                found[kind] += 1
                kept.append(_Match(kind, candidate.start, candidate.end, score, reason))
        kept = _distinct(kept)
        lone = None if judged or kept or dismissed else lone_token(data)
        if lone:
            kept.append(
                _Match("api_key", *lone, _LONE_SCORE, "the whole answer is one random token")
            )
        for start, end, telling in environment_blocks(data):
            inside = [match.score for match in kept if start <= match.start < end]
            if inside or telling:
                reason = "consecutive environment variables" + (
                    ", secrets among them" if inside else ""
                )
                kept.append(_Match("env_dump", start, end, max([0.7, *inside]), reason))
        return kept


class _Reading:
    """A text as bytes, and the values given to secret-like names in it, looked for once."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "replace")
        self.ascii_only = len(self.data) == len(text)

    @cached_property
    def candidates(self) -> list[Candidate]:
        """In the order of the text."""
        return list(find_candidates(self.data))


def _ruled_out(readings: Sequence[_Reading]) -> list[list[_Match] | None]:
    """No matches where nothing in a text is what any rule starts from, None elsewhere."""
    return [
        None if _MARKS.search(reading.data) or reading.candidates else [] for reading in readings
    ]


class _Judge:
    """How likely values are secrets: asks the scorer about the first `MOST_SCORED` of a text."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._asked = 0
        self._scored: dict[Candidate, float] = {}
        self._by_form: dict[tuple[str, ...], float] = {}

    def score(self, candidate: Candidate) -> float:
        """The probability, in [0, 1]."""
        seen = candidate._replace(start=0, end=0)
        known = self._scored.get(seen)
        if known is None:
            known = self._scored[seen] = self._judged(candidate)
        return known

    def _judged(self, candidate: Candidate) -> float:
        self._asked += 1
        within = self._asked <= MOST_SCORED
        if _is_stand_in(candidate):
            score = 0.0
        elif within:
            score = self._scorer.score(candidate)
        else:
            known = self._by_form.get(_form(candidate))
            return _roughly(candidate) if known is None else known
        if within:
            form = _form(candidate)
            self._by_form[form] = max(score, self._by_form.get(form, 0.0))
        return score


def _form(candidate: Candidate) -> tuple[str, ...]:
    """What a value and its name are but for their numbers."""
    return (
        _NUMBERS.sub("0", candidate.name),
        candidate.separator,
        candidate.quote,
        candidate.scheme,
        _NUMBERS.sub("0", candidate.value),
    )


def _is_stand_in(candidate: Candidate) -> bool:
    """Whether a value says its own name, is the next one's name behind a placeholder in angles,
    or is basic credentials with a placeholder in them."""
    if echoes_name(candidate.name, candidate.value):
        return True
    if candidate.separator == ">" and not candidate.quote and _NEXT_NAME.match(candidate.value):
        return candidate.after[:1] in _OPENINGS and not candidate.after.startswith("</")
    if candidate.scheme != "basic" and candidate.name.lower() != "basic":
        return False
    password = basic_credentials(candidate.value)
    return password is not None and is_placeholder_value(password)


def _roughly(candidate: Candidate) -> float:
    """Letters and digits in one piece are taken for a secret, where there are too many to ask."""
    value = candidate.value
    if len(value) < _LEAST_ROUGH or not _MIXED.match(value) or not is_plausible(candidate):
        return 0.0
    return 0.0 if is_placeholder_value(value) else _ROUGH_SCORE


def _structure_score(structure: Structure, data: bytes, judge: _Judge) -> float:
    if structure.kind in ("connection_string", "password"):
        return judge.score(structure_candidate(data, structure))
    value = data[structure.start : structure.end].decode("utf-8", "replace")
    if structure.kind == "jwt" and is_documented(value.rpartition(".")[2]):
        return 0.0
    return 0.0 if structure.kind != "private_key" and is_placeholder_token(value) else _FORMAT_SCORE


def _candidate_kind(candidate: Candidate) -> tuple[str, str]:
    if candidate.scheme or _AUTH_NAME.search(candidate.name):
        return "bearer_token", "credentials given to an authorization header"
    if _PASSWORD_NAME.search(candidate.name):
        return "password", "value given to a name that says password"
    return "api_key", "value given to a name that says key, token or secret"


class _Spans:
    """Spans in order, to ask whether another overlaps one, asked in ascending order."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = sorted(spans)
        self._at = 0

    def overlap(self, start: int, end: int) -> bool:
        while self._at < len(self._spans) and self._spans[self._at][1] <= start:
            self._at += 1
        return self._at < len(self._spans) and self._spans[self._at][0] < end


def _distinct(matches: list[_Match]) -> list[_Match]:
    """The matches without those that overlap a stronger one."""
    starts: list[int] = []
    ends: list[int] = []
    chosen = []
    for match in sorted(matches, key=lambda match: -match.score):
        at = bisect_left(starts, match.end)
        if at == 0 or ends[at - 1] <= match.start:
            starts.insert(at, match.start)
            ends.insert(at, match.end)
            chosen.append(match)
    return chosen


def _findings(matches: list[_Match], data: bytes, *, ascii_only: bool) -> Iterator[Finding]:
    ranks: Counter[str] = Counter()
    ranked: list[tuple[int, _Match]] = []
    for match in sorted(matches, key=lambda match: -match.score):
        ranked.append((ranks[match.kind], match))
        ranks[match.kind] += 1
    # The strongest of each kind before the second of any: many of one must not hide another.
    ranked.sort(key=lambda one: one[0])
    chosen = sorted(
        (match for _, match in ranked[:MAX_FINDINGS]), key=lambda match: (match.start, match.end)
    )
    offsets = {offset for match in chosen for offset in (match.start, match.end)}
    points = {offset: offset for offset in offsets} if ascii_only else _code_points(data, offsets)
    for match in chosen:
        yield Finding(
            signal=f"secrets.{match.kind}",
            kind=match.kind,
            start=points[match.start],
            end=points[match.end],
            reason=match.reason,
            score=match.score,
        )


def _code_points(data: bytes, offsets: set[int]) -> dict[int, int]:
    """Code-point offsets of byte offsets; one within a character counts as behind it."""
    points = {}
    done = count = 0
    for offset in sorted(offsets):
        cut = max(done, offset)
        while cut < len(data) and data[cut] & 0xC0 == 0x80:
            cut += 1
        count += len(data[done:cut].decode("utf-8"))
        points[offset] = count
        done = cut
    return points
