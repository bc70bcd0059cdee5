"""People's acts from their topic, handed to the window agent in order.

Each worker reads the acts partitions whose numbers are those of its verdict partitions: both
topics have the deployment as key, so what is done to an incident comes to the worker that has
it. There is no consumer group and nothing is committed: how far the acts were folded stands in
the snapshots, beside what came of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.config.settings import Settings
from streams.kafka.acts import partition_counts
from streams.words import count

log = logging.getLogger(__name__)

_POLL_MS = 250
_RETRY_S = 2.0
_MISSING_S = 15.0


class FoldsActs(Protocol):
    """What is used of the window agent."""

    @property
    def generation(self) -> int:
        """Another number after each change of partitions."""

    def owned(self) -> frozenset[int]:
        """The verdict partitions at hand."""

    def acts_after(self, number: int) -> Awaitable[int]:
        """The last offset of a partition's acts that needn't be read again; -1 for none."""

    def acts_anew(self, number: int) -> None:
        """The topic was made anew: its offsets say nothing any more."""

    def act(self, message: Any, generation: int) -> Awaitable[None]:
        """Folds one act."""


class ActsReader:
    """Reads acts for as long as the worker runs; `client` is what aiokafka needs to connect."""

    def __init__(self, settings: Settings, fold: FoldsActs, client: Mapping[str, Any]) -> None:
        self._settings = settings
        self._fold = fold
        self._client = client
        self._topic = settings.kafka.topics.acts
        self._said = ""

    @property
    def problem(self) -> str:
        """Why nobody can act on incidents at the moment; "" where they can."""
        return self._said

    async def run(self) -> None:
        """Reads until it is cancelled. Raises only what folding an act raises."""
        while True:
            consumer = AIOKafkaConsumer(
                **self._client,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level=self._settings.kafka.isolation,
                metadata_max_age_ms=int(self._settings.kafka.metadata_max_age_s * 1000),
            )
            try:
                await consumer.start()
                wait = await self._read(consumer)
            except _Folding as failed:
                raise failed.reason from failed
            except asyncio.CancelledError:
                raise
            except Exception as failure:
                self._say(f"{self._topic} can't be read yet ({type(failure).__name__})")
                wait = _RETRY_S
            finally:
                await consumer.stop()
            await asyncio.sleep(wait)

    async def _read(self, consumer: Any) -> float:
        """Reads while all is well; gives the seconds to wait before the next try."""
        generation = -1
        positions: dict[int, int] = {}
        while True:
            if generation != self._fold.generation:
                generation = self._fold.generation
                if not await self._fits():
                    return _MISSING_S
                positions = await self._stand(consumer)
            if not positions:
                await asyncio.sleep(_POLL_MS / 1000)
                continue
            polled = await consumer.getmany(timeout_ms=_POLL_MS)
            for place, messages in polled.items():
                for message in messages:
                    if message.offset < positions[place.partition]:
                        self._fold.acts_anew(place.partition)
                    positions[place.partition] = message.offset + 1
                    try:
                        await self._fold.act(message, generation)
                    except Exception as failure:
                        raise _Folding(failure) from failure

    async def _fits(self) -> bool:
        """Whether the topic is there, with as many partitions as that of the verdicts.

        Asked without naming it: a broker may make a topic that it is asked about.
        """
        if self._settings.kafka.embedded:
            self._said = ""
            return True
        verdicts = self._settings.kafka.topics.verdicts
        here, there = await asyncio.to_thread(
            partition_counts, self._settings, (self._topic, verdicts)
        )
        if not here:
            self._say(
                f"there is no topic {self._topic}: make it with `outwatch topics create`; until"
                " then nobody can act on incidents"
            )
        elif here != there:
            self._say(
                f"{self._topic} has {count(here, 'partition')} and {verdicts} {there}: make them"
                " equal, as `outwatch topics create` says; until then nobody can act on incidents"
            )
        else:
            self._said = ""
        return 0 < here == there

    async def _stand(self, consumer: Any) -> dict[int, int]:
        """Puts the consumer after what was folded; the offsets read next, by partition."""
        places = [TopicPartition(self._topic, number) for number in sorted(self._fold.owned())]
        consumer.assign(places)
        positions = {}
        for place in places:
            after = await self._fold.acts_after(place.partition) + 1
            begin = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            if after > end:
                self._fold.acts_anew(place.partition)
                after = 0
            positions[place.partition] = max(begin, after)
            consumer.seek(place, positions[place.partition])
        return positions

    def _say(self, what: str) -> None:
        if what != self._said:
            log.warning("%s", what)
            self._said = what


class _Folding(Exception):
    """Folding failed, which reading again won't mend."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason
