"""The live pipeline over records from a file: the same scoring, windows and rules, no Kafka.

While it is judged, a record stands where it would on Kafka: on the outputs topic, partition 0, and
as offset its line number less one. Incidents and dead letters name the file and the line instead,
where the caller says which those are: what isn't on a topic must not look as if it were.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec

from detectors import Suite
from detectors.drift import Baseline
from streams.config.settings import Settings
from streams.incidents.playbooks.reader import configured
from streams.offline.acts import ActsInOrder
from streams.place import IN_A_FILE, pointer
from streams.records import DeadLetter, Evidence, Incident, VerdictBatch
from streams.rules.rule import RuleSet
from streams.scoring.pool import PoolBroken, ScoringPool
from streams.scoring.scorer import ChunkResult, Scorer, ScoringOptions, Source, rest
from streams.scoring.signals import without_options
from streams.windows.deployment import Limits
from streams.windows.windows import Windows

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""When the first record without an event time counts as received, in seconds."""

RATE = 10.0
"""How many records without an event time count as received in one second."""

_RESULT_EVERY_S = 5.0

_decoder = msgspec.json.Decoder(VerdictBatch)
_letters = msgspec.json.Decoder(DeadLetter)

Where = Callable[[int], tuple[str, int]]
"""The file of a line, by its number among all lines, and its number in that file; from 0."""


class ReplayResult(msgspec.Struct):
    """What came of a replay.

    `read = scored + feedback + sampled + skipped + dead`, where `skipped` is by why and `dead`
    by reason; a line may hold several records, and blank lines hold none. `acts` are by what
    came of them, one that can't be read being "unreadable". `incidents` are as
    they stood at the end, by first seen and id, and `counts` is `Windows.counts`. `lines` are those
    of outputs that were judged, blank ones between them included: fewer than were read ahead.
    `unread` are outputs with a part that couldn't be read.
    """

    read: int = 0
    scored: int = 0
    feedback: int = 0
    sampled: int = 0
    skipped: Counter[str] = msgspec.field(default_factory=Counter)
    acts: Counter[str] = msgspec.field(default_factory=Counter)
    blank: int = 0
    dead: Counter[str] = msgspec.field(default_factory=Counter)
    incidents: list[Incident] = []
    counts: Any = None
    newest: float = 0.0
    lines: int = 0
    unread: int = 0

    def add(self, chunk: ChunkResult) -> None:
        """Counts a scored chunk."""
        self.read += chunk.read
        self.scored += chunk.scored
        self.feedback += chunk.feedback
        self.sampled += chunk.sampled
        self.skipped.update(chunk.skipped)
        self.unread += chunk.unread
        self.dead.update(reason for reason, _ in chunk.dead)


