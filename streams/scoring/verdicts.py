"""The rows of a chunk as messages for the verdicts topic, none larger than Kafka takes."""

from __future__ import annotations

import msgspec

from streams.records import VerdictBatch, VerdictRow

MOST_BYTES = 900_000
"""A message's largest size before compression; Kafka's default limit is 1,048,588 bytes."""

MOST_FINDINGS = 500
"""How many findings a row carries: those with the highest scores."""


class _Rows:
    """One deployment's rows, and the distinct sets of signals that were judged on them."""

    def __init__(self) -> None:
        self.rows: list[VerdictRow] = []
        self.judged: list[list[str]] = []
        self._index: dict[tuple[str, ...], int] = {}

    def add(self, row: VerdictRow, signals: tuple[str, ...]) -> None:
        if signals not in self._index:
            self._index[signals] = len(self.judged)
            self.judged.append(list(signals))
        row.judged = self._index[signals]
        self.rows.append(row)


class Verdicts:
    """Collects rows, in the order of their places, by deployment."""

    def __init__(self) -> None:
        self._deployments: dict[str, _Rows] = {}

    def add(self, deployment: str, row: VerdictRow, signals: tuple[str, ...]) -> None:
        """Adds a row and the signals that were judged on it."""
        rows = self._deployments.get(deployment)
        if rows is None:
            rows = self._deployments[deployment] = _Rows()
        if len(row.findings) > MOST_FINDINGS:
            row.more_findings = len(row.findings) - MOST_FINDINGS
            row.findings = sorted(row.findings, key=lambda one: -one.score)[:MOST_FINDINGS]
        rows.add(row, signals)

    @property
    def newest(self) -> float:
        """The newest event time of all rows; 0 without any."""
        every = (row.event_time for one in self._deployments.values() for row in one.rows)
        return max(every, default=0.0)

    def messages(
        self,
        *,
        topic: str,
        partition: int,
        first_offset: int,
        last: tuple[int, int],
        scored_at: float,
        worker: str,
        topic_id: str = "",
        loose: bool = False,
    ) -> list[tuple[str, bytes]]:
        """(deployment, JSON of a `VerdictBatch`), a deployment's in the order of its rows.

        `last` is the offset and part that the chunk ends with. They must be sent in this
        order, each deployment's next one after the one before is acknowledged: each covers
        its source partition as far as its own last row, and the last one the whole chunk.
        """
        messages: list[tuple[str, bytes]] = []
        for deployment, one in self._deployments.items():
            batch = VerdictBatch(
                deployment=deployment,
                topic=topic,
                partition=partition,
                first_offset=first_offset,
                last_offset=last[0],
                last_part=last[1],
                rows=one.rows,
                judged=one.judged,
                scored_at=scored_at,
                worker=worker,
                topic_id=topic_id,
                loose=loose,
            )
            messages += [(deployment, value) for value in _encoded(batch)]
        return messages


def _encoded(batch: VerdictBatch) -> list[bytes]:
    value = msgspec.json.encode(batch)
    if len(value) <= MOST_BYTES or len(batch.rows) < 2:
        return [value]
    middle = len(batch.rows) // 2
    first, second = batch.rows[:middle], batch.rows[middle:]
    # What the first half covers ends with its own rows: were it to cover the whole chunk, the
    # second half's rows would count as folded after a crash between the two.
    head = msgspec.structs.replace(
        batch, rows=first, last_offset=first[-1].offset, last_part=first[-1].part
    )
    tail = msgspec.structs.replace(batch, rows=second, first_offset=second[0].offset)
    return _encoded(head) + _encoded(tail)
