"""A token bucket: how many pages a receiver is sent."""

from __future__ import annotations


class TokenBucket:
    """Allows `burst` pages at once, and `per_minute` over time; 0 a minute is no limit.

    Times are in seconds of any clock that never goes back.
    """

    def __init__(self, per_minute: float, burst: int) -> None:
        self._rate = per_minute / 60.0
        self._burst = float(max(1, burst))
        self._tokens = self._burst
        self._at: float | None = None

    def wait_s(self, now: float) -> float:
        """Seconds until the next page may go out; 0 for now."""
        if self._rate <= 0:
            return 0.0
        self._fill(now)
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def take(self, now: float) -> None:
        """Counts one page."""
        self._fill(now)
        self._tokens -= 1.0

    def _fill(self, now: float) -> None:
        if self._at is not None:
            gained = (now - self._at) * self._rate
            self._tokens = min(self._burst, self._tokens + max(0.0, gained))
        self._at = now
