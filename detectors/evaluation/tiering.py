"""What each tier of a detector settles, what a record costs, and what the tiers lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from detectors._tiers import TierCounts
from detectors.evaluation.metrics import Flags


class TierUse(msgspec.Struct, frozen=True):
    """One tier on the rows as traffic would meet it: `seen` rows, of which it `settled` some.

    `seconds` are of processor time, all rows together.
    """

    name: str
    seen: int
    settled: int
    seconds: float


class TierFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The tiers of a detector on a set, or on all of its sets together.

    `tiers` are from a run over all `rows` without audits. A sample of `audited` rows was judged
    again with the last tier reading every one, which took it `seconds_all`. Of its `positives`
    (rows labelled 1), `found_by_tiers` fire in the first run and `found_by_all` in the second;
    `lost` counts rows of any label that fire only in the second, and `fired_by_all` all that do.
    """

    detector: str
    set: str
    task: str
    rows: int
    tiers: list[TierUse]
    audited: int = 0
    seconds_all: float = 0.0
    positives: int = 0
    found_by_tiers: int = 0
    found_by_all: int = 0
    fired_by_all: int = 0
    lost: int = 0

    @property
    def recall_lost(self) -> float | None:
        """Recall of the last tier alone less that of the tiers, None without positives."""
        return (
            (self.found_by_all - self.found_by_tiers) / self.positives if self.positives else None
        )


def uses(counts: Mapping[str, TierCounts]) -> list[TierUse]:
    """The tiers' counts of a run without audits."""
    return [
        TierUse(name, count.settled + count.passed, count.settled, count.seconds)
        for name, count in counts.items()
    ]


def compared(labels: Flags, by_tiers: Flags, by_all: Flags) -> dict[str, int]:
    """The numbers of `TierFigures` about rows that were judged both ways."""
    return {
        "audited": len(labels),
        "positives": int(labels.sum()),
        "found_by_tiers": int((labels & by_tiers).sum()),
        "found_by_all": int((labels & by_all).sum()),
        "fired_by_all": int(by_all.sum()),
        "lost": int((by_all & ~by_tiers).sum()),
    }


def by_detector(figures: Iterable[TierFigures]) -> list[TierFigures]:
    """The figures of each detector's sets added up, in the order of their first."""
    grouped: dict[str, list[TierFigures]] = {}
    for one in figures:
        grouped.setdefault(one.detector, []).append(one)
    return [_sum(name, group) for name, group in grouped.items()]


def _sum(detector: str, group: Sequence[TierFigures]) -> TierFigures:
    tiers: dict[str, list[TierUse]] = {}
    for one in group:
        for tier in one.tiers:
            tiers.setdefault(tier.name, []).append(tier)
    return TierFigures(
        detector=detector,
        set=f"{len(group)} sets" if len(group) > 1 else group[0].set,
        task=", ".join(dict.fromkeys(one.task for one in group)),
        rows=sum(one.rows for one in group),
        tiers=[
            TierUse(
                name,
                sum(tier.seen for tier in parts),
                sum(tier.settled for tier in parts),
                sum(tier.seconds for tier in parts),
            )
            for name, parts in tiers.items()
        ],
        audited=sum(one.audited for one in group),
        seconds_all=sum(one.seconds_all for one in group),
        positives=sum(one.positives for one in group),
        found_by_tiers=sum(one.found_by_tiers for one in group),
        found_by_all=sum(one.found_by_all for one in group),
        fired_by_all=sum(one.fired_by_all for one in group),
        lost=sum(one.lost for one in group),
    )


def tier_rows(figures: Iterable[TierFigures]) -> list[list[str]]:
    """A table: a line for each tier, the figures of all together on a detector's first line."""
    rows = []
    for one in figures:
        for number, tier in enumerate(one.tiers):
            rows.append(
                [
                    "" if number else one.detector,
                    tier.name,
                    f"{tier.seen:,}",
                    _share(tier.settled, one.rows),
                    _micros(tier.seconds, tier.seen),
                    _micros(tier.seconds, one.rows),
                    *(["", "", "", ""] if number else _losses(one)),
                ]
            )
    head = ["detector", "tier", "sees", "settles", "µs each", "µs per record", "all µs",
            "compared", "recall lost", "lost"]  # fmt: skip
    return [head, *rows] if rows else []


def _losses(one: TierFigures) -> list[str]:
    lost = one.recall_lost
    return [
        _micros(one.seconds_all, one.audited),
        f"{one.audited:,}",
        "" if lost is None else f"{lost:.3f}",
        f"{one.lost} of {one.fired_by_all}" if one.audited else "",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _micros(seconds: float, records: int) -> str:
    return f"{1e6 * seconds / records:,.0f}" if records else ""
