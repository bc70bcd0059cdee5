"""When a receiver may be asked, and how its answers went."""

from __future__ import annotations

import logging
from collections.abc import Callable

from streams.clock import Clock
from streams.paging.contract import Answer
from streams.paging.grouping import Habits
from streams.paging.limits import TokenBucket
from streams.paging.metrics import PagerMetrics
from streams.paging.retry import delay_s

log = logging.getLogger(__name__)

# So many failures in a row mean that the receiver is down, or that one page is at fault.
_STUCK_AFTER = 3


class Pace:
    """The rate limit of a receiver and its pauses after failures, with the metrics of both.

    Times named `now` are of a clock that never goes back; `share` gives random numbers in
    [0, 1).
    """

    def __init__(
        self,
        name: str,
        habits: Habits,
        metrics: PagerMetrics,
        clock: Clock,
        share: Callable[[], float],
    ) -> None:
        self._name = name
        self._metrics = metrics
        self._clock = clock
        self._share = share
        self._bucket = TokenBucket(habits.per_minute, habits.burst)
        self._not_before = 0.0
        self._limited = False
        self._failures = 0
        self._failed_key = ""

    def wait_s(self, now: float) -> float:
        """Seconds until the receiver may be asked again; 0 for now."""
        return max(0.0, self._not_before - now)

    def allows(self, now: float) -> bool:
        """Counts a page that is about to go out; False where the rate limit forbids it yet."""
        wait = self._bucket.wait_s(now)
        if wait > 0:
            if not self._limited:
                self._metrics.limited.labels(self._name).inc()
            self._limited = True
            self._not_before = now + wait
            return False
        self._limited = False
        self._bucket.take(now)
        return True

    def ask(self, deliver: Callable[[], Answer]) -> Answer:
        """The answer of a receiver; what it raises is worth another try."""
        try:
            answer = deliver()
        except Exception as error:
            # Only its type: a message could hold an address with a secret in it.
            answer = Answer("retry", type(error).__name__)
        self._metrics.up.labels(self._name).set(answer.kind == "delivered")
        if answer.kind == "delivered":
            self._metrics.success.labels(self._name).set(self._clock.now())
        return answer

    def put_off(self, key: str, answer: Answer, attempts: int, now: float) -> float:
        """Takes note of a failure; gives when to try that page again, in the clock of `now`."""
        self._failures += 1
        self._failed_key = key
        self._metrics.retries.labels(self._name).inc()
        if self._failures == 1:
            log.warning("%s can't be told now (%s); trying again", self._name, answer.why)
        share = self._share()
        self._not_before = now + delay_s(self._failures, answer.retry_after_s, share)
        return now + delay_s(attempts, answer.retry_after_s, share)

    def stuck_on(self, key: str) -> bool:
        """Whether another page should have a try before this one."""
        return self._failures >= _STUCK_AFTER and key == self._failed_key

    def recovered(self) -> bool:
        """Takes note that a page went through; True when the receiver had been down."""
        if self._failures:
            log.info("%s can be told again", self._name)
        was_down = self._failures >= _STUCK_AFTER
        self._failures = 0
        return was_down
