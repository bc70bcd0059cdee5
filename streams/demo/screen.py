"""What the demo shows in a terminal: traffic, signals by deployment, incidents.

`View` keeps the figures and `render` draws them; neither reads a topic or the clock.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.incidents.states import CLOSED, OPEN, RANK
from streams.inert import every, line
from streams.records import Incident, Severity, VerdictBatch

RECENT_SECONDS = 30.0
SPARKLINE_SECONDS = 60

_BLOCKS = "▁▂▃▄▅▆▇█"
_ABOVE = 0.5
_SHORT = 8
_STYLES: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold red",
    "low": "yellow",
}

SIGNALS = {
    "personal": "pii.any",
    "secrets": "secrets.any",
    "ungrounded": "hallucination.ungrounded",
    "citations": "hallucination.citation",
    "toxic": "toxicity.toxicity",
}
"""The columns of the table of deployments, and the signal that each shows."""


class _Traffic:
    def __init__(self) -> None:
        self.rows = 0
        self.version = ""
        # (arrived, records, judged by column, above by column)
        self.recent: deque[tuple[float, int, Counter[str], Counter[str]]] = deque()


class View:
    """The figures shown. Times are seconds since the epoch, given by the caller.

    `acting` is how a command begins that acts on an incident, "" where none can.
    """

    def __init__(
        self, broker: str, notes: tuple[str, ...], started: float, acting: str = ""
    ) -> None:
        self.broker = broker
        self.notes = notes
        self.acting = acting
        self.started = started
        self.produced = 0
        self.feedback_produced = 0
        # Messages in their topics, whoever sent them.
        self.arrived = 0
        self.feedback_arrived = 0
        self.scored = 0
        self.feedback = 0
        self.dead = 0
        self.status = ""
        self.incidents: dict[str, Incident] = {}
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}
        self._deployments: dict[str, _Traffic] = {}
        self._per_second: Counter[int] = Counter()

    def fold(self, batch: VerdictBatch, now: float, feedback: bool) -> None:
        """Counts one batch of verdicts; what a crash had published twice counts once."""
        place = (batch.deployment, batch.source)
        newest = self._seen.get(place, (-1, 0))
        rows = [row for row in batch.rows if (row.offset, row.part) > newest]
        self._seen[place] = max(newest, (batch.last_offset, batch.last_part))
        if feedback:
            self.feedback += len(rows)
            return
        self.scored += len(rows)
        self._per_second[int(now)] += len(rows)
        for second in [s for s in self._per_second if s < now - SPARKLINE_SECONDS - 1]:
            del self._per_second[second]
        shown = self._deployments.setdefault(batch.deployment, _Traffic())
        shown.rows += len(rows)
        judged: Counter[str] = Counter()
        above: Counter[str] = Counter()
        sets = [frozenset(names) for names in batch.judged]
        for row in rows:
            shown.version = row.model_version or shown.version
            for column, signal in SIGNALS.items():
                if signal in sets[row.judged]:
                    judged[column] += 1
                    above[column] += row.scores.get(signal, 0.0) > _ABOVE
        shown.recent.append((now, len(rows), judged, above))
        while shown.recent and shown.recent[0][0] < now - RECENT_SECONDS:
            shown.recent.popleft()

    def change(self, incident: Incident) -> list[str]:
        """Takes in one change of an incident; a line about it, and how to acknowledge a new one."""
        incident = every(incident, line)
        known = self.incidents.get(incident.id)
        if known is None or incident.revision >= known.revision:
            self.incidents[incident.id] = incident
        what: str = incident.change
        if what == "updated" and incident.state != "open":
            what = f"updated, {incident.state}"
        short = self.short(incident)
        told = [f"{what} {incident.severity} {incident.playbook} {short}: {incident.title}"]
        if known is None and incident.state == "open" and self.acting:
            told.append(f"acknowledge: {self.acting} ack {short}")
        return told

    def short(self, incident: Incident) -> str:
        """The beginning of an incident's id, as long as it takes to tell it from the others."""
        for length in range(_SHORT, len(incident.id)):
            if sum(one.startswith(incident.id[:length]) for one in self.incidents) == 1:
                return incident.id[:length]
        return incident.id

    def foot(self) -> tuple[str, ...]:
        """The notes, and while nobody has an open incident how to acknowledge the most severe, of
        several the newest."""
        new = [incident for incident in self.standing() if incident.state == "open"]
        if not (new and self.acting):
            return self.notes
        worst = max(new, key=lambda incident: RANK[incident.severity])
        return (f"ack: {self.acting} ack {self.short(worst)}", *self.notes)

    def standing(self) -> list[Incident]:
        """Incidents that were not withdrawn, the newest first."""
        kept = [i for i in self.incidents.values() if i.state != "withdrawn"]
        return sorted(kept, key=lambda i: (-i.first_seen, i.id))

    @property
    def waiting(self) -> int:
        """Records, whoever produced them, that have no verdict and no dead letter yet."""
        return self.produced + self.others - self.scored - self.dead

    @property
    def others(self) -> int:
        """Records that the demo didn't produce. A message may hold several, which are known when
        they were judged."""
        return max(self.produced, self.arrived, self.scored + self.dead) - self.produced

    def per_second(self, now: float) -> list[int]:
        """Records scored in each of the last full seconds, oldest first."""
        return [self._per_second[int(now) - ago] for ago in range(SPARKLINE_SECONDS, 0, -1)]

    def totals(self) -> str:
        """The accounting in one line: what was produced and what became of it."""
        others = f" + {self.others:,} by others" if self.others else ""
        line = (
            f"{self.produced:,} produced{others} = {self.scored:,} scored"
            f" + {self.dead:,} dead-lettered + {self.waiting:,} waiting"
        )
        feedback = max(self.feedback_produced, self.feedback_arrived, self.feedback)
        if feedback:
            line += f"; feedback: {self.feedback:,} of {feedback:,} read"
        return line

    def figures(self, now: float) -> list[tuple[str, str, int, float, dict[str, float | None]]]:
        """Per deployment: name, model version, records, records/s, share above by column."""
        table = []
        for name, shown in sorted(self._deployments.items()):
            judged: Counter[str] = Counter()
            above: Counter[str] = Counter()
            records = 0
            for arrived, count, batch_judged, batch_above in shown.recent:
                if arrived >= now - RECENT_SECONDS:
                    records += count
                    judged += batch_judged
                    above += batch_above
            seconds = min(RECENT_SECONDS, max(1.0, now - self.started))
            shares = {
                column: above[column] / judged[column] if judged[column] else None
                for column in SIGNALS
            }
            table.append((name, shown.version, shown.rows, records / seconds, shares))
        return table


