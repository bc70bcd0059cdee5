"""The processes that score, and what happens when a record kills or hangs one.

A process works on a chunk for a part of its time limit and then hands back what it has, so that
large messages don't look like hanging ones. Where the detectors take too long it judges records
one at a time, each with time of its own, and says which of them didn't finish.

A chunk whose process dies, runs out of memory or hangs all the same is split in halves, messages
first and then the parts of one, until the record at fault is alone; the others are scored. One
that hangs is then judged by the detectors that judge every record, and one that ends its process
is dead-lettered.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import TypeVar

import msgspec
import psutil
from pebble import ProcessExpired, ProcessPool

from streams.config.settings import Pool as PoolSettings
from streams.errors import BadRecord, OutwatchError
from streams.inert import LogFormatter
from streams.scoring.scorer import (
    MOST_AT_ONCE,
    ChunkResult,
    Scorer,
    ScoringOptions,
    Source,
    dead_part,
    parts_of,
    rest,
)
from streams.scoring.signals import without_options

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOAD_TIMEOUT_S = 300.0
_TOO_MUCH = frozenset({"timed_out", "out_of_memory"})
"""What fewer detectors may mend."""
_PRELOAD = "streams.scoring.preload"


class PoolBroken(OutwatchError):
    """Scoring fails whatever the record: the worker must stop, not dead-letter everything."""


class _ChunkFailed(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class ScoringPool:
    """Scores chunks on processes. An asynchronous context manager; not for several loops.

    The processes start, and load the detectors once each, as soon as there is a pool.
    `restarts` counts processes lost to records.
    """

    def __init__(self, options: ScoringOptions, settings: PoolSettings) -> None:
        self.processes = settings.processes or os.cpu_count() or 1
        self.restarts = 0
        self._options = options
        self._settings = settings
        self._least_timeout = settings.chunk_timeout_s / 4
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_PRELOAD])
        self._pool = ProcessPool(
            max_workers=self.processes,
            initializer=_start,
            initargs=(options, settings.memory_mb, os.getpid()),
            context=context,
        )
        self._loading = [
            self._pool.schedule(_load, timeout=_LOAD_TIMEOUT_S) for _ in range(self.processes)
        ]

    async def __aenter__(self) -> ScoringPool:
        """Loads the detectors in every process. Raises `PoolBroken` where they can't be."""
        try:
            await self.load()
        except BaseException:
            self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the processes."""
        self.stop()

    async def load(self) -> None:
        """Waits until the detectors are loaded. Raises `PoolBroken`."""
        try:
            await asyncio.gather(*(asyncio.wrap_future(future) for future in self._loading))
        except Exception as failure:
            why = without_options(str(failure), self._options.detector_options)
            raise PoolBroken(
                f"the detectors can't be loaded ({why}). `outwatch doctor` says what is missing"
            ) from failure

    def stop(self) -> None:
        """Ends the processes, whatever they are doing."""
        self._pool.stop()
        self._pool.join()

    def pids(self) -> list[int]:
        """The processes' ids, for figures on their memory."""
        # Pebble has no public list of its workers.
        workers = self._pool._pool_manager.worker_manager.workers
        return list(workers)

    async def score(
        self, sources: Sequence[Source], shed_share: float = 1.0
    ) -> AsyncIterator[ChunkResult]:
        """Results for consecutive runs of the sources, in order, each as soon as it is there;
        usually just one. While a record at fault is searched for, empty results tell that the
        search goes on.

        Raises `PoolBroken` when a harmless record can't be scored either.
        """
        while True:
            try:
                result = await self._run(sources, shed_share)
            except _ChunkFailed as failure:
                self.restarts += failure.reason != "unexpected"
                pieces = await self._pieces(sources)
                if not pieces:
                    yield await self._alone(sources[0], shed_share, failure)
                    return
                log.warning(
                    "scoring %s-%d from offset %d failed (%s); splitting it",
                    sources[0].topic,
                    sources[0].partition,
                    sources[0].offset,
                    failure.reason,
                )
                yield ChunkResult()
                break
            yield result
            if result.stopped is None:
                return
            sources = rest(sources, result)
        for piece in pieces:
            async for result in self.score(piece, shed_share):
                yield result

    async def _pieces(self, sources: Sequence[Source]) -> list[Sequence[Source]]:
        """Sources that failed, in smaller pieces; none for a single record."""
        if len(sources) > 1:
            middle = len(sources) // 2
            return [sources[:middle], sources[middle:]]
        source = sources[0]
        try:
            count = await self._task(_count_parts, source, limit_s=self._least_timeout)
        except _ChunkFailed as failure:
            # It can't even be read: the message is at fault as a whole.
            self.restarts += failure.reason != "unexpected"
            return []
        end = count if source.end_part is None else min(source.end_part, count)
        if end - source.first_part < 2:
            return []
        # The fault is in what one run gets to, so that is where the search begins.
        middle = source.first_part + min((end - source.first_part) // 2, MOST_AT_ONCE)
        return [
            [msgspec.structs.replace(source, end_part=middle)],
            [msgspec.structs.replace(source, first_part=middle, end_part=end)],
        ]

    async def _alone(self, source: Source, shed_share: float, failure: _ChunkFailed) -> ChunkResult:
        """A second try for a record that failed alone, after a proof that it is the record."""
        # Of no topic, so that it is read as the native record it is.
        harmless = Source("", 0, 0, time.time(), _HARMLESS)
        try:
            await self._run([harmless], 1.0)
        except _ChunkFailed as broken:
            raise PoolBroken(
                f"even a harmless record can't be scored ({broken.reason}: {broken.detail}). "
                "`outwatch doctor` says what is wrong"
            ) from broken
        hurried = failure.reason in _TOO_MUCH
        try:
            return await self._run([source], shed_share, hurried=hurried)
        except _ChunkFailed as again:
            failure = again
            self.restarts += failure.reason != "unexpected"
        if not hurried and failure.reason in _TOO_MUCH:
            try:
                return await self._run([source], shed_share, hurried=True)
            except _ChunkFailed as again:
                failure = again
                self.restarts += failure.reason != "unexpected"
        bad = BadRecord(failure.reason, failure.detail)
        log.warning(
            "%s-%d offset %d part %d goes to the dead letters (%s)",
            source.topic,
            source.partition,
            source.offset,
            source.first_part,
            bad.reason,
        )
        try:
            letter = await self._task(
                _bury, source, bad.reason, bad.detail, limit_s=self._least_timeout
            )
        except _ChunkFailed:
            letter = dead_part(source, bad, self._options, time.time(), (), source.first_part)
        seen = [] if source.first_part else [(source.offset, bad.reason)]
        return ChunkResult(read=1, dead=[letter], seen=seen)

    async def _run(
        self, sources: Sequence[Source], shed_share: float, *, hurried: bool = False
    ) -> ChunkResult:
        limit_s = self._settings.chunk_timeout_s
        return await self._task(
            _score, list(sources), shed_share, limit_s / 4, hurried, limit_s=limit_s
        )

    async def _task(self, work: Callable[..., T], *args: object, limit_s: float) -> T:
        """Runs a function in one of the processes. Raises `_ChunkFailed`."""
        future = self._pool.schedule(work, args=args, timeout=limit_s)
        try:
            return await asyncio.wrap_future(future)
        except ProcessExpired as failure:
            raise _ChunkFailed(
                "crashed_worker", f"scoring it ended the process (code {failure.exitcode})"
            ) from failure
        except TimeoutError as failure:
            raise _ChunkFailed("timed_out", f"scoring it took over {limit_s:g} s") from failure
        except MemoryError as failure:
            raise _ChunkFailed("out_of_memory", "scoring it took too much memory") from failure
        except asyncio.CancelledError:
            future.cancel()
            raise
        except Exception as failure:
            # The type alone: a message could quote the record.
            raise _ChunkFailed("unexpected", type(failure).__name__) from failure


_HARMLESS = b'{"record_id": "probe", "output": "All is well.", "deployment": "outwatch-probe"}'

_scorer: Scorer | None = None
_load_failure = "the process was not started by ScoringPool"


def _start(options: ScoringOptions, memory_mb: int, parent: int) -> None:
    """Runs in a new process, before its first task and outside of that task's time limit."""
    global _scorer, _load_failure
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(LogFormatter())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        _scorer = Scorer(options)
    except Exception as failure:
        # Told by every task: an initializer that raises would only be started over and over.
        _load_failure = f"{type(failure).__name__}: {failure}"
    if memory_mb:
        # On top of what is there: libraries alone may reserve gigabytes that they never touch.
        size = psutil.Process().memory_info().vms + memory_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _end_with(parent: int) -> None:
    """Ends this process when its worker is gone: a killed worker can't end it itself."""
    while True:
        try:
            os.kill(parent, 0)
        except OSError:
            os._exit(0)
        time.sleep(1.0)


def _loaded() -> Scorer:
    if _scorer is None:
        raise RuntimeError(_load_failure)
    return _scorer


def _load() -> None:
    _loaded()


def _score(
    sources: list[Source], shed_share: float, stop_after_s: float, hurried: bool
) -> ChunkResult:
    return _loaded().score(sources, shed_share, stop_after_s, hurried=hurried)


def _count_parts(source: Source) -> int:
    return len(parts_of(source, _loaded().options))


def _bury(source: Source, reason: str, detail: str) -> tuple[str, bytes]:
    options = _loaded().options
    parts = parts_of(source, options)
    bad = BadRecord(reason, detail)
    return dead_part(source, bad, options, time.time(), parts, source.first_part)