def replay(
    lines: Iterable[bytes],
    settings: Settings,
    rules: RuleSet,
    *,
    feedback: Iterable[bytes] = (),
    acts: Iterable[bytes] = (),
    baselines: Mapping[str, Baseline] | None = None,
    start: float = START,
    rate: float = RATE,
    processes: int = 0,
    scorer: Scorer | None = None,
    on_changes: Callable[[list[Incident]], object] = lambda changes: None,
    on_dead: Callable[[bytes], object] = lambda letter: None,
    on_verdicts: Callable[[bytes], object] = lambda message: None,
    on_progress: Callable[[ReplayResult], object] = lambda result: None,
    where: Where | None = None,
    feedback_where: Where | None = None,
) -> ReplayResult:
    """Scores lines, folds the verdicts into windows and judges them by the rules.

    Memory doesn't grow with the number of lines. `start` and `rate` place records without an
    event time. `processes` 0 scores in this process, with `scorer` where one is given; a record
    that kills or hangs a process is then not survived. `feedback` is folded in by its event
    time, and `acts` where they were folded before, or else by the event time that they speak
    of. The callbacks are told of incidents' changes, of dead letters and verdicts (JSON), and of
    progress.
    `where` gives the file of a line, and the line's number in it, both counted from 0, for
    incidents and dead letters to name; `feedback_where` does so for feedback.

    Raises `PoolBroken` where the detectors can't be loaded.
    """
    options = ScoringOptions.from_settings(settings, "replay")
    result = ReplayResult()
    # A worker has so many for each partition of verdicts.
    most = settings.most_deployments * settings.kafka.topics.partitions
    known = {source.deployment for source in settings.intake.sources.values()}
    limits = Limits(most_deployments=most, mute_for=settings.incidents.mute_s)
    windows = Windows(rules, baselines or {}, limits, known)
    windows.replace_playbooks(configured(settings))
    standing: dict[str, Incident] = {}

    def take(chunk: ChunkResult) -> None:
        result.add(chunk)
        result.newest = max(result.newest, chunk.newest)
        for _, message in chunk.messages:
            on_verdicts(message)
            windows.fold(_decoder.decode(message))
        for _, letter in chunk.dead:
            on_dead(_letter_in_file(letter, files) if files else letter)

    def tell(changes: list[Incident]) -> None:
        changes = [_in_files(incident, files) for incident in changes] if files else changes
        standing.update((incident.id, incident) for incident in changes)
        if changes:
            on_changes(changes)

    def count_blank() -> None:
        result.blank += 1

    def do(until: float) -> None:
        """Folds the acts that are due, each into what has come of those before it."""
        for act, at in people.until(until):
            outcome = windows.act(act, result.newest, standing, at)
            if outcome == "unknown":
                people.put_back(act, at)
            else:
                result.acts[outcome] += 1
                tell(windows.evaluate(result.newest))

    topics = settings.kafka.topics
    named = {topics.outputs: where, topics.feedback: feedback_where}
    files = {topic: find for topic, find in named.items() if find is not None}
    sources = _sources(lines, topics.outputs, start, rate, count_blank)
    opinions = _Feedback(
        _sources(feedback, topics.feedback, start, rate, count_blank),
        Scorer(options, Suite(())),
    )
    people = ActsInOrder(acts)
    result.acts["unreadable"] += people.unreadable
    with closing(scored_chunks(sources, settings, options, processes, scorer)) as chunks:
        for chunk in chunks:
            take(chunk)
            # As they are numbered: with blank ones, and each once however many records it holds.
            result.lines = max([result.lines, *(offset + 1 for offset, _ in chunk.seen)])
            for opinion in opinions.until(result.newest):
                take(opinion)
            tell(windows.evaluate(result.newest))
            do(result.newest)
            on_progress(result)
    for opinion in opinions.until(None):
        take(opinion)
    tell(windows.evaluate(result.newest))
    for _ in range(2):
        do(float("inf"))
        tell(windows.flush(result.newest))
    result.acts["unknown"] += people.left
    result.acts = +result.acts
    result.incidents = sorted(standing.values(), key=lambda i: (i.first_seen, i.id))
    result.counts = windows.counts()
    on_progress(result)
    return result


def _in_files(incident: Incident, files: Mapping[str, Where]) -> Incident:
    """The incident with its evidence in the files that it came from."""
    shown = {pointer(one): pointer(_in_file(one, files)) for one in incident.evidence}
    first = incident.started_by
    if first is not None:
        shown[pointer(first)] = pointer(_in_file(first, files))
    steps = []
    for step in incident.next_steps:
        what, command, place = step.partition("outwatch show ")
        if command and place in shown:
            steps.append(what + shown[place])
        # There is no topic to look at, and no incident on one.
        elif "--raw" not in step and not _on_topics(step):
            steps.append(step)
    return msgspec.structs.replace(
        incident,
        evidence=[_in_file(one, files) for one in incident.evidence],
        started_by=first and _in_file(first, files),
        next_steps=steps,
    )


def _on_topics(step: str) -> bool:
    _, command, rest = step.partition(": outwatch ")
    return bool(command) and not rest.startswith("rules ")


