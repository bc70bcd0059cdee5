"""The schemas that messages need, fetched before they are scored.

A message whose schema can't be had now waits, as it does for a broker that is away: it isn't a
mistake of the message, so it is no dead letter, and what isn't acknowledged is read again. The
worker says so in its log, its metrics and on `/ready`, and isn't taken for one that stands still.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from streams.errors import OutwatchError
from streams.intake import confluent
from streams.intake.confluent import Schema
from streams.kafka.schema_registry import SchemaRegistry
from streams.scoring.scorer import Source
from streams.worker.metrics import Metrics

log = logging.getLogger(__name__)

_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class Schemas:
    """Gives messages their schemas. Without a registry it gives none."""

    def __init__(
        self,
        registry: SchemaRegistry | None,
        metrics: Metrics,
        working: Callable[[], None] = lambda: None,
        retry_s: Sequence[float] = _RETRY_S,
    ) -> None:
        self._registry = registry
        self._metrics = metrics
        self._working = working
        self._retry_s = retry_s
        self._waiting = 0
        self.problem = ""

    async def fill(self, sources: Sequence[Source]) -> list[Source]:
        """The sources, each with the schema that it needs; waits for the registry as long as it
        takes."""
        if self._registry is None:
            return list(sources)
        filled = []
        for source in sources:
            id = confluent.needed(source.value, source.headers)
            schema = None if id is None else await self._get(self._registry, id)
            filled.append(
                source if schema is None else msgspec.structs.replace(source, schema=schema)
            )
        return filled

    async def _get(self, registry: SchemaRegistry, id: str) -> Schema:
        schema = registry.known(id)
        if schema is not None:
            return schema
        attempt = 0
        self._waiting += 1
        try:
            while True:
                try:
                    return await asyncio.to_thread(registry.get, id)
                except OutwatchError as away:
                    wait = self._retry_s[min(attempt, len(self._retry_s) - 1)]
                    attempt += 1
                    self.problem = f"messages wait for schema {id}: {away}"
                    self._metrics.registry_errors.inc()
                    self._metrics.registry_waiting.set(1)
                    log.warning(
                        "schema %s can't be had (%s), attempt %d; again in %.1f s",
                        id,
                        away,
                        attempt,
                        wait,
                    )
                    self._working()
                    await asyncio.sleep(wait)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.problem = ""
                self._metrics.registry_waiting.set(0)
