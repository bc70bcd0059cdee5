"""How much is taken of each, and of how many at most."""

from __future__ import annotations

from collections import OrderedDict

from streams.paging.limits import TokenBucket

MOST_KEYS = 10_000
"""Whose use is remembered; the one that was quiet for longest is forgotten first."""


class Rates:
    """A limit for each key, such as an address: `per_minute` (0 for none), `burst` at once."""

    def __init__(self, per_minute: float, burst: int, most: int = MOST_KEYS) -> None:
        self._per_minute = per_minute
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> float:
        """Counts one request; gives 0.0 where it may pass, else the seconds until one may.

        `now` is in seconds of any clock that never goes back.
        """
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_minute, self._burst)
        self._buckets[key] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        wait = bucket.wait_s(now)
        if not wait:
            bucket.take(now)
        return wait
