"""Labels that a command reads, what is wrong with them, and shares as people read them."""

from __future__ import annotations

from streams.cli._files import Lines
from streams.cli._say import say
from streams.inert import line
from streams.labels.estimate import Share
from streams.labels.label import Labels, Problem, read_labels
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
