"""Which receivers' services are heard, by the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from streams.config.settings import Pager
from streams.paging.answers.said import Answers
from streams.paging.contact import Contact


def answers_of(told: Iterable[Contact]) -> dict[str, Answers]:
    """By receiver, how its service says what people did; without those whose service doesn't."""
    found = {one.name: getattr(one.receiver, "answers", None) for one in told}
    return {name: cast(Answers, one) for name, one in found.items() if one is not None}


def problem(pager: Pager, told: Iterable[Contact]) -> str:
    """Why nothing would be heard on the port that is set; "" where it is well."""
    if not pager.answers_port:
        return ""
    if pager.answers_port == pager.port:
        return "`pager.answers_port` is that of the metrics, `pager.port`. Give it another"
    if not answers_of(told):
        return (
            "`pager.answers_port` is set, and no receiver has an `answer_secret`, so nobody could "
            "answer. Set one for a receiver of type pagerduty, slack or webhook, or take the port "
            "out"
        )
    return ""