def _time_of_day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S")


def sparkline(values: list[int]) -> str:
    """Bars of eight heights, the tallest for the largest value.

    >>> sparkline([0, 4, 8])
    '▁▄█'
    """
    top = max([*values, 1])
    return "".join(_BLOCKS[(value * (len(_BLOCKS) - 1)) // top] for value in values)


def render(view: View, now: float, width: int, height: int) -> RenderableType:
    """The whole screen, `height` lines high."""
    head = _head(view, now, width)
    table = _table(view, now, width)
    notes = view.foot()
    foot = Text("\n".join(notes), style="dim", overflow="crop", no_wrap=True)
    used = 3 + (len(view.figures(now)) or 1) + 2 + len(notes)
    return Group(head, table, _incidents(view, width, max(3, height - used - 1)), foot)


def _head(view: View, now: float, width: int) -> RenderableType:
    elapsed = int(now - view.started)
    rates = view.per_second(now)
    rate = sum(rates[-5:]) / 5
    first = Text(no_wrap=True, overflow="crop")
    first.append("outwatch demo", style="bold")
    first.append(f"  {elapsed // 60}:{elapsed % 60:02d}  broker {view.broker} (embedded)  ")
    first.append(view.status, style="cyan")
    second = Text(no_wrap=True, overflow="crop")
    second.append(f"{rate:6.1f} records/s ", style="bold")
    second.append(sparkline(rates[-min(SPARKLINE_SECONDS, max(10, width - 20)) :]), style="green")
    return Group(first, second, Text(view.totals(), no_wrap=True, overflow="crop"))


def _table(view: View, now: float, width: int) -> RenderableType:
    table = Table(
        box=None, padding=(0, 1), pad_edge=False, collapse_padding=True, expand=True,
        header_style="bold",
    )  # fmt: skip
    table.add_column("deployment", no_wrap=True)
    if width >= 96:
        table.add_column("model version", no_wrap=True)
    for column in ("answers", "/s", *SIGNALS):
        table.add_column(column, justify="right", no_wrap=True)
    figures = view.figures(now)
    for name, version, rows, rate, shares in figures:
        cells: list[Text] = [Text(line(name))]
        if width >= 96:
            cells.append(Text(line(version)))
        cells += [Text(f"{rows:,}"), Text(f"{rate:.1f}")]
        cells += [_share(shares[column]) for column in SIGNALS]
        table.add_row(*cells)
    if not figures:
        table.add_row(Text("waiting for the first verdicts", style="dim"))
    caption = Text(
        "share of answers above 0.5 in the last 30 s; – where none could be judged",
        style="dim",
        no_wrap=True,
        overflow="crop",
    )
    return Group(Text(""), table, caption)


def _share(share: float | None) -> Text:
    if share is None:
        return Text("–", style="dim")
    style = "dim" if share == 0 else "bold red" if share >= 0.1 else "yellow"
    return Text(f"{share:.0%}" if share == 0 or share >= 0.01 else "<1%", style=style)


def _incidents(view: View, width: int, height: int) -> RenderableType:
    standing = view.standing()
    lines = Text(no_wrap=True, overflow="ellipsis")
    room = height - 2
    shown = standing if len(standing) <= room else standing[: room - 1]
    for number, incident in enumerate(shown):
        lines.append("\n" if number else "")
        over = incident.state in CLOSED
        lines.append(f" {_time_of_day(incident.first_seen)} ", style="dim")
        lines.append(
            f" {incident.severity:<8} ", style="dim" if over else _STYLES[incident.severity]
        )
        lines.append(f" {incident.state.replace('_', ' '):<12} ", style="dim" if over else "")
        lines.append(f"{view.short(incident)}  ", style="dim")
        lines.append(incident.title, style="dim" if over else "")
    if len(standing) > room:
        lines.append(f"\n … and {len(standing) - len(shown)} earlier", style="dim")
    if not standing:
        lines.append("none yet", style="dim")
    opened = sum(i.state in OPEN for i in standing)
    title = f"incidents: {len(standing)}, {opened} open"
    return Panel(lines, title=title, title_align="left", height=height, width=width, padding=(0, 0))
