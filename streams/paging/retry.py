"""Trying again: the one place where it is decided how often and when."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streams.paging.pages import Answer, Page, Receiver

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 300.0


class Delivery(msgspec.Struct, frozen=True):
    """The last answer, and how many tries it took; `stopped` when told to end while waiting."""

    answer: Answer
    attempts: int
    stopped: bool = False


def deliver(
    receiver: Receiver,
    page: Page,
    attempts: int,
    wait: Callable[[float], bool],
    share: Callable[[], float],
) -> Delivery:
    """Delivers a page, again and again while the receiver says that it may work later.

    Before another try it waits 2, 4, 8 … seconds times (1 + `share()`) / 2, where `share`
    gives random numbers in [0, 1), so that pagers don't come back in step; but never less
    than the receiver asked for, nor more than 5 minutes. `wait` sleeps for some seconds and
    says whether the process is to end.
    """
    tried = 0
    while True:
        answer = _answer(receiver, page)
        tried += 1
        if answer.kind != "retry" or tried >= attempts:
            return Delivery(answer, tried)
        delay = FIRST_DELAY_S * 2 ** min(tried - 1, 20) * (1 + share()) / 2
        if wait(min(LONGEST_DELAY_S, max(delay, answer.retry_after_s))):
            return Delivery(answer, tried, stopped=True)


def _answer(receiver: Receiver, page: Page) -> Answer:
    try:
        return receiver.deliver(page)
    except Exception as error:
        # Only its type: a message could hold an address with a secret in it.
        return Answer("retry", type(error).__name__)
