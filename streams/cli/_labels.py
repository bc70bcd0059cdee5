"""Labels that a command reads, what is wrong with them, and shares as people read them."""

from __future__ import annotations

from streams.cli._files import Lines
from streams.cli._say import say
from streams.inert import line
from streams.labels.estimate import Share
from streams.labels.label import Labels, Problem, Scores, read_labels
from streams.words import count

_MOST_TOLD = 20


def labels_in(paths: tuple[str, ...]) -> Labels:
    """The labels of files, one after the other; what is wrong with them is told on stderr.

    Raises `UsageError` for a file that can't be read.
    """
    whole: list[bytes] = []
    starts: list[int] = []
    for path in paths:
        starts.append(len(whole))
        with Lines((path,)) as lines:
            whole += list(lines)
    found = read_labels(whole)
    for one in found.problems[:_MOST_TOLD]:
        say(f"outwatch: {_where(paths, starts, one)}: {line(one.reason)}; {one.done}", err=True)
    more = len(found.problems) - _MOST_TOLD
    if more > 0:
        say(f"outwatch: and {count(more, 'line')} more like these", err=True)
    return found


def say_missing(scores: Scores) -> None:
    """Says on stderr which labels there is no score for, and why."""
    unjudged = scores.unjudged
    for signal, number in unjudged.items():
        why = f"{line(signal)}, and their records weren't judged for it"
        remedy = ""
        if signal not in scores.signals:
            family = sorted(one for one in scores.signals if one.startswith(f"{signal}."))
            why = f"{line(signal)}, and no record was judged for a signal of that name"
            remedy = f". There are: {', '.join(family[:_MOST_TOLD])}" if family else (
                ". Name one of docs/signals.md")  # fmt: skip
        say(f"outwatch: {count(number, 'label')} of {why}{remedy}", err=True)
    if left := scores.missing - sum(unjudged.values()):
        say(f"outwatch: no verdict is here for {count(left, 'label')}", err=True)


def _where(paths: tuple[str, ...], starts: list[int], problem: Problem) -> str:
    file = max(number for number, start in enumerate(starts) if start < problem.line)
    return f"{line(paths[file])}:{problem.line - starts[file]}"


def shown(share: Share | None) -> str:
    """A share with its interval, and of how many records it is.

    >>> shown(Share(0.8, 0.49, 0.943, 10)), shown(None)
    ('80 % (49 to 94, of 10)', '-')
    """
    if share is None:
        return "-"
    low, high = (round(one * 100) for one in (share.low, share.high))
    return f"{round(share.value * 100)} % ({low} to {high}, of {share.records})"
