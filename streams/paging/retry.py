"""Trying again: the one place where it is decided whether, and when."""

from __future__ import annotations

from typing import Literal

import msgspec

from streams.paging.contract import Answer

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 300.0


class Patience(msgspec.Struct, frozen=True):
    """How long a page is tried while the receiver says that it may work later.

    `attempts` 0 is no limit. `give_up_after_s` counts from the first try of this process.
    """

    attempts: int = 0
    give_up_after_s: float = 86_400.0


def verdict(
    answer: Answer, attempts: int, age_s: float, patience: Patience
) -> Literal["done", "again", "bury"]:
    """What becomes of a page after an answer: told, tried again, or a dead letter."""
    if answer.kind == "delivered":
        return "done"
    if answer.kind == "never":
        return "bury"
    spent = 0 < patience.attempts <= attempts or age_s >= patience.give_up_after_s
    return "bury" if spent else "again"


def delay_s(failures: int, asked_s: float, share: float) -> float:
    """Seconds to wait after so many failures in a row (at least 1).

    2, 4, 8 … seconds times (1 + `share`) / 2, where `share` is a random number in [0, 1), so
    that pagers don't come back in step; but never less than the receiver asked for, nor
    more than 5 minutes.
    """
    delay = FIRST_DELAY_S * 2.0 ** min(failures - 1, 20) * (1 + share) / 2
    return min(LONGEST_DELAY_S, max(delay, asked_s))
