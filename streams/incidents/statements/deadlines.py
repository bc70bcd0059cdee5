"""The duties of the law that may be the first, for those who decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from streams.incidents.clocks.running import Reading
from streams.words import listing


def deadlines(clocks: Sequence[Reading], at: Callable[[float], str]) -> tuple[str, ...]:
    """Sentences on what may be due first, the most urgent on top: what has no time and is due at
    once, the first time that runs, and what begins only when somebody says that they know, where
    that could be sooner. `at` puts a time into words."""
    going = [one for one in clocks if one.state in ("running", "overdue")]
    at_once = [one for one in going if one.due_at is None]
    timed = [one for one in going if one.due_at is not None]
    first = min(timed, key=lambda one: one.due_at or 0.0, default=None)
    waiting = [one for one in clocks if one.state == "may_apply"]
    told = []
    if at_once:
        told.append((0, 0.0, f"A legal duty may be due at once ({_laws(at_once)})."))
    if first is not None and first.due_at is not None:
        late = ", which has passed" if first.state == "overdue" else ""
        text = (
            f"A legal deadline may apply ({first.regime}), the first at {at(first.due_at)}{late}."
        )
        told.append((1, first.due_at, text))
    told += _unstarted(waiting, first, any(one.aware_at is not None for one in clocks))
    return tuple(text for _, _, text in sorted(told))


def _unstarted(
    waiting: Sequence[Reading], running: Reading | None, said: bool
) -> Iterable[tuple[int, float, str]]:
    """What begins when somebody says that they know."""
    known = "when somebody says that we know of it"
    at_once = [one for one in waiting if one.due_if_known_now is None]
    timed = [one for one in waiting if one.due_if_known_now is not None]
    first = min(timed, key=lambda one: one.due_if_known_now or 0.0, default=None)
    if first is not None:
        due = first.due_if_known_now or 0.0
        if running is None or due < (running.due_at or 0.0):
            for_it = ", for that law" if said else ""
            period = first.period.rpartition(", ")[2]
            text = (
                f"A legal deadline may apply ({first.regime}): {period} from when we know."
                f" Nobody has said yet that we do{for_it}."
            )
            yield 1, due, text
    if at_once:
        yield 2, 0.0, f"More may be due at once ({_laws(at_once)}), {known}."


def _laws(found: Sequence[Reading]) -> str:
    return listing(list(dict.fromkeys(one.regime for one in found)), 5)
