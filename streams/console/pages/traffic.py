"""*Traffic*: deployments by signal, and the scores behind each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk
from streams.console.fill import BINS
from streams.console.heat import NEAR, Cell, deployments, distribution, heat, samples
from streams.console.histograms import histogram
from streams.console.pages.now import page_number
from streams.console.render import page
from streams.console.security import Refusal
from streams.incidents.states import RANK
from streams.rules.rule import Rule
from streams.words import count, number, rounded, score

MENU = ("/traffic", "Traffic")

SPANS = {"1h": 3_600.0, "1d": 86_400.0}
_AT_ONCE = 25
_MOST_SIGNALS = 200
_SAMPLES = 20
_WIDE, _NARROW = (860, 260), (330, 230)


def show(request: Request) -> Response:
    """The heat table: 25 deployments to a page, with the signals that anything was seen of."""
    desk: Desk = request.app.state.desk
    span = _span(request)
    first = _first(desk, span)
    names = deployments(desk.store, first)
    last = max(1, -(-len(names) // _AT_ONCE))
    at = min(last, page_number(request))
    chosen = names[(at - 1) * _AT_ONCE : at * _AT_ONCE]
    cells = heat(desk.store, [name for name, _ in chosen], first, _rules(desk))
    every = request.query_params.get("signals") == "all"
    hottest: dict[str, tuple[float, float]] = {}
    for row in cells.values():
        for signal, cell in row.items():
            hottest[signal] = max(hottest.get(signal, (0.0, 0.0)), (cell.share, cell.mean))
    shown = in_order(
        [signal for signal, most in hottest.items() if every or most > (0.0, 0.0)], _rules(desk)
    )
    return page(
        request,
        "traffic.html",
        title="Traffic",
        deployments=chosen,
        all=len(names),
        signals=shown[:_MOST_SIGNALS],
        quiet=len(hottest) - len(shown),
        every=every,
        cells=cells,
        span=span,
        spans=SPANS,
        number_=at,
        last=last,
    )


def in_order(signals: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """Signals as columns: by the severity of the rules on their family, the worst first, those
    that no rule hears after them, and last those of drift, which say only that something moved."""
    ranks = {
        signal: max((RANK[rule.severity] for rule in rules if rule.hears(signal)), default=-1)
        for signal in signals
    }
    families: dict[str, int] = {}
    for signal, rank in ranks.items():
        family = signal.partition(".")[0]
        families[family] = max(families.get(family, -1), rank)

    def key(signal: str) -> tuple[bool, int, str, int, str]:
        family = signal.partition(".")[0]
        return family == "drift", -families[family], family, -ranks[signal], signal

    return sorted(signals, key=key)


def one(request: Request) -> Response:
    """The scores of a signal in a deployment, and samples near the limit."""
    desk: Desk = request.app.state.desk
    query = request.query_params
    deployment, signal = query.get("deployment", ""), query.get("signal", "")
    span = _span(request)
    counts, cell = distribution(desk.store, deployment, signal, _first(desk, span), _rules(desk))
    if not cell.judged:
        raise Refusal(
            404, "The console has read no record of this deployment judged for this signal then."
        )
    chosen = _bin(query.get("bin", ""))
    found = samples(
        desk.store, deployment, signal, cell.limit, desk.clock() - SPANS[span], _SAMPLES, chosen
    )
    name = _said(signal, deployment, cell, counts)
    return page(
        request,
        "signal.html",
        title=f"{signal} in {deployment}",
        deployment=deployment,
        signal=signal,
        cell=cell,
        zero=cell.judged - sum(counts),
        wide=histogram(counts, cell.limit, chosen, _WIDE, name),
        narrow=histogram(counts, cell.limit, chosen, _NARROW, name),
        bins=[(bin_, bin_ / BINS, (bin_ + 1) / BINS, n) for bin_, n in enumerate(counts) if n],
        chosen=chosen,
        near=NEAR,
        samples=found,
        span=span,
        spans=SPANS,
        rules=[rule for rule in _rules(desk) if rule.hears(signal) and rule.covers(deployment)],
    )


def _said(signal: str, deployment: str, cell: Cell, counts: list[int]) -> str:
    return (
        f"Scores of {signal} in {deployment}: of {count(cell.judged, 'record')}"
        f" {number(cell.judged - sum(counts))} have none, and {number(cell.above)}"
        f" ({rounded(cell.share)}) are above the limit of {score(cell.limit)}"
    )


def _rules(desk: Desk) -> list[Rule]:
    return list(desk.rules.by_id().values())


def _span(request: Request) -> str:
    wished = request.query_params.get("span", "")
    return wished if wished in SPANS else "1h"


def _first(desk: Desk, span: str) -> int:
    return int((desk.clock() - SPANS[span]) // 60)


def _bin(text: str) -> tuple[float, float] | None:
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) < BINS):
        return None
    return int(text) / BINS, (int(text) + 1) / BINS


ROUTES: list[Any] = [Route("/traffic", show), Route("/traffic/signal", one)]