L = TypeVar("L", Evidence, DeadLetter)


def _in_file(one: L, files: Mapping[str, Where]) -> L:
    if one.topic not in files or one.partition == IN_A_FILE:
        return one
    path, number = files[one.topic](one.offset)
    return msgspec.structs.replace(one, topic=path, partition=IN_A_FILE, offset=number)


def _letter_in_file(letter: bytes, files: Mapping[str, Where]) -> bytes:
    return msgspec.json.encode(_in_file(_letters.decode(letter), files))


def score_lines(
    lines: Iterable[bytes],
    settings: Settings,
    *,
    start: float = START,
    rate: float = RATE,
    processes: int = 0,
    scorer: Scorer | None = None,
) -> Iterator[ChunkResult]:
    """Only the scoring part of `replay`."""
    sources = _sources(lines, settings.kafka.topics.outputs, start, rate, lambda: None)
    options = ScoringOptions.from_settings(settings, "replay")
    return scored_chunks(sources, settings, options, processes, scorer)


def verdicts_of(chunk: ChunkResult) -> list[VerdictBatch]:
    """The verdicts that a scored chunk would publish."""
    return [_decoder.decode(message) for _, message in chunk.messages]


def _sources(
    lines: Iterable[bytes], topic: str, start: float, rate: float, on_blank: Callable[[], None]
) -> Iterator[Source]:
    for number, line in enumerate(lines):
        value = line.strip(b"\r\n")
        if value.strip():
            yield Source(topic, 0, number, start + number / rate, value)
        else:
            on_blank()


def scored_chunks(
    sources: Iterator[Source],
    settings: Settings,
    options: ScoringOptions,
    processes: int,
    scorer: Scorer | None,
) -> Generator[ChunkResult, None, None]:
    """Scores in chunks, in order, in this process or on others.

    Raises `PoolBroken` where the detectors can't be loaded.
    """
    size = settings.pool.chunk
    if processes == 0:
        scorer = scorer or _loaded(options)
        while chunk := list(islice(sources, size)):
            while chunk:
                result = scorer.score(chunk, stop_after_s=_RESULT_EVERY_S)
                yield result
                chunk = rest(chunk, result)
        return
    pool = ScoringPool(options, msgspec.structs.replace(settings.pool, processes=processes))
    try:
        with asyncio.Runner() as runner:
            runner.run(pool.load())
            # Some chunks for each process at a time: enough to keep them busy, and bounded.
            while chunk := list(islice(sources, 4 * processes * size)):
                parts = [chunk[at : at + size] for at in range(0, len(chunk), size)]
                for results in runner.run(_together(pool, parts)):
                    yield from results
    finally:
        pool.stop()


def _loaded(options: ScoringOptions) -> Scorer:
    try:
        return Scorer(options)
    except Exception as failure:
        why = without_options(str(failure), options.detector_options)
        raise PoolBroken(
            f"the detectors can't be loaded ({type(failure).__name__}: {why}). "
            "`outwatch doctor` says what is missing"
        ) from failure


async def _together(pool: ScoringPool, parts: list[list[Source]]) -> list[list[ChunkResult]]:
    async def collected(part: list[Source]) -> list[ChunkResult]:
        return [result async for result in pool.score(part)]

    return await asyncio.gather(*(collected(part) for part in parts))


class _Feedback:
    """Feedback in the order of its file, given out up to a time."""

    def __init__(self, sources: Iterator[Source], scorer: Scorer) -> None:
        # One at a time: a chunk could reach far ahead of the outputs, and close their windows.
        self._scored = (scorer.score([source]) for source in sources)
        self._next: ChunkResult | None = None

    def until(self, time: float | None) -> Iterator[ChunkResult]:
        """Feedback not later than a time, or (None) all that is left."""
        while True:
            self._next = self._next or next(self._scored, None)
            if self._next is None or (time is not None and self._next.newest > time):
                return
            given, self._next = self._next, None
            yield given
