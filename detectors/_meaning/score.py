"""From a logit that is 0 at a signal's threshold to a score, beside another way's score."""

from __future__ import annotations

import math
from typing import Final

SURE: Final = 3.0
_FARTHEST: Final = 30.0


def score_of(logit: float, threshold: float, paged: float) -> float:
    """A probability that is `threshold`, within (0, 1), where the logit is 0, and rises with it.

    It is `paged`, above the threshold, where the logit is `SURE`: rules look for what is more than
    above its threshold, and page on that. Of 1,379 ordinary answers that nothing learned from, and
    whose request excuses nothing, about ten are as sure of any signal, most of brands or sarcasm;
    of each other signal one is at most.

    >>> score_of(0.0, 0.7, 0.8)
    0.7
    >>> round(score_of(SURE, 0.7, 0.8), 6)
    0.8
    """
    if logit > 0:
        logit *= (_logit(paged) - _logit(threshold)) / SURE
    shifted = logit + _logit(threshold)
    return round(1.0 / (1.0 + math.exp(-min(max(shifted, -_FARTHEST), _FARTHEST))), 12)


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
